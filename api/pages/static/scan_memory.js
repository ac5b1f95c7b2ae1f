// @ts-check
/**
 * What a window of the scanner remembers, also when it is loaded again: its choices, and which cards it has seen just
 * now. What has to outlive the window is kept by `scan_store`.
 */

const ONE_SCAN = 5000;
const MOST_SEEN = 20;
const bot = document.documentElement.dataset.bot ?? "";

/** A clock that never jumps, and that goes on where a page is loaded again. */
const steady = () => performance.timeOrigin + performance.now();
/** When each code was seen last. A page that is loaded again remembers it: a card that still lies before the camera is
 * not stamped again. @type {Map<string, number>} */
const seen = new Map(JSON.parse(remember("seen") ?? "[]"));

/** Remember something of this window. @param {string} name @param {string} [value] */
export function remember(name, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(`scan-${bot}-${name}`, value);
    return sessionStorage.getItem(`scan-${bot}-${name}`);
  } catch {
    return null;
  }
}

/** Whether a code was seen a moment ago; from now on it was. @param {string} code */
export function isAgain(code) {
  const now = steady();
  const last = seen.get(code);
  seen.delete(code);
  seen.set(code, now);
  if (seen.size > MOST_SEEN) seen.delete(/** @type {string} */ (seen.keys().next().value));
  remember("seen", JSON.stringify([...seen]));
  return last !== undefined && Math.abs(now - last) < ONE_SCAN;
}
