// @ts-check
/**
 * Layers over a chat: toasts, alerts, questions, menus, and the enlarged picture.
 * They show what they are given; phone.js knows what it means.
 */

import { calm, focused, icon, iconButton, make } from "./dom.js";

const TOAST_MILLISECONDS = 3500;

export class Layers {
  /** @type {((value: any) => void) | null} */
  #closing = null;

  /** `screen` is the chat below, which cannot be used while a layer waits for an answer. */
  constructor(screen) {
    this.screen = screen;
    this.toasts = make("div", { class: "toasts", role: "status" });
    this.element = make("div", { class: "layers" }, this.toasts);
  }

  /** Show a toast. */
  toast(text) {
    const toast = make("p", { class: "toast", dir: "auto" }, text);
    this.toasts.replaceChildren(toast);
    setTimeout(() => toast.remove(), TOAST_MILLISECONDS);
  }

  /** Show an alert that has to be confirmed. */
  alert(text) {
    return this.ask(text, [["OK", true]]);
  }

  /** Ask a question with answers [[label, value], …]. Returns the chosen value, or null if it was dismissed. */
  ask(text, answers) {
    return this.#open((done) => {
      const buttons = answers.map(([label, value]) =>
        make("button", { type: "button", onclick: () => done(value) }, label),
      );
      return make(
        "div",
        { class: "dialog", role: "alertdialog", "aria-modal": "true", "aria-label": text },
        make("p", { dir: "auto" }, text),
        make("div", { class: "answers" }, buttons),
      );
    });
  }

  /** Ask for a line of text. Returns it, or null. */
  line(title, label, attributes = {}) {
    return this.#open((done) => {
      const input = make("input", {
        type: "text",
        "aria-label": label,
        placeholder: label,
        autocomplete: "off",
        ...attributes,
      });
      const answers = make(
        "div",
        { class: "answers" },
        make("button", { type: "button", onclick: () => done(null) }, "Cancel"),
        make("button", { type: "submit" }, "Open"),
      );
      return make(
        "form",
        {
          class: "dialog",
          role: "dialog",
          "aria-modal": "true",
          "aria-label": title,
          onsubmit: (event) => (event.preventDefault(), done(input.value.trim() || null)),
        },
        make("p", {}, title),
        input,
        answers,
      );
    });
  }

  /** Show a custom layer until it calls done(value). */
  custom(build) {
    return this.#open(build);
  }

  /** Show a menu beside a button: [[label, icon, action], …]. */
  menu(anchor, entries) {
    this.#open((done) => {
      const choose = (action) => () => (done(null), action());
      const items = entries.map(([label, sign, action, danger]) =>
        make(
          "button",
          { type: "button", role: "menuitem", class: danger ? "danger" : null, onclick: choose(action) },
          icon(sign),
          label,
        ),
      );
      const menu = make("div", { class: "menu", role: "menu", onkeydown: byArrows }, items);
      place(menu, anchor, this.element);
      return menu;
    });
  }

  #open(build) {
    this.#closing?.(null);
    const back = focused();
    return new Promise((resolve) => {
      const shade = make("div", { class: "shade" });
      const done = (value) => {
        if (this.#closing !== done) return;
        this.#closing = null;
        shade.remove();
        this.screen.inert = false;
        back?.focus({ preventScroll: true });
        resolve(value);
      };
      this.#closing = done;
      shade.addEventListener("click", (event) => event.target === shade && done(null));
      shade.addEventListener("keydown", (event) => event.key === "Escape" && done(null));
      shade.append(build(done));
      this.element.append(shade);
      this.screen.inert = true;
      /** @type {HTMLElement | null} */ (shade.querySelector("input, textarea, button, select"))?.focus({ preventScroll: true });
    });
  }
}

function place(menu, anchor, layer) {
  const [box, it] = [layer.getBoundingClientRect(), anchor.getBoundingClientRect()];
  const below = it.bottom - box.top < box.height * 0.6;
  menu.style[below ? "top" : "bottom"] = below ? `${it.bottom - box.top + 4}px` : `${box.bottom - it.top + 4}px`;
  const right = it.left + it.width / 2 > box.left + box.width / 2;
  menu.style[right ? "right" : "left"] = right
    ? `${Math.max(8, box.right - it.right)}px`
    : `${Math.max(8, it.left - box.left)}px`;
}

function byArrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const items = [...event.currentTarget.children];
  items.at((items.indexOf(document.activeElement) + step) % items.length).focus();
}

/** Show a picture as large as the window. */
export function enlarge(url, caption) {
  const close = () => dialog.close();
  const image = make("img", { src: url, alt: caption ?? "Picture" });
  const dialog = make(
    "dialog",
    { class: "lightbox", "aria-label": "Picture", onclick: close },
    image,
    caption && make("p", { dir: "auto" }, caption),
    iconButton("close", "Close", close),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  if (!calm()) image.animate([{ opacity: 0, transform: "scale(.92)" }, {}], { duration: 200, easing: "ease-out" });
}
