// @ts-check
/**
 * Choosing who holds a phone and which bot is open on it, and adding a new person.
 */

import { ask, reasonOf } from "./control.js";
import { avatar, icon, make } from "./dom.js";

const NEW = "new";
const LANGUAGES = {
  en: "English",
  hi: "हिन्दी",
  es: "Español",
  ru: "Русский",
  ar: "العربية",
  de: "Deutsch",
  fr: "Français",
  pt: "Português",
  zh: "中文",
  ja: "日本語",
};

/**
 * The full name of a person.
 * @param {{first_name: string, last_name?: string}} person
 */
export const nameOf = ({ first_name, last_name }) => [first_name, last_name].filter(Boolean).join(" ");

/** A picture and a name, over the system's own list to choose from. */
export class Picker {
  constructor(label, chosen) {
    this.select = make("select", { "aria-label": label, onchange: () => this.#changed(chosen) });
    this.face = make("span", { class: "face" });
    this.element = make("label", { class: "picker" }, this.face, this.select);
  }

  /** Offer entries [[value, name], …]; `extra` is one more, for a new one. */
  show(entries, value, extra) {
    this.value = value;
    this.#offer([...entries, ...(extra ? [null, [NEW, extra]] : [])]);
    this.select.value = String(value ?? "");
  }

  // An open list would close if it were drawn again without need.
  #offer(entries) {
    const offered = JSON.stringify(entries);
    if (this.select.dataset.offered === offered) return;
    this.select.dataset.offered = offered;
    const options = entries.map((entry) => (entry ? make("option", { value: entry[0] }, entry[1]) : make("hr")));
    this.select.replaceChildren(...options);
    this.select.disabled = options.length < 2;
    this.element.classList.toggle("only", options.length < 2);
  }

  /** Draw the chosen entry. */
  draw(name, about, seed) {
    this.face.replaceChildren(
      avatar(name, seed),
      make("span", { class: "about" }, make("b", { dir: "auto" }, name), about),
      icon("down"),
    );
  }

  #changed(chosen) {
    const { value } = this.select;
    this.select.value = String(this.value ?? "");
    chosen(value === NEW ? null : value);
  }
}

/** Ask for a new person. Returns the person, or null. */
export function newPerson() {
  return new Promise((resolve) => {
    const field = (label, name, attributes) =>
      make(
        "label",
        {},
        make("span", {}, label),
        make("input", { type: "text", name, autocomplete: "off", dir: "auto", ...attributes }),
      );
    const mine = navigator.language.slice(0, 2);
    const languages = make(
      "select",
      { name: "language_code" },
      Object.entries(LANGUAGES).map(([code, name]) => make("option", { value: code, selected: code === mine }, name)),
    );
    const problem = make("p", { class: "problem", role: "alert" });
    const cancel = make("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
    const form = make(
      "form",
      { method: "dialog" },
      make("h2", { id: "new-person" }, "New person"),
      field("First name", "first_name", { required: true, maxlength: "64", autofocus: true }),
      field("Last name", "last_name", { maxlength: "64" }),
      make("label", {}, make("span", {}, "Language"), languages),
      field("Phone", "phone", { type: "tel", dir: "ltr", placeholder: "+34 600 000 000" }),
      problem,
      make("div", { class: "answers" }, cancel, make("button", { type: "submit" }, "Add")),
    );
    const dialog = make("dialog", { class: "sheet", "aria-labelledby": "new-person" }, form);
    let made = null;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const filled = [...new FormData(form)].filter(([, value]) => String(value).trim() !== "");
      try {
        made = await ask("people", Object.fromEntries(filled));
        dialog.close();
      } catch (refused) {
        problem.textContent = reasonOf(refused);
      }
    });
    dialog.addEventListener("close", () => (dialog.remove(), resolve(made)));
    document.body.append(dialog);
    dialog.showModal();
  });
}
