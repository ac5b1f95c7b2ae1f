// @ts-check
/**
 * The preview at the desk: while a form with `data-preview` is filled in, the server draws what it would look like. Its
 * button does the same without this script.
 */
import { askPage } from "./api.js";

const WAIT = 400;
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

/** Begin to listen. */
export function watchPreviews() {
  document.addEventListener("input", (event) => {
    const field = /** @type {Element} */ (event.target);
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
