// @ts-check
/**
 * Shows the code of a card, and the next one when its time has come. It counts seconds since the server told them, so
 * the clock of the phone does not matter; and it has the codes of the next minutes, so a short loss of network does not
 * either. How things look, and words, are the page's: the frame says in `data-state` what to say.
 *
 *     const stop = showCodes(frame, () => ask("GET", `api/codes/${shop}`));
 *
 * `data-state`: `waiting` until the first code is there; `fixed`; `fresh`; `ahead` while there is no network and the
 * codes still last; `stale` when they have run out: then there is no square, because nobody would take it. The square
 * goes into `[data-square]`, its text into `[data-code]`; `--left` is the part of a code's time that is left, from 1 to 0.
 */

/** @typedef {{text: string, svg: string}} Code */
/** @typedef {{codes: Code[], seconds_left: number | null, step_seconds: number | null}} Codes */

const TICK = 250;
const AGAIN = 5000;

/** @param {HTMLElement} frame @param {() => Promise<Codes>} load @returns {() => void} what stops it */
export function showCodes(frame, load) {
  /** @type {Codes | null} */
  let told = null;
  let toldAt = passed();
  let loading = false;
  let askedAt = -Infinity;
  let failed = false;
  let shown = -1;
  frame.dataset.state = "waiting";

  async function renew() {
    if (loading) return;
    loading = true;
    askedAt = passed();
    try {
      const codes = await load();
      [told, toldAt, shown, failed] = [codes, passed(), -1, false];
    } catch {
      failed = true;
    } finally {
      loading = false;
    }
    draw();
  }

  /** Which code it is the turn of, and how much of its time is left. */
  function turn() {
    if (!told || told.seconds_left === null || told.step_seconds === null) return { place: 0, left: 1 };
    const over = (passed() - toldAt) / 1000 - told.seconds_left;
    if (over < 0) return { place: 0, left: -over / told.step_seconds };
    return { place: 1 + Math.floor(over / told.step_seconds), left: 1 - (over % told.step_seconds) / told.step_seconds };
  }

  function draw() {
    if (!told) return;
    const { place, left } = turn();
    const code = told.codes[place];
    const state = told.step_seconds === null ? "fixed" : !code ? "stale" : failed ? "ahead" : "fresh";
    frame.style.setProperty("--left", String(Math.max(0, Math.min(1, left))));
    if (place !== shown) show(frame, code);
    shown = place;
    frame.dataset.state = state;
  }

  function tick() {
    draw();
    const rotating = !told || told.step_seconds !== null;
    const due = !told || turn().place > 0 || failed;
    if (rotating && due && passed() - askedAt >= (failed || !told ? AGAIN : 0) && !document.hidden) renew();
  }

  const timer = setInterval(tick, TICK);
  const back = () => void (document.hidden || renew());
  document.addEventListener("visibilitychange", back);
  addEventListener("online", back);
  renew();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", back);
    removeEventListener("online", back);
  };
}

const [startedAt, dateThen] = [performance.now(), Date.now()];

/** Milliseconds since this script began; one clock stops while some phones sleep, the other may be set: the later counts. */
function passed() {
  const monotonic = performance.now() - startedAt;
  return Math.max(monotonic, Math.min(Date.now() - dateThen, monotonic + 600000));
}

/** @param {HTMLElement} frame @param {Code | undefined} code */
function show(frame, code) {
  const square = frame.querySelector("[data-square]");
  const text = frame.querySelector("[data-code]");
  if (text) text.textContent = code?.text ?? "";
  if (!square) return;
  if (!code) return square.replaceChildren();
  const drawn = new DOMParser().parseFromString(code.svg, "image/svg+xml").documentElement;
  square.replaceChildren(document.importNode(drawn, true));
}
