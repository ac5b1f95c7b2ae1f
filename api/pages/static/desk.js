// @ts-check
/**
 * The desk. Its sections come from the server whole, and work without this script. In Telegram a session travels in a
 * header, so links and forms are fetched here and put in the place of the page. A form keeps the key that came with it,
 * so what is sent twice is done once.
 */
import { askFile, askPage } from "./api.js";
import { begin, hold, notice, showProblem } from "./shell.js";
import { watchParts } from "./desk_parts.js";
import { offerPasskeys } from "./desk_passkeys.js";
import { inside } from "./telegram.js";
import { say } from "./words.js";

const main = /** @type {HTMLElement} */ (document.querySelector("#main"));

/** Fetch an address and show it. @param {string} address @param {RequestInit} [request] @param {boolean} [back] */
async function show(address, request, back = false) {
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await askPage(address, request);
    const found = new DOMParser().parseFromString(answer.text, "text/html");
    main.replaceChildren(.../** @type {HTMLElement} */ (found.querySelector("#main")).children);
    document.title = found.title;
    if (!back) history.pushState(null, "", request?.method === "POST" && !answer.redirected ? location.href : answer.url);
    notice("");
    hold(request?.method === "POST" && !answer.redirected);
    showWhere();
    offerPasskeys();
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  } catch (error) {
    if (!(error instanceof Error) || error.message === "") showProblem(error);
    else notice(error.message);
  } finally {
    main.removeAttribute("aria-busy");
  }
}

/** On a phone the sections stand in one line, which scrolls: bring the present one into sight. */
function showWhere() {
  document.querySelector(".desk-head [aria-current=page]")?.scrollIntoView({ inline: "center", block: "nearest" });
}

/** Let a person save a file that was fetched. @param {string} address */
async function download(address) {
  const file = await askFile(address);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file.content);
  link.download = file.name || "figures.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest("a[href]");
  if (!inside || !(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.hash) return;
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.hasAttribute("download")) download(link.href).catch(() => notice(say("That did not work. Please try again.")));
  else void show(link.href);
});

/** Forms that were sent and are not answered yet. Why: of two answers a browser shows the second, and what was made is
 * shown in the first. @type {WeakSet<HTMLFormElement>} */
const sent = new WeakSet();

/** Whether a form may be sent now. After some seconds it may be sent again: it does its work once. @param {HTMLFormElement} form */
function mayBeSent(form) {
  if (sent.has(form)) return false;
  sent.add(form);
  setTimeout(() => sent.delete(form), 15000);
  return true;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return;
  if (form.method === "post" && !mayBeSent(form)) return event.preventDefault();
  if (!inside) return;
  event.preventDefault();
  const filled = new FormData(form, event.submitter);
  const fields = new URLSearchParams(/** @type {any} */ (filled));
  const body = form.enctype === "multipart/form-data" ? filled : fields;
  const own = event.submitter?.getAttribute("formaction");
  if (form.method === "post") void show(own || form.action, { method: "POST", body }).finally(() => sent.delete(form));
  else void show(`${form.action.split("?")[0]}?${fields}`);
});

// What is being typed is not lost to a newer version of the page.
document.addEventListener("input", (event) => {
  if (/** @type {HTMLInputElement} */ (event.target).form?.method === "post") hold(true);
});

watchParts();
if (inside) addEventListener("popstate", () => void show(location.href, undefined, true));

showWhere();
offerPasskeys();
if (document.querySelector("[data-desk=closed]")) {
  if (inside) {
    const person = await begin();
    if (person) await show(location.href, undefined, true);
  }
} else void begin();
