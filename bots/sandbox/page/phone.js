/**
 * One phone: a person, the bot they chat with, and everything between the two. What it shows is always what the
 * sandbox says; what is done on it is always asked of the sandbox.
 */

import { lookAt, newestPicture } from "./camera.js";
import { Composer, preview, takesDrops } from "./composer.js";
import { ask, chatPath, place } from "./control.js";
import { icon, iconButton, make, opensBot, safeLink } from "./dom.js";
import { celebrate } from "./effects.js";
import { rich } from "./entities.js";
import { enlarge, Layers } from "./layers.js";
import { Log } from "./log.js";
import { nameOf, Picker } from "./people.js";

const TYPING_MILLISECONDS = 5000;
const ANSWER_SECONDS = 5;
const PATIENCE_MILLISECONDS = 10000;
const DOINGS = { upload_photo: "sending a picture", upload_document: "sending a file" };

const placeOf = (message, button, row, column) => [message.id, row, column, button.data].join(" ");

export class Phone {
  #loading = null;
  #again = false;
  #busy = new Map();
  #told = null;

  /** `name` is left or right, `title` whose phone it is; `house` knows {other, choosePerson, chooseBot, changed, link}, see main.js. */
  constructor(name, title, house) {
    Object.assign(this, { name, title, house, person: null, bot: null, chat: null });
    this.log = new Log(this.#bubbleActions());
    this.composer = new Composer(this.#composerActions());
    this.#build();
    this.log.element.addEventListener("pointerdown", () => this.composer.closeCommands());
    takesDrops(this.screen, (file) => this.#attach(file));
  }

  /** Open the chat of a person with a bot; either may be missing. */
  async open(person, bot) {
    const same = this.person?.id === person?.id && this.bot?.username === bot?.username;
    Object.assign(this, { person, bot });
    if (!same) this.begin();
    this.#drawPickers();
    await this.refresh();
  }

  /** Show what the sandbox says about this chat now. Calls that come too fast share one request. */
  refresh() {
    if (this.#loading) {
      this.#again = true;
      return this.#loading;
    }
    this.#loading = this.#load().finally(() => {
      this.#loading = null;
      if (this.#again) {
        this.#again = false;
        this.refresh();
      }
    });
    return this.#loading;
  }

  /** Something happened somewhere: {person_id, bot, kind}, or null for anything. */
  heard(event) {
    if (event && (event.person_id !== this.person?.id || (event.bot && event.bot !== this.bot?.username))) return;
    this.refresh();
  }

  /** Whether the other phone has a picture to look at decides whether this camera is of use. */
  seesOther() {
    const picture = newestPicture(this.house.other(this).chat);
    this.scan.setAttribute("aria-disabled", String(!picture));
    this.scan.title = picture ? "Point this phone’s camera at the other phone" : "The other phone shows no card yet";
  }

  #build() {
    this.people = new Picker(`Who holds the ${this.name} phone`, (id) => this.house.choosePerson(this, id));
    this.bots = new Picker("Which bot to chat with", (username) => this.house.chooseBot(this, username));
    this.scan = make("button", { type: "button", class: "scan", onclick: () => this.#scan() }, icon("scan"), make("span", {}, "Scan the card"), make("span", { class: "hidden" }, " on the other phone"));
    this.more = iconButton("more", "More", (event) => this.#menu(event.currentTarget));
    this.pinned = make("button", { type: "button", class: "pinned", hidden: true, onclick: () => this.log.reveal(this.chat.pinned) });
    this.empty = make("div", { class: "empty", hidden: true });
    const head = make("header", { class: "chat-head" }, this.bots.element, this.more);
    this.screen = make("div", { class: "screen" }, head, this.pinned, this.log.element, this.empty, this.composer.element, make("p", { class: "drop-here", "aria-hidden": "true" }, icon("image"), "Drop it here to send it"));
    this.layers = new Layers(this.screen);
    const device = make("div", { class: "device" }, this.screen, this.layers.element);
    this.element = make("section", { class: `side ${this.name}`, id: `phone-${this.name}`, "aria-label": `${this.title}’s phone` }, make("div", { class: "owner" }, this.people.element, this.scan), device);
  }

  /** Forget what was shown; what comes next is shown as if it had always been there. */
  begin() {
    this.chat = null;
    this.#busy.clear();
    this.#told = null;
    this.log.clear();
    this.composer.clear();
  }

  async #load() {
    const { person, bot } = this;
    if (!person || !bot) {
      this.#nothing();
      return;
    }
    try {
      const chat = await ask(chatPath(person, bot));
      if (person === this.person && bot === this.bot) this.#show(chat);
    } catch (refused) {
      if (refused.status) this.layers.toast(refused.message);
    }
  }

  #show(chat) {
    this.chat = chat;
    const news = this.log.show(chat.messages);
    this.composer.show(chat);
    this.#drawTyping(chat);
    this.#drawPinned(chat.messages.find(({ id }) => id === chat.pinned));
    this.#drawEmpty(chat);
    this.#tell(chat.toasts);
    for (const { effect } of news.fresh) if (effect) celebrate(this.layers.element, effect);
    const seen = this.element.contains(document.activeElement);
    if (news.changed.length && !seen) this.log.reveal(news.changed.at(-1).id);
    this.house.changed(this, news);
  }

  #nothing() {
    this.empty.hidden = false;
    const invite = make("button", { type: "button", class: "plain", onclick: () => this.house.choosePerson(this, null) }, "New person");
    const words = this.person ? ["No bot is here yet. It appears when one is pointed at ", make("code", {}, place("").replace(/\/$/, ""))] : ["Nobody holds this phone yet."];
    this.empty.replaceChildren(make("div", { class: "welcome" }, make("p", {}, words), !this.person && invite));
    this.composer.element.hidden = true;
  }

  #drawPickers() {
    if (this.person) this.people.draw(nameOf(this.person), make("small", {}, this.title), this.person.id);
    else this.people.draw("Nobody", make("small", {}, this.title));
    if (this.bot) this.#drawBot({ bot: this.bot });
    else this.bots.draw("No bot", make("small", {}, "–"));
    this.more.hidden = !this.bot || !this.person;
  }

  #drawTyping(chat) {
    clearTimeout(this.typing);
    this.#drawBot(chat);
    if (chat.typing) this.typing = setTimeout(() => this.#drawBot({ ...chat, typing: null }), TYPING_MILLISECONDS);
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
    this.pinned.replaceChildren(icon("pin"), make("span", {}, make("b", {}, "Pinned message"), make("span", { dir: "auto" }, text)));
  }

  #drawEmpty({ bot, messages }) {
    this.composer.element.hidden = false;
    this.empty.hidden = messages.length > 0;
    if (messages.length) return;
    const words = bot.description;
    const about = words ? [make("b", {}, "What can this bot do?"), make("p", { dir: "auto" }, rich(words, [], this.log.actions))] : [make("p", {}, "No messages yet. Press Start, or open a link of this bot.")];
    this.empty.replaceChildren(make("div", { class: "welcome" }, about));
  }

  // Doing things. Every one ends with the state that came of it.

  async #act(verb, body = {}) {
    if (!this.person || !this.bot) return null;
    try {
      const answer = await ask(`${chatPath(this.person, this.bot)}/${verb}`, body);
      await this.refresh();
      return answer;
    } catch (refused) {
      this.layers.toast(refused.message);
      return null;
    }
  }

  #bubbleActions() {
    return {
      press: (message, button, row, column) => this.#press(message, button, row, column),
      waits: (message, button, row, column) => this.#busy.has(placeOf(message, button, row, column)),
      link: (url, event) => this.#follow(url, event),
      command: (text) => this.#act("say", { text }),
      copy: (text) => this.#copy(text),
      enlarge,
      celebrate: (effect) => celebrate(this.layers.element, effect),
      more: (message, anchor) => this.#messageMenu(message, anchor),
    };
  }

  #composerActions() {
    return {
      say: (text) => this.#act("say", { text }),
      start: () => this.#start(),
      unblock: () => this.#act("unblock"),
      attach: (file) => this.#attach(file),
      pressReply: (button) => this.#pressReply(button),
      link: (url) => this.#follow(url),
    };
  }

  // Whoever came by a link starts with what it carries.
  #start() {
    const link = this.house.link(this);
    return link ? this.#openLink(link) : this.#act("start");
  }

  async #press(message, button, row, column) {
    if (button.kind === "copy_text") return void this.#copy(button.value);
    const at = placeOf(message, button, row, column);
    if (this.#busy.has(at)) return;
    this.#busy.set(at, null);
    this.log.busy(message.id, row, column, true);
    const rest = () => this.#busy.delete(at) && this.log.busy(message.id, row, column, false);
    const answer = await this.#act("press", { message_id: message.id, row, column, wait: ANSWER_SECONDS });
    if (answer?.answered && this.#told) this.#say(answer.query_id, answer.answered);
    if (!answer?.query_id || this.#told?.has(answer.query_id)) return void rest();
    this.#busy.set(at, { rest, query_id: answer.query_id });
    setTimeout(rest, PATIENCE_MILLISECONDS);
  }

  // Answers come with the press, or later with the chat. Those of before the chat was opened here are old news.
  #tell(toasts) {
    const old = this.#told === null;
    this.#told ??= new Set();
    for (const toast of toasts) {
      if (old) this.#told.add(toast.query_id);
      else this.#say(toast.query_id, toast);
    }
  }

  #say(query_id, { text, show_alert, url }) {
    if (this.#told.has(query_id)) return;
    this.#told.add(query_id);
    for (const waiting of this.#busy.values()) if (waiting?.query_id === query_id) waiting.rest();
    if (url && safeLink(url)) this.#follow(safeLink(url));
    if (text && show_alert) this.layers.alert(text);
    else if (text) this.layers.toast(text);
  }

  async #pressReply(button) {
    if (button.request_contact) {
      const name = this.chat.bot.name ?? this.chat.bot.username;
      const sure = await this.layers.ask(`Share your phone number with ${name}?`, [["Cancel", false], ["Share", true]]);
      if (!sure) return;
    }
    this.#act("press_reply", { text: button.text });
  }

  async #attach(file) {
    if (!this.person || !this.bot) return;
    const how = await preview(this.layers, file);
    if (!how) return;
    const form = new FormData();
    form.append("file", file, file.name);
    if (how.caption) form.append("caption", how.caption);
    await this.#act(how.as, form);
  }

  async #follow(url, event) {
    if (!opensBot(url)) return void (event ?? window.open(url.href, "_blank", "noopener"));
    event?.preventDefault();
    await this.#openLink(url.href);
  }

  async #openLink(link) {
    try {
      await this.#turnTo(await ask("open", { person_id: this.person.id, link }));
    } catch (refused) {
      this.layers.toast(refused.message);
    }
  }

  // A link may be of another bot than the one that is open.
  async #turnTo({ bot }) {
    if (bot === this.bot.username) await this.refresh();
    else await this.house.chooseBot(this, bot);
  }

  async #scan() {
    const other = this.house.other(this);
    const picture = newestPicture(other.chat);
    if (!picture || !this.person || !this.bot) return void this.layers.toast("The other phone shows no card yet.");
    try {
      const read = () => ask(`${chatPath(this.person, this.bot)}/scan`, { of: other.person.id });
      await this.#turnTo(await lookAt(this.layers.element, picture, read));
    } catch (refused) {
      this.layers.toast(refused.message);
    }
  }

  async #copy(text) {
    await navigator.clipboard.writeText(text).then(() => this.layers.toast("Copied"), () => this.layers.toast("Copying is not allowed here"));
  }

  #menu(anchor) {
    const blocked = this.chat?.blocked;
    this.layers.menu(anchor, [
      ["Open a link", "link", () => this.#askLink()],
      ["Share my contact", "phone", () => this.#act("contact")],
      ["Scan the other phone", "scan", () => this.#scan()],
      [blocked ? "Unblock the bot" : "Block the bot", "block", () => this.#act(blocked ? "unblock" : "block"), !blocked],
    ]);
  }

  #messageMenu(message, anchor) {
    const text = message.text ?? message.caption;
    this.layers.menu(anchor, [
      ...(text ? [["Copy text", "copy", () => this.#copy(text)]] : []),
      ["Delete", "trash", () => this.#act("delete", { message_id: message.id }), true],
    ]);
  }

  async #askLink() {
    const link = await this.layers.line("Open a link on this phone", `https://t.me/${this.bot.username}?start=…`, { inputmode: "url", dir: "ltr" });
    if (link) await this.#openLink(link);
  }
}
