// @ts-check
/**
 * Parts of a page of the desk that are fetched again. While a form with `data-preview` is filled in, the server draws
 * what it would look like: its button does the same without this script. What has `data-again` is looked at every two
 * seconds, as long as it has: a link does the same. What is filled in below a choice chooses it.
 */
import { askPage } from "./api.js";

const WAIT = 400;
const AGAIN = 2000;
/** Which try is the newest: an older answer is dropped. */
let tries = 0;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {HTMLFormElement} form */
async function preview(form) {
  const mine = ++tries;
  const answer = await askPage(/** @type {string} */ (form.dataset.preview), { method: "POST", body: new FormData(form) });
  if (mine !== tries || !form.isConnected) return;
  const drawn = new DOMParser().parseFromString(answer.text, "text/html").querySelector("#preview");
  if (drawn) document.querySelector("#preview")?.replaceWith(drawn);
}

/** A person who fills in what belongs to a choice has chosen it. @param {Element} field */
function choose(field) {
  const choice = field.closest(".under")?.previousElementSibling?.querySelector("[type=radio]");
  if (choice instanceof HTMLInputElement) choice.checked = true;
}

/** Look again at what goes on, unless the page is hidden or was left. */
async function lookAgain() {
  const part = document.querySelector("#again[data-again]");
  if (!part || document.hidden) return;
  const answer = await askPage(location.href);
  const found = new DOMParser().parseFromString(answer.text, "text/html").querySelector("#again");
  if (found && part.isConnected) part.replaceWith(found);
}

/** Begin to listen and to look. */
export function watchParts() {
  const next = () => void lookAgain().catch(() => {}).finally(() => setTimeout(next, AGAIN));
  setTimeout(next, AGAIN);
  document.addEventListener("input", (event) => {
    const field = /** @type {Element} */ (event.target);
    choose(field);
    const form = field.closest("form");
    if (!form?.dataset.preview) return;
    if (field instanceof HTMLInputElement && field.type === "color") {
      const own = form.querySelector(`[type=radio][value=own]`);
      if (own instanceof HTMLInputElement) own.checked = true;
    }
    clearTimeout(waiting);
    // What could not be drawn is said when it is saved.
    waiting = setTimeout(() => void preview(form).catch(() => {}), WAIT);
  });
}
