// @ts-check
/**
 * The foot of a phone: the input line, commands, attachments and the reply keyboard; or START, or Unblock.
 */

import { focused, icon, iconButton, make } from "./dom.js";

const TALLEST = 132;

export class Composer {
  /** @type {import("./control.js").Chat | null} */
  #chat = null;
  #offersStart = false;
  #putAway = false;

  /** `actions` are {say, start, unblock, attach(file), pressReply(button), page(url)}. */
  constructor(actions) {
    this.actions = actions;
    this.commands = make("div", { class: "commands", hidden: true, "aria-label": "Commands" });
    this.input = make("textarea", {
      rows: "1",
      placeholder: "Message",
      "aria-label": "Message",
      dir: "auto",
      enterkeyhint: "send",
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
      onpaste: (event) => this.#pasted(event),
    });
    this.file = make("input", {
      type: "file",
      hidden: true,
      "aria-label": "File to send",
      onchange: () => this.#picked(),
    });
    this.menu = make(
      "button",
      { type: "button", class: "menu-button", "aria-expanded": "false", onclick: () => this.#pressMenu() },
      icon("menu"),
      make("span", {}, "Menu"),
    );
    this.toggle = iconButton("keyboard", "Keyboard of the bot", () => this.#toggleKeyboard(), { hidden: true });
    this.send = iconButton("send", "Send", () => this.#send(), { class: "round send" });
    this.line = make(
      "form",
      { class: "line", onsubmit: (event) => event.preventDefault() },
      this.menu,
      iconButton("attach", "Send a picture or a file", () => this.file.click()),
      this.input,
      this.toggle,
      this.send,
      this.file,
    );
    this.keys = make("div", { class: "reply-keyboard", "aria-label": "Keyboard of the bot", hidden: true });
    this.big = make("button", { type: "button", class: "big", hidden: true });
    this.element = make("footer", { class: "composer" }, this.commands, this.line, this.keys, this.big);
  }

  /**
   * Show what can be sent in this chat.
   * @param {import("./control.js").Chat} chat
   */
  show(chat) {
    const busy = this.#isUsed();
    this.#chat = chat;
    this.#bigButton(chat);
    const app = chat.menu?.type === "web_app" ? chat.menu : null;
    this.menu.hidden = chat.commands.length === 0 && !app;
    this.menu.querySelector("span").textContent = app?.text ?? "Menu";
    this.#keyboard(chat.reply_keyboard);
    this.#suggest();
    const left = focused();
    if (busy && !(left && this.element.contains(left) && left.offsetWidth)) this.focus();
  }

  // If the element in use is gone, the input line gets the focus; but no keyboard pops up under a finger.
  #isUsed() {
    const used = focused();
    return used && this.element.contains(used) && (matchMedia("(pointer: fine)").matches || used.matches(":focus-visible"));
  }

  /** Offer START, or not, also where there are messages: a link has led here. */
  offerStart(offered) {
    this.#offersStart = offered;
    if (this.#chat) this.show(this.#chat);
  }

  /** Start with another chat: nothing can be sent, and no START pressed, before it is shown. */
  leave() {
    this.#chat = null;
    this.line.hidden = this.keys.hidden = this.big.hidden = true;
    this.clear();
  }

  /** Clear the line, and close what is open. */
  clear() {
    this.input.value = "";
    this.#grow();
    this.closeCommands();
  }

  /** Put the cursor on the line. */
  focus() {
    this.input.focus({ preventScroll: true });
  }

  #bigButton(chat) {
    const empty = chat.messages.length === 0;
    this.big.hidden = !(empty || chat.blocked || this.#offersStart);
    this.line.hidden = !this.big.hidden;
    this.big.textContent = chat.blocked ? "Unblock" : "Start";
    this.big.onclick = () => (chat.blocked ? this.actions.unblock() : this.actions.start());
  }

  #keyboard(board) {
    const rows = board?.keyboard ?? [];
    const same = JSON.stringify(rows);
    if (this.keys.dataset.rows !== same) this.#newKeyboard(rows, same);
    this.toggle.hidden = rows.length === 0;
    this.keys.hidden = rows.length === 0 || this.#putAway || this.line.hidden;
    this.input.placeholder = board?.input_field_placeholder || "Message";
  }

  #newKeyboard(rows, same) {
    this.#putAway = false;
    this.keys.dataset.rows = same;
    this.keys.replaceChildren(
      ...rows.map((row) =>
        make(
          "div",
          { class: "row" },
          row.map((button) => this.#replyKey(button)),
        ),
      ),
    );
  }

  #replyKey(button) {
    const sign = button.request_contact ? icon("phone") : button.web_app ? icon("app") : null;
    return make(
      "button",
      { type: "button", class: "reply-key", dir: "auto", onclick: () => this.actions.pressReply(button) },
      sign,
      make("span", {}, button.text),
    );
  }

  #toggleKeyboard() {
    this.#putAway = !this.keys.hidden;
    this.keys.hidden = this.#putAway;
  }

  #typed() {
    this.#grow();
    this.#suggest();
  }

  #grow() {
    const { style, value } = this.input;
    style.height = "";
    if (value) style.height = `${Math.min(this.input.scrollHeight, TALLEST)}px`;
    this.send.classList.toggle("ready", value.trim() !== "");
  }

  #suggest() {
    const typed = this.input.value;
    if (typed.startsWith("/"))
      this.#offer(this.#commands.filter(({ command }) => `/${command}`.startsWith(typed)));
    else if (this.menu.getAttribute("aria-expanded") === "false") this.closeCommands();
  }

  get #commands() {
    return this.#chat?.commands ?? [];
  }

  #pressMenu() {
    const app = this.#chat?.menu?.web_app;
    if (app) this.actions.page(app.url);
    else this.#toggleCommands();
  }

  #toggleCommands() {
    if (!this.commands.hidden) {
      this.closeCommands();
      return;
    }
    this.#offer(this.#commands);
    this.menu.setAttribute("aria-expanded", "true");
  }

  #offer(commands) {
    const choose = (command) => () => (this.clear(), this.actions.say(`/${command}`));
    const entries = commands.map(({ command, description }) =>
      make(
        "button",
        { type: "button", onclick: choose(command) },
        make("b", {}, `/${command}`),
        make("span", { dir: "auto" }, description),
      ),
    );
    this.commands.replaceChildren(...entries);
    this.commands.hidden = entries.length === 0;
  }

  /** Close the list of commands. */
  closeCommands() {
    this.commands.hidden = true;
    this.menu.setAttribute("aria-expanded", "false");
  }

  #key(event) {
    if (event.key === "Escape") this.closeCommands();
    if (event.key === "ArrowUp" && !this.commands.hidden) this.commands.lastElementChild?.focus();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#send();
  }

  #send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.clear();
    this.actions.say(text);
  }

  #pasted(event) {
    const [file] = event.clipboardData.files;
    if (!file) return;
    event.preventDefault();
    this.actions.attach(file);
  }

  #picked() {
    const [file] = this.file.files;
    this.file.value = "";
    if (file) this.actions.attach(file);
  }
}
