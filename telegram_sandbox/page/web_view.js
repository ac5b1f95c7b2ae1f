// @ts-check
/**
 * The web view of a phone: a page of a bot inside Telegram, its bar, and its buttons at the foot. What the page asks of
 * the phone by Telegram's events is in app_events.js.
 */

import { answerApp } from "./app_events.js";
import { AppCamera } from "./app_camera.js";
import { reasonOf } from "./control.js";
import { calm, iconButton, make, parsed } from "./dom.js";
import { THEMES } from "./themes.js";

const VERSION = "9.1";
/** Pages may do more on a phone than on a computer, as scan codes. */
const PLATFORM = "android";
const ALLOWED = "camera; clipboard-write; fullscreen; publickey-credentials-create; publickey-credentials-get";
const SURE = "Changes that you made may not be saved.";
const SIGNS = { success: "✓", warning: "!", error: "✕" };
const SHAKES = [0, -4, 4, -3, 3, 0].map((x) => ({ transform: `translateX(${x}px)` }));

export class WebView {
  /** @type {HTMLIFrameElement | null} */
  frame = null;
  /** Whether the person is asked before the page is closed. */
  confirms = false;
  /** @type {import("./themes.js").Theme} */
  #theme = "light";
  #openings = 0;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * `frame` is what it is shown in. `phone` is {ask(verb, body, method?), follow(url), shareContact(), beyond(), title()}:
   * what it asks of the sandbox, where links lead, whom its camera points at.
   */
  constructor(name, frame, phone) {
    this.name = name;
    this.around = frame;
    this.layers = frame.layers;
    this.phone = phone;
    this.camera = new AppCamera(this.layers, {
      see: () => phone.ask("look", phone.beyond()),
      found: (data) => this.post("qr_text_received", { data }),
      closed: () => this.post("scan_qr_popup_closed"),
    });
    this.title = make("b", { dir: "auto" });
    this.sign = make("output", { class: "haptic", "aria-hidden": "true" });
    this.back = iconButton("back", "Back", () => this.post("back_button_pressed"), { hidden: true });
    this.settings = iconButton("more", "Settings", () => this.post("settings_button_pressed"), { hidden: true });
    const close = iconButton("close", "Close", () => this.close(), { class: "round close-app" });
    this.bar = make("header", { class: "app-bar" }, this.back, this.title, this.sign, this.settings, close);
    this.main = footButton("main", () => this.post("main_button_pressed"));
    this.secondary = footButton("secondary", () => this.post("secondary_button_pressed"));
    this.foot = make("footer", { class: "app-foot", hidden: true }, this.secondary, this.main);
    this.element = make("section", { class: "web-view", role: "dialog", hidden: true }, this.bar, this.foot);
    frame.screen.append(this.element);
    addEventListener("message", (event) => this.#heard(event));
    new ResizeObserver(() => this.tellSize()).observe(this.element);
  }

  /**
   * Open a page, in place of the one that is open.
   * @param {{url: string, source?: "button" | "link" | "keyboard", start_param?: string}} what
   */
  async open({ url, source = "button", start_param = "" }) {
    if (!(await this.close())) return;
    const opening = ++this.#openings;
    try {
      const { init_data } = await this.phone.ask("init_data", { source, start_param });
      if (opening === this.#openings) this.#show(this.#launched(url, init_data), personIn(init_data));
    } catch (refused) {
      this.layers.toast(reasonOf(refused));
    }
  }

  /** Close the page. Returns false if the person wants to stay. */
  async close() {
    const stays = [
      ["Cancel", false],
      ["Close anyway", true],
    ];
    if (this.frame && this.confirms && !(await this.layers.ask(SURE, stays))) return false;
    this.drop();
    return true;
  }

  /** Close the page without a question. */
  drop() {
    this.#openings += 1;
    if (!this.frame) return;
    this.frame.remove();
    this.frame = null;
    this.camera.close();
    this.element.hidden = true;
    this.around.cover(false);
  }

  /** Tell the page something. */
  post(eventType, eventData = {}) {
    this.frame?.contentWindow?.postMessage(JSON.stringify({ eventType, eventData }), "*");
  }

  /** Ask the sandbox, after all that was asked before: the pages of a phone find what they have just kept. */
  ask(verb, body, method) {
    const asked = this.#last.then(() => this.phone.ask(verb, body, method));
    this.#last = asked.catch(() => null);
    return asked;
  }

  /** Show pages in light or dark colours. */
  setTheme(theme) {
    if (theme === this.#theme) return;
    this.#theme = theme;
    this.tellTheme();
  }

  /** Tell the page the colours. */
  tellTheme() {
    this.post("theme_changed", { theme_params: THEMES[this.#theme] });
  }

  /** Tell the page how large it is. */
  tellSize() {
    if (!this.frame) return;
    const { clientWidth: width, clientHeight: height } = this.frame;
    this.post("viewport_changed", { width, height, is_state_stable: true, is_expanded: true });
  }

  /** Show how the phone shakes. */
  shake({ type, notification_type }) {
    this.sign.textContent = SIGNS[notification_type] ?? "•";
    this.sign.dataset.felt = notification_type ?? type;
    this.sign.animate?.([{ opacity: 1 }, { opacity: 1, offset: 0.7 }, { opacity: 0 }], { duration: 900 });
    if (!calm() && type !== "selection_change") this.element.animate(SHAKES, { duration: 220 });
  }

  /** Give the bar, the page or the foot a colour: one of its own, or one of the theme. */
  paint(element, { color, color_key }) {
    element.style.background = color ?? THEMES[this.#theme][color_key] ?? "";
  }

  /** Show a button at the foot as the page wants it. */
  setButton(button, look) {
    button.hidden = !look.is_visible || !look.text?.trim();
    button.disabled = !look.is_active;
    button.setAttribute("aria-busy", String(Boolean(look.is_progress_visible)));
    button.querySelector(".words").textContent = look.text ?? "";
    button.style.background = look.color ?? "";
    button.style.color = look.text_color ?? "";
    if (look.position) this.foot.dataset.position = look.position;
    this.foot.hidden = this.main.hidden && this.secondary.hidden;
  }

  #show(address, person) {
    delete this.element.dataset.ready;
    this.confirms = false;
    this.back.hidden = this.settings.hidden = this.main.hidden = this.secondary.hidden = this.foot.hidden = true;
    for (const part of [this.bar, this.foot]) part.style.background = "";
    const title = this.phone.title();
    this.title.textContent = title;
    this.element.setAttribute("aria-label", title);
    // Frames of one window share what pages keep for the window; by its name a page keeps its own.
    const name = `web-app-${this.name}-${person}`;
    this.frame = make("iframe", { name, title, src: address, allow: ALLOWED });
    this.bar.after(/** @type {HTMLIFrameElement} */ (this.frame));
    this.element.hidden = false;
    this.around.cover(true);
    this.frame?.focus();
  }

  // As Telegram starts a page: with all it knows behind the #.
  #launched(address, initData) {
    const known = new URLSearchParams({
      tgWebAppData: initData,
      tgWebAppVersion: VERSION,
      tgWebAppPlatform: PLATFORM,
      tgWebAppThemeParams: JSON.stringify(THEMES[this.#theme]),
    });
    const url = new URL(address);
    url.hash = url.hash ? `${url.hash}${url.hash.includes("?") ? "&" : "?"}${known}` : String(known);
    return url.href;
  }

  #heard({ source, data }) {
    if (!this.frame || source !== this.frame.contentWindow || typeof data !== "string") return;
    const { eventType, eventData } = parsed(data) ?? {};
    if (eventType) answerApp(this, eventType, eventData ?? {});
  }
}

function personIn(initData) {
  return parsed(new URLSearchParams(initData).get("user") ?? "")?.id ?? "";
}

function footButton(name, onclick) {
  const words = [make("span", { class: "words", dir: "auto" }), make("span", { class: "spinner" })];
  return make("button", { type: "button", class: `app-button ${name}`, hidden: true, onclick }, words);
}
