// @ts-check
/**
 * The shell: what every page's script begins with. It puts on Telegram's colours, tells of a newer version and loads it
 * once nothing waits, and shows the gate where one cannot go on, with what to do next.
 *
 *     import { begin, gate, hold } from "./shell.js";
 *     await begin();
 */
import { Problem, ask } from "./api.js";
import { close, dress, inside } from "./telegram.js";
import { say } from "./words.js";

let held = false;
let outdated = false;

/** Dress the page, and find out who is signed in; shows the gate and gives null where nobody is.
 * @returns {Promise<{user_id: number, language: string | null} | null>} */
export async function begin() {
  void dress();
  try {
    return await ask("GET", "session");
  } catch (error) {
    showProblem(error);
    return null;
  }
}

/** While something waits to be sent, the page is not loaded again by itself. @param {boolean} on */
export function hold(on) {
  held = on;
  if (!on && outdated) reload();
}

/** Show what went wrong as the gate, if one cannot go on; gives whether it was shown. @param {unknown} error */
export function showProblem(error) {
  const known = error instanceof Problem ? error : null;
  if (known === null) console.error(error);
  const says = known?.message ?? say("That did not work. Please try again.");
  const signedOut = known?.status === 401;
  if (signedOut && inside) gate(says, "", say("Close"), close);
  else gate(says, "", say("Try again"), reload);
}

/** Show the gate in the place of the page. @param {string} says @param {string} then @param {string} [label]
 * @param {() => unknown} [act] */
export function gate(says, then, label, act) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (document.querySelector(`#gate${name}`));
  part("-says").textContent = says;
  part("-then").textContent = then;
  const button = /** @type {HTMLButtonElement} */ (part("-button"));
  button.hidden = !act;
  button.textContent = label ?? "";
  button.onclick = act ?? null;
  /** @type {HTMLElement} */ (document.querySelector("#main")).hidden = true;
  part("").hidden = false;
  part("-says").focus();
}

/** Take the gate away again. */
export function openGate() {
  /** @type {HTMLElement} */ (document.querySelector("#main")).hidden = false;
  /** @type {HTMLElement} */ (document.querySelector("#gate")).hidden = true;
}

/** Show a line at the top, with a button if there is something to do; an empty text takes it away.
 * @param {string} text @param {string} [label] @param {() => void} [act] */
export function notice(text, label, act) {
  const line = /** @type {HTMLElement} */ (document.querySelector("#notice"));
  line.textContent = text;
  line.hidden = text === "";
  if (!act) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label ?? "";
  button.onclick = act;
  line.append(button);
}

function reload() {
  location.reload();
}

document.addEventListener("outdated", () => {
  if (outdated) return;
  outdated = true;
  if (held || !mayReload()) notice(say("There is a newer version of this page."), say("Load it"), reload);
  else reload();
});

/** Whether the page was not loaded again for that reason within the last minute: never in a circle. */
function mayReload() {
  try {
    const last = Number(sessionStorage.getItem("reloaded") ?? 0);
    if (Date.now() - last < 60000) return false;
    sessionStorage.setItem("reloaded", String(Date.now()));
    return true;
  } catch {
    return false;
  }
}

document.addEventListener("language", (event) => {
  const address = new URL(location.href);
  if (address.searchParams.has("lang")) return;
  address.searchParams.set("lang", /** @type {CustomEvent<string>} */ (event).detail);
  location.replace(address);
});
