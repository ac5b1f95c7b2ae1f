// @ts-check
/**
 * The parts of a phone around the messages: who holds it, the head of the chat, the pinned message, and the text of an
 * empty chat. Its actions are in phone.js.
 */

import { place } from "./control.js";
import { icon, iconButton, make } from "./dom.js";
import { rich } from "./entities.js";
import { Layers } from "./layers.js";
import { nameOf, Picker } from "./people.js";

const TYPING_MILLISECONDS = 5000;
const SCANS = { left: "Scan the poster", right: "Scan the card" };
const DOINGS = { upload_photo: "sending a picture", upload_document: "sending a file" };

export class Frame {
  /**
   * `parts` are the elements {log, composer}, `actions` {choosePerson(id), chooseBot(username), scan, menu(anchor),
   * pinned} and those of a text.
   */
  constructor(name, title, parts, actions) {
    this.title = title;
    this.actions = actions;
    this.people = new Picker(`Who holds the ${name} phone`, actions.choosePerson);
    this.bots = new Picker("Which bot to chat with", actions.chooseBot);
    this.scan = scanButton(SCANS[name], actions.scan);
    this.more = iconButton("more", "More", (event) => actions.menu(event.currentTarget));
    this.pinned = make("button", { type: "button", class: "pinned", hidden: true, onclick: actions.pinned });
    this.empty = make("div", { class: "empty", hidden: true });
    this.composer = parts.composer;
    const head = make("header", { class: "chat-head" }, this.bots.element, this.more);
    const drop = make("p", { class: "drop-here", "aria-hidden": "true" }, icon("image"), "Drop it here to send it");
    this.chat = [head, this.pinned, parts.log, this.empty, parts.composer, drop];
    this.screen = make("div", { class: "screen" }, this.chat);
    this.layers = new Layers(this.screen);
    const owner = make("div", { class: "owner" }, this.people.element, this.scan);
    const device = make("div", { class: "device" }, this.screen, this.layers.element);
    const about = { class: `side ${name}`, id: `phone-${name}`, "aria-label": `${title}’s phone` };
    this.element = make("section", about, owner, device);
  }

  /**
   * Show who holds the phone and which bot is open; either may be missing.
   * @param {import("./control.js").Person | null} person
   * @param {import("./control.js").Bot | null} bot
   */
  drawOwners(person, bot) {
    const title = make("small", {}, this.title);
    if (person) this.people.draw(nameOf(person), title, person.id);
    else this.people.draw("Nobody", title);
    if (bot) this.#drawBot({ bot, blocked: false, typing: null });
    else this.bots.draw("No bot", make("small", {}, "–"));
    this.more.hidden = !bot || !person;
    if (!bot || !person) this.#drawNothing(person);
  }

  /**
   * Show the parts around the messages of a chat.
   * @param {import("./control.js").Chat} chat
   */
  draw(chat) {
    clearTimeout(this.typing);
    this.#drawBot(chat);
    if (chat.typing) this.typing = setTimeout(() => this.#drawBot({ ...chat, typing: null }), TYPING_MILLISECONDS);
    this.#drawPinned(chat.messages.find(({ id }) => id === chat.pinned));
    this.composer.hidden = false;
    this.empty.hidden = chat.messages.length > 0;
    if (chat.messages.length === 0) this.#say("empty", this.#welcome(chat.bot));
  }

  /** Whether the chat is covered by a page and cannot be used. */
  cover(on) {
    for (const part of this.chat) part.inert = on;
  }

  /** Show whether there is something to point the camera at. */
  drawScan(possible) {
    this.scan.setAttribute("aria-disabled", String(!possible));
    const nothing = "The other phone shows no picture of a code yet";
    this.scan.title = possible ? "Point this phone’s camera at the other phone" : nothing;
  }

  #drawBot({ bot, blocked, typing }) {
    const doing = typing ? (DOINGS[typing] ?? "typing") : null;
    const about = make("small", { class: doing && "typing" }, doing ?? (blocked ? "blocked" : "bot"));
    this.bots.draw(bot.name ?? bot.username, about, bot.username);
  }

  #drawPinned(message) {
    this.pinned.hidden = !message;
    if (!message) return;
    const text = message.text ?? message.caption ?? (message.photo ? "Picture" : "Message");
    const words = make("span", {}, make("b", {}, "Pinned message"), make("span", { dir: "auto" }, text));
    this.pinned.replaceChildren(icon("pin"), words);
  }

  /** @param {import("./control.js").Bot} bot */
  #welcome({ description }) {
    if (!description) return [make("p", {}, "No messages yet. Press Start, or open a link of this bot.")];
    const words = make("p", { dir: "auto" }, rich(description, [], this.actions));
    return [make("b", {}, "What can this bot do?"), words];
  }

  #drawNothing(person) {
    this.empty.hidden = false;
    this.composer.hidden = true;
    const address = make("code", {}, place("").replace(/\/$/, ""));
    const invent = { type: "button", class: "plain", onclick: () => this.actions.choosePerson(null) };
    if (person) this.#say("no bot", [make("p", {}, "No bot is here yet. It appears when one is pointed at ", address)]);
    else this.#say("nobody", [make("p", {}, "Nobody holds this phone yet."), make("button", invent, "New person")]);
  }

  // Existing elements stay, so that no button disappears under a finger.
  #say(what, words) {
    const text = words.map((word) => word.textContent).join();
    if (this.empty.dataset.says === what + text) return;
    this.empty.dataset.says = what + text;
    this.empty.replaceChildren(make("div", { class: "welcome" }, words));
  }
}

function scanButton(what, scan) {
  const words = [make("span", {}, what), make("span", { class: "hidden" }, " on the other phone")];
  return make("button", { type: "button", class: "scan", onclick: scan }, icon("scan"), words);
}
