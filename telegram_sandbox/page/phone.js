// @ts-check
/**
 * One phone: a person, the bot they chat with, and their chat. What it shows always comes from the sandbox; every act
 * on it is a request to the sandbox.
 */

import { preview, takesDrops } from "./attachments.js";
import { newestPicture } from "./camera.js";
import { Composer } from "./composer.js";
import { ask, chatPath, reasonOf, Refused } from "./control.js";
import { safeLink } from "./dom.js";
import { celebrate } from "./effects.js";
import { Frame } from "./frame.js";
import { enlarge } from "./layers.js";
import { Links } from "./links.js";
import { Log } from "./log.js";
import { Presses } from "./presses.js";
import { WebView } from "./web_view.js";

const DARK = matchMedia("(prefers-color-scheme: dark)");
const SAYING = new Set(["say", "start", "press_reply", "contact", "photo", "document"]);

export class Phone {
  /** @type {Promise<void> | null} */
  #loading = null;
  #again = false;
  /** @type {string | null} The link that led here and whose START is not pressed yet. */
  #offered = null;
  /** @type {import("./themes.js").Theme | null} The theme that was chosen for this phone. */
  #theme = null;

  /** `name` is left or right, `title` whose phone it is; `house` is the state of both phones in main.js. */
  constructor(name, title, house) {
    this.name = name;
    this.title = title;
    this.house = house;
    /** @type {import("./control.js").Person | null} */
    this.person = null;
    /** @type {import("./control.js").Bot | null} */
    this.bot = null;
    /** @type {import("./control.js").Chat | null} */
    this.chat = null;
    this.links = new Links(this);
    this.log = new Log(this.#bubbleActions());
    this.presses = new Presses(
      (...at) => this.log.busy(...at),
      (answer) => this.#answered(answer),
    );
    this.composer = new Composer(this.#composerActions());
    const parts = { log: this.log.element, composer: this.composer.element };
    this.frame = new Frame(name, title, parts, this.#frameActions());
    this.layers = this.frame.layers;
    this.element = this.frame.element;
    this.webView = new WebView(name, this.frame, this.#pageActions());
    DARK.addEventListener("change", () => this.#wear(this.#theme));
    this.#wear(null);
    this.log.element.addEventListener("pointerdown", () => this.composer.closeCommands());
    takesDrops(this.frame.screen, (file) => this.#attach(file));
  }

  /** Open the chat of a person with a bot; either may be missing. */
  async open(person, bot) {
    const same = this.person?.id === person?.id && this.bot?.username === bot?.username;
    this.person = person;
    this.bot = bot;
    if (!same) this.begin();
    this.frame.drawOwners(person, bot);
    await this.refresh();
  }

  /** Show the present state of this chat. Calls in quick succession share one request. */
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

  /** Who is on this phone, and with which bot, as another phone's camera needs to know. */
  get shown() {
    return { of: this.person?.id ?? null, bot: this.bot?.username ?? null };
  }

  /** React to a change: {person_id, bot, kind}, or null if anything may have changed. */
  heard(event) {
    if (event && (event.person_id !== this.person?.id || (event.bot && event.bot !== this.bot?.username))) return;
    this.refresh();
    if (event?.kind === "camera") this.webView.camera.look();
  }

  /** Offer the camera if the other phone shows a picture. */
  seesOther() {
    this.frame.drawScan(newestPicture(this.house.other(this).chat) !== null);
    this.webView.camera.look();
  }

  /** Forget what was shown; the next messages appear without animation. */
  begin() {
    this.chat = null;
    this.presses.forget();
    this.log.clear();
    this.composer.leave();
    this.webView.drop();
    this.offer(this.links.coming);
  }

  /** Offer the START of a link. As in Telegram, a link only opens the chat; what it carries is sent by START. */
  offer(link) {
    this.#offered = link;
    this.composer.offerStart(link !== null);
  }

  async #load() {
    const { person, bot } = this;
    if (!person || !bot) return;
    try {
      const chat = await ask(chatPath(person, bot));
      if (person === this.person && bot === this.bot) this.#show(chat);
    } catch (refused) {
      if (refused instanceof Refused && refused.status) this.layers.toast(refused.message);
    }
  }

  #show(chat) {
    this.chat = chat;
    const news = this.log.show(chat.messages);
    this.composer.show(chat);
    this.frame.draw(chat);
    this.presses.tell(chat.toasts);
    for (const { effect } of news.fresh) if (effect) celebrate(this.layers.element, effect);
    const seen = this.element.contains(document.activeElement);
    if (news.changed.length && !seen) this.log.reveal(news.changed.at(-1).id);
    this.house.changed(this, news);
  }

  // Acts. Each ends by showing the new state.

  async #act(verb, body = {}) {
    if (!this.person || !this.bot) return null;
    try {
      const answer = await ask(`${chatPath(this.person, this.bot)}/${verb}`, body);
      await this.refresh();
      if (SAYING.has(verb)) this.log.toEnd(); // also if the bot has deleted the message at once
      return answer;
    } catch (refused) {
      this.layers.toast(reasonOf(refused));
      return null;
    }
  }

  #frameActions() {
    return {
      ...this.log.actions,
      choosePerson: (id) => this.house.choosePerson(this, id),
      chooseBot: (username) => this.house.chooseBot(this, username),
      scan: () => this.links.scan(),
      menu: (anchor) => this.#menu(anchor),
      pinned: () => this.log.reveal(this.chat?.pinned),
    };
  }

  #bubbleActions() {
    return {
      press: (message, button, row, column) => this.#press(message, button, row, column),
      waits: (message, button, row, column) => this.presses.waits(message, button, row, column),
      link: (url, event) => this.links.follow(url, event),
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
      page: (url) => this.webView.open({ url }),
    };
  }

  #pageActions() {
    return {
      ask: async (verb, body, method) =>
        this.person && this.bot && ask(`${chatPath(this.person, this.bot)}/${verb}`, body, method),
      follow: (url) => this.links.follow(url),
      shareContact: () => this.#act("contact"),
      beyond: () => this.house.other(this).shown,
      title: () => this.bot?.name ?? "",
    };
  }

  // A person who came by a link starts with its payload.
  async #start() {
    const link = this.#offered ?? this.house.link(this);
    if (!link) return void (await this.#act("start"));
    await this.links.open(link, true);
    this.log.toEnd();
  }

  #press(message, button, row, column) {
    if (button.kind === "copy_text") return this.#copy(button.value);
    if (button.kind === "web_app") return this.webView.open({ url: button.url });
    return this.presses.press(message, button, [row, column], (body) => this.#act("press", body));
  }

  #answered({ text, show_alert, url }) {
    if (url && safeLink(url)) this.links.follow(safeLink(url));
    if (text && show_alert) this.layers.alert(text);
    else if (text) this.layers.toast(text);
  }

  async #pressReply(button) {
    if (button.web_app) return void this.webView.open({ url: button.web_app.url, source: "keyboard" });
    if (button.request_contact && this.chat) {
      const name = this.chat.bot.name ?? this.chat.bot.username;
      const sure = await this.layers.ask(`Share your phone number with ${name}?`, [
        ["Cancel", false],
        ["Share", true],
      ]);
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

  async #copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.layers.toast("Copied");
    } catch {
      this.layers.toast("Copying is not allowed here");
    }
  }

  #isDark() {
    return this.#theme ? this.#theme === "dark" : DARK.matches;
  }

  // Without a choice for this phone, it wears the colours of the window.
  #wear(theme) {
    this.#theme = theme;
    if (theme) this.element.dataset.theme = theme;
    this.webView.setTheme(this.#isDark() ? "dark" : "light");
  }

  #menu(anchor) {
    const blocked = this.chat?.blocked;
    this.layers.menu(anchor, [
      ["Open a link", "link", () => this.#askLink()],
      ["Share my contact", "phone", () => this.#act("contact")],
      ["Scan the other phone", "scan", () => this.links.scan()],
      [this.#isDark() ? "Light colours" : "Dark colours", "theme", () => this.#wear(this.#isDark() ? "light" : "dark")],
      [
        blocked ? "Unblock the bot" : "Block the bot",
        "block",
        () => this.#act(blocked ? "unblock" : "block"),
        !blocked,
      ],
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
    if (!this.bot) return;
    const link = await this.layers.line("Open a link on this phone", `https://t.me/${this.bot.username}?start=…`, {
      inputmode: "url",
      dir: "ltr",
    });
    if (link) await this.links.open(link);
  }
}
