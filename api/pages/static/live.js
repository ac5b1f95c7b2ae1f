// @ts-check
/**
 * Live: hears of each new version of a card. Events first, over a stream that is opened again whenever it ends; where no
 * stream comes through, it asks every few seconds. While the page is hidden nothing is asked; when it is seen again, it
 * catches up at once.
 *
 *     live("/c/…/api/live", () => ({}), (version) => show(version), (status) => ended(status));
 */
const AGAIN = 3000;
const SILENT = 40000;
const LATEST = 30000;
const REFUSED = [401, 403, 404, 410];

/** @param {string} address @param {() => Record<string, string>} headers what a request needs besides
 * @param {(version: number) => unknown} onVersion @param {(status: number) => unknown} onEnd the card is not there now
 * @param {number} known the version that is shown */
export function live(address, headers, onVersion, onEnd, known) {
  let seen = known;
  let failures = 0;
  /** @type {AbortController | null} */
  let open = null;

  async function listen() {
    const control = new AbortController();
    open = control;
    let timer = setTimeout(() => control.abort(), SILENT);
    try {
      const answer = await fetch(address, {
        headers: { ...headers(), Accept: "text/event-stream", "Last-Event-ID": String(seen) },
        credentials: "same-origin",
        cache: "no-store",
        signal: control.signal,
      });
      if (REFUSED.includes(answer.status)) return onEnd(answer.status);
      if (!answer.ok || !answer.body) throw new Error(String(answer.status));
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(timer);
        timer = setTimeout(() => control.abort(), SILENT);
        failures = 0;
        text = take(text + value);
      }
    } catch {
      failures += 1;
    } finally {
      clearTimeout(timer);
      if (open === control) open = null;
    }
    if (document.hidden) return;
    if (failures > 1) onVersion(0); // no stream comes through: ask instead
    setTimeout(begin, Math.min(AGAIN * Math.max(1, failures), LATEST));
  }

  /** Read all whole events; gives the rest. @param {string} text */
  function take(text) {
    const parts = text.split("\n\n");
    const rest = parts.pop() ?? "";
    for (const part of parts) {
      const id = /^id: (\d+)$/m.exec(part);
      if (id && Number(id[1]) !== seen) {
        seen = Number(id[1]);
        onVersion(seen);
      }
    }
    return rest;
  }

  function begin() {
    if (!open && !document.hidden) void listen();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) open?.abort();
    else begin();
  });
  begin();
}
