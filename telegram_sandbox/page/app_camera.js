// @ts-check
/**
 * The camera that a Mini App opens: it shows what is before it, and tells the page each code as long as it is open.
 * The sandbox reads the codes.
 */

import { place } from "./control.js";
import { iconButton, make } from "./dom.js";

export class AppCamera {
  /** @type {((value: any) => void) | null} Closes the layer, if it is open. */
  #done = null;
  #looking = false;
  #again = false;
  #held = 0;
  /** @type {string[]} */
  #codes = [];

  /** `hands` are {see(), found(code), closed()}: what is before it, and whom it tells. */
  constructor(layers, hands) {
    this.layers = layers;
    this.hands = hands;
  }

  /** Open it, under the words of the page. */
  async open(text) {
    if (this.#done) return;
    this.#forget();
    await this.layers.custom((done) => ((this.#done = done), this.#finder(text)));
    this.#done = null;
    this.hands.closed();
  }

  /** Close it. */
  close() {
    this.#done?.(null);
  }

  /** Look again: something may have changed before it. */
  async look() {
    this.#again = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#again && this.#done) {
      this.#again = false;
      const opened = this.#done;
      const seen = await this.hands.see().catch(() => null);
      if (seen && opened === this.#done) this.#show(seen);
    }
    this.#looking = false;
  }

  #forget() {
    this.#held = 0;
    this.#codes = [];
  }

  #finder(text) {
    this.picture = make("img", { alt: "" });
    const corners = [make("span", { class: "corners" }), make("span", { class: "beam" })];
    const press = { type: "button", onclick: () => this.#showAgain() };
    const again = { ...press, class: "seen", "aria-label": "Show it to the camera again" };
    this.words = make("p", { role: "status" });
    const close = iconButton("close", "Close the camera", () => this.close(), { class: "round close-camera" });
    const parts = [close, make("p", { dir: "auto" }, text), make("button", again, this.picture, corners), this.words];
    this.look();
    const about = { role: "dialog", "aria-modal": "true", "aria-label": "Camera" };
    return make("div", { class: "finder app-camera", ...about }, parts);
  }

  #showAgain() {
    this.#forget();
    this.look();
  }

  // What stays before the camera is told once: the picture of a card changes with each stamp, its code does not.
  // What a test holds there is told each time.
  #show({ held, codes, picture }) {
    const fresh = held && held !== this.#held ? codes : codes.filter((code) => !this.#codes.includes(code));
    this.#held = held;
    this.#codes = codes;
    this.picture.hidden = !picture;
    if (picture) this.picture.src = place(picture);
    const nothing = picture ? "There is no code in this picture" : "The other phone shows no picture yet";
    this.words.textContent = codes.length ? "Press the picture to show it again" : nothing;
    for (const code of fresh) this.hands.found(code);
  }
}
