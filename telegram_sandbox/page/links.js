// @ts-check
/**
 * Where links lead on a phone: to a chat, to a page of a bot inside Telegram, or out of it; and the camera that finds
 * them on the other phone.
 */

import { lookAt, newestPicture } from "./camera.js";
import { ask, chatPath, reasonOf } from "./control.js";
import { opensBot } from "./dom.js";

export class Links {
  /** @type {string | null} The link that leads to the chat that is being opened. */
  coming = null;

  /** @param {import("./phone.js").Phone} phone */
  constructor(phone) {
    this.phone = phone;
  }

  /** Follow a link that was pressed; without a press, one that leads out of Telegram is opened here. */
  async follow(url, event) {
    if (!opensBot(url)) return void (event ?? window.open(url.href, "_blank", "noopener"));
    event?.preventDefault();
    await this.open(url.href);
  }

  /** Open a link to a bot; with `begin` its START is pressed. */
  async open(link, begin = false) {
    const { person, layers } = this.phone;
    if (!person) return;
    try {
      await this.#turnTo(await ask("open", { person_id: person.id, link, begin }));
    } catch (refused) {
      layers.toast(reasonOf(refused));
    }
  }

  /** Point the camera at the other phone, and open the link it shows. */
  async scan() {
    const { person, bot, house, layers } = this.phone;
    const other = house.other(this.phone);
    const picture = newestPicture(other.chat);
    if (!picture || !person || !bot) return void layers.toast("The other phone shows no card yet.");
    try {
      const what = { of: other.person.id, bot: other.bot.username, begin: false };
      const read = () => ask(`${chatPath(person, bot)}/scan`, what);
      await this.#turnTo(await lookAt(layers.element, picture, read));
    } catch (refused) {
      layers.toast(reasonOf(refused));
    }
  }

  // A link may lead to another bot than the open one. Its START carries the link from the first moment on.
  async #turnTo({ bot, offers, app }) {
    const { phone } = this;
    this.coming = offers;
    const opened = bot === phone.bot?.username ? phone.refresh() : phone.house.chooseBot(phone, bot);
    await opened.finally(() => (this.coming = null));
    phone.offer(offers);
    if (app) await phone.webView.open({ ...app, source: "link" });
  }
}
