// @ts-check
/**
 * What a window of the scanner remembers, also when it is loaded again: its choices, and which cards it has seen just
 * now. What has to outlive the window is kept by `scan_store`.
 */

const ONE_SCAN = 5000;
/** A camera sees a card that lies there at every look, or at every other one; where the network is slow, a look takes
 * seconds. Longer ago than this it is another visit. */
const SAME_LOOKS = 2;
const STILL_THERE = 60000;
const MOST_SEEN = 20;
const bot = document.documentElement.dataset.bot ?? "";

/** A clock that never jumps, and that goes on where a page is loaded again. */
const steady = () => performance.timeOrigin + performance.now();
/** When each code was seen last. A page that is loaded again remembers it: a card that still lies before the camera is
 * not stamped again. @type {Map<string, number>} */
const seen = new Map(JSON.parse(remember("seen") ?? "[]"));

/** The look of the camera at which each code was seen last. @type {Map<string, number>} */
const seenAt = new Map();
let looks = 0;

/** The camera looks once more. */
export function countLook() {
  looks += 1;
}

/** Remember something of this window. @param {string} name @param {string} [value] */
export function remember(name, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(`scan-${bot}-${name}`, value);
    return sessionStorage.getItem(`scan-${bot}-${name}`);
  } catch {
    return null;
  }
}

/** Whether a code was seen a moment ago, or lies there still; from now on it was. @param {string} code */
export function isAgain(code) {
  const now = steady();
  const last = seen.get(code);
  seen.delete(code);
  seen.set(code, now);
  const oldest = /** @type {string} */ (seen.keys().next().value);
  if (seen.size > MOST_SEEN) [seen, seenAt].forEach((known) => known.delete(oldest));
  remember("seen", JSON.stringify([...seen]));
  const since = looks - (seenAt.get(code) ?? -Infinity);
  seenAt.set(code, looks);
  const pause = since > 0 && since <= SAME_LOOKS ? STILL_THERE : ONE_SCAN;
  return last !== undefined && Math.abs(now - last) < pause;
}
