// @ts-check
/**
 * The queue of scans. Each has its idempotency key before its first try, is kept on the device until it is answered,
 * and is sent again with the same key: so it is booked once, whatever happens on the way. An answer is the server's
 * yes, or a refusal with its reason; everything else is no answer, and is tried again.
 */
import { Problem } from "./api.js";

const AT_ONCE = 3;
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30000;
const MOST_SHOWN = 30;
/** Refusals of a page that is older or newer than the server, or was opened elsewhere: the scan is not judged. */
const NO_ANSWERS = new Set(["cross_site", "needs_https", "bot_not_found", "not_found", "method_not_allowed", "offline"]);
const NOT_FINAL = new Set([401, 408, 421, 425, 429]);

/**
 * @typedef {"stamp" | "redeem" | "undo"} Kind
 * @typedef {{
 *   key: string, user: number, kind: Kind, shop: number, branch: number | null, at: number, stamps: number,
 *   code?: string, customer?: number, name?: string, reward?: {id: number, description: string}, entry?: number,
 *   undo?: boolean, of?: string, program?: {id: number, title: string},
 * }} Scan What is kept: all that is needed to send it. `at` is the server's time in milliseconds. `program` is the one
 *   for which it was made, where there was a choice.
 * @typedef {"seen" | "waiting" | "sending" | "done" | "refused" | "undone"} State One that is `seen` is not kept yet.
 * @typedef {{
 *   scan: Scan, state: State, reason?: string, code?: string, done?: any, tries: number, began: number, undoKept?: boolean,
 * }} Item That it is undone once it is answered is said as soon as that is kept.
 */

export class Queue {
  /**
   * @param {{
   *   store: {all(): Promise<Scan[]>, put(scan: Scan): Promise<void>, remove(key: string): Promise<void>},
   *   send: (scan: Scan, waited: number) => Promise<any>, now: () => number,
   *   changed: () => void, settled: (item: Item) => void, signedOut: (problem: Problem) => void,
   * }} parts
   */
  constructor(parts) {
    this.parts = parts;
    /** The newest first. @type {Item[]} */
    this.items = [];
    /** Scans that somebody else has left on this device. */
    this.foreign = 0;
    this.pauses = 0;
    this.stopped = false;
    /** @type {number | undefined} */
    this.timer = undefined;
    addEventListener("online", () => this.wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
  }

  /** Take up what an earlier page has left, and send it. @param {number} user */
  async load(user) {
    const kept = await this.parts.store.all();
    const own = kept.filter((scan) => scan.user === user && !this.items.some((item) => item.scan.key === scan.key));
    this.foreign = kept.filter((scan) => scan.user !== user).length;
    for (const scan of own) this.items.unshift({ scan, state: "waiting", tries: 0, began: NaN, undoKept: scan.undo });
    this.parts.changed();
    this.pump();
  }

  /** How many are not answered yet. */
  get waiting() {
    return this.items.filter(isOpen).length;
  }

  /** Keep a scan, and send it. @param {Scan} scan */
  async add(scan) {
    const item = /** @type {Item} */ ({ scan, state: "seen", tries: 0, began: performance.now() });
    this.items.unshift(item);
    this.trim();
    this.parts.changed();
    await this.parts.store.put(scan);
    item.state = "waiting";
    this.parts.changed();
    this.pump();
    return item;
  }

  /** Undo a scan; one that is not answered yet is undone once it is. @param {Item} item @param {() => string} newKey */
  async undo(item, newKey) {
    if (item.state === "done") {
      const { user, shop, branch, name, stamps, key, program } = item.scan;
      const entry = item.done.transaction_id;
      await this.add({ key: newKey(), user, kind: "undo", shop, branch, at: this.parts.now(), stamps, name, entry, program, of: key });
    } else if (isOpen(item)) {
      item.scan.undo = true;
      await this.parts.store.put(item.scan);
      item.undoKept = true;
      this.parts.changed();
    }
  }

  /** Try at once what waits. */
  wake() {
    if (this.stopped) return;
    this.pauses = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.pump();
  }

  pump() {
    if (this.stopped || this.timer !== undefined) return;
    const open = this.items.filter((item) => item.state === "sending").length;
    const next = this.items.filter((item) => item.state === "waiting").reverse();
    for (const item of next.slice(0, Math.max(0, AT_ONCE - open))) void this.attempt(item);
  }

  /** @param {Item} item */
  async attempt(item) {
    item.state = "sending";
    item.tries += 1;
    this.parts.changed();
    try {
      const done = await this.parts.send(item.scan, this.waited(item));
      this.pauses = 0;
      await this.settle(item, "done", done, null);
    } catch (error) {
      if (isFinal(error)) await this.settle(item, "refused", null, /** @type {Problem} */ (error));
      else this.postpone(item, error);
    }
    this.pump();
  }

  /** For how many seconds a scan waits, whatever this phone's clock says. @param {Item} item */
  waited(item) {
    const here = (performance.now() - item.began) / 1000;
    const seconds = Number.isNaN(here) ? (this.parts.now() - item.scan.at) / 1000 : here;
    return Math.max(0, Math.round(seconds));
  }

  /** @param {Item} item @param {State} state @param {any} done @param {Problem | null} problem */
  async settle(item, state, done, problem) {
    Object.assign(item, { state, done, reason: problem?.message ?? "", code: problem?.code });
    const undone = item.scan.kind === "undo" && state === "done" && this.items.find((one) => one.scan.key === item.scan.of);
    if (undone) undone.state = "undone";
    this.parts.settled(item);
    this.parts.changed();
    if (item.scan.undo && state === "done") await this.undo(item, () => `${item.scan.key}-undo`);
    await this.parts.store.remove(item.scan.key);
  }

  /** @param {Item} item @param {unknown} error */
  postpone(item, error) {
    item.state = "waiting";
    const problem = error instanceof Problem ? error : null;
    if (!problem) console.error(error);
    item.reason = problem?.status ? problem.message : "";
    if (problem?.status === 401) {
      this.stopped = true;
      this.parts.signedOut(problem);
    } else if (this.timer === undefined) {
      const pause = Math.min(FIRST_PAUSE * 2 ** this.pauses++, LONGEST_PAUSE) * (0.75 + Math.random() / 2);
      this.timer = setTimeout(() => this.again(), Math.max(pause, 1000 * Number(problem?.told.retry_after ?? 0)));
    }
    this.parts.changed();
  }

  again() {
    this.timer = undefined;
    this.pump();
  }

  trim() {
    const open = this.items.filter(isOpen);
    const closed = this.items.filter((item) => !isOpen(item)).slice(0, MOST_SHOWN);
    this.items = this.items.filter((item) => open.includes(item) || closed.includes(item));
  }
}

/** Whether a scan is not answered yet. @param {Item} item */
export function isOpen(item) {
  return item.state === "seen" || item.state === "waiting" || item.state === "sending";
}

/** Whether an error is the server's answer to the scan. @param {unknown} error */
function isFinal(error) {
  if (!(error instanceof Problem)) return false;
  return error.status >= 400 && error.status < 500 && !NOT_FINAL.has(error.status) && !NO_ANSWERS.has(error.code);
}
