// @ts-check
/**
 * The messages of one chat, kept in step with the sandbox: new ones are added, edited ones change in place,
 * deleted ones are removed. A single message is drawn in bubbles.js.
 */

import { fill } from "./bubbles.js";
import { calm, icon, make } from "./dom.js";

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const NEAR_END = 60;
const GROUP_SECONDS = 600;
const EASE = "cubic-bezier(.2, .8, .2, 1)";

export class Log {
  #shown = new Map();
  #unread = 0;
  #top = 0;
  #byHand = false;
  #going = false;

  constructor(actions) {
    this.actions = actions;
    this.list = make("div", {
      class: "log",
      role: "log",
      "aria-live": "polite",
      "aria-label": "Messages",
      tabindex: "0",
    });
    this.down = make(
      "button",
      {
        type: "button",
        class: "to-end",
        "aria-label": "To the newest message",
        hidden: true,
        onclick: () => this.toEnd(),
      },
      icon("down"),
      make("span", { class: "count" }),
    );
    this.element = make("div", { class: "wall" }, this.list, this.down);
    this.list.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    for (const hand of ["wheel", "touchmove", "keydown"])
      this.list.addEventListener(hand, () => this.#touched(), { passive: true });
    this.list.addEventListener("scrollend", () => this.#arrivedAtEnd(), { passive: true });
    // Pictures and keyboards of another height must not push the newest message out of sight.
    new ResizeObserver(() => this.pinned && this.toEnd(true)).observe(this.list);
    this.sizes = new ResizeObserver(() => this.pinned && this.toEnd());
    this.pinned = true;
  }

  /** Start with another chat. */
  clear() {
    this.#shown.clear();
    this.sizes.disconnect();
    this.list.replaceChildren();
    this.pinned = true;
    this.#unread = 0;
    this.#scrolled();
  }

  /** Show these messages. Returns those that are new, and those that changed, since the last call. */
  show(messages) {
    const first = this.#shown.size === 0;
    const fresh = messages.filter(({ id }) => !this.#shown.has(id));
    const changed = messages.filter((message) => this.#differs(message));
    this.#remove(new Set(messages.map(({ id }) => id)));
    for (const message of fresh) this.#add(message, first);
    for (const message of changed) this.#change(message);
    this.#group(messages);
    if (fresh.length) this.#arrived(fresh, first);
    return { fresh: first ? [] : fresh, changed };
  }

  /** Mark or unmark the button that waits for an answer. */
  busy(id, row, column, on) {
    const key = this.#shown.get(id)?.article.querySelector(`.key[data-row="${row}"][data-column="${column}"]`);
    if (on) key?.setAttribute("aria-busy", "true");
    else key?.removeAttribute("aria-busy");
  }

  /** Bring a message into view. */
  reveal(id) {
    const article = this.#shown.get(id)?.article;
    if (!article) return;
    const box = this.list.getBoundingClientRect();
    const it = article.getBoundingClientRect();
    if (it.top >= box.top && it.bottom <= box.bottom) return;
    this.pinned = false;
    this.list.scrollTo({ top: this.list.scrollTop + it.top - box.top - 12, behavior: calm() ? "auto" : "smooth" });
  }

  /** Bring the newest message into view. */
  toEnd(atOnce = false) {
    this.pinned = true;
    this.#going = true;
    this.#byHand = false;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: atOnce || calm() ? "instant" : "smooth" });
  }

  #differs(message) {
    const known = this.#shown.get(message.id);
    return known !== undefined && known.as !== JSON.stringify(message);
  }

  #add(message, quietly) {
    const article = make("article", {});
    this.#shown.set(message.id, { article, as: JSON.stringify(message) });
    fill(article, message, this.actions);
    this.list.append(article);
    this.sizes.observe(article);
    if (quietly || calm()) return;
    article.animate([{ opacity: 0, transform: "translateY(14px) scale(.97)" }, {}], { duration: 240, easing: EASE });
  }

  #change(message) {
    const known = this.#shown.get(message.id);
    const { article } = known;
    const before = article.querySelector(".bubble").offsetHeight;
    const content = withoutButtons(known.as) !== withoutButtons(JSON.stringify(message));
    known.as = JSON.stringify(message);
    fill(article, message, this.actions);
    if (calm()) return;
    if (content) changedGently(article.querySelector(".bubble"), before);
    article.querySelector(".keyboard")?.animate([{ opacity: 0.35 }, {}], { duration: 260 });
  }

  #remove(staying) {
    for (const [id, { article }] of this.#shown) {
      if (staying.has(id)) continue;
      this.#shown.delete(id);
      this.sizes.unobserve(article);
      gone(article);
    }
  }

  #group(messages) {
    for (const day of this.list.querySelectorAll(".day")) day.remove();
    messages.forEach((message, index) => {
      const [before, after] = [messages[index - 1], messages[index + 1]];
      const { article } = this.#shown.get(message.id);
      article.classList.toggle("notice", Boolean(message.pinned_message));
      article.classList.toggle("first", !together(before, message));
      article.classList.toggle("last", !together(message, after));
      if (!sameDay(before, message)) article.before(make("p", { class: "day" }, dayOf(message)));
    });
  }

  #arrived(fresh, first) {
    const own = fresh.some(({ from }) => from === "person");
    if (first || own || this.pinned) this.toEnd(first);
    else this.#unread += fresh.length;
    this.#count();
  }

  #touched() {
    this.#byHand = true;
    this.#going = false;
  }

  // Elements that grew meanwhile have moved the end, or stopped the scrolling.
  #arrivedAtEnd() {
    if (this.#going && this.pinned) this.list.scrollTo({ top: this.list.scrollHeight, behavior: "instant" });
    this.#going = false;
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    const near = scrollHeight - scrollTop - clientHeight < NEAR_END;
    // Only people who scroll back by hand want to stay there: new or resized elements move the messages too.
    this.pinned = near || (this.pinned && !(this.#byHand && scrollTop < this.#top));
    this.#top = scrollTop;
    if (this.pinned) this.#unread = 0;
    this.#count();
  }

  #count() {
    this.down.hidden = this.pinned;
    this.down.querySelector(".count").textContent = this.#unread || "";
  }
}

function together(one, next) {
  return (
    one !== undefined &&
    next !== undefined &&
    one.from === next.from &&
    next.date - one.date < GROUP_SECONDS &&
    sameDay(one, next)
  );
}

function sameDay(one, next) {
  return one !== undefined && new Date(one.date * 1000).toDateString() === new Date(next.date * 1000).toDateString();
}

function dayOf({ date }) {
  const day = new Date(date * 1000);
  return day.toDateString() === new Date().toDateString() ? "Today" : DAY.format(day);
}

function withoutButtons(json) {
  return JSON.stringify({ ...JSON.parse(json), keyboard: null });
}

// The bubble grows or shrinks to its new height, under a ring that fades.
function changedGently(bubble, before) {
  const after = bubble.offsetHeight;
  bubble.classList.add("changed");
  bubble.addEventListener("animationend", () => bubble.classList.remove("changed"), { once: true });
  if (after === before) return;
  bubble.animate(
    [
      { height: `${before}px`, overflowY: "clip" },
      { height: `${after}px`, overflowY: "clip" },
    ],
    { duration: 260, easing: EASE },
  );
}

function gone(article) {
  if (calm()) {
    article.remove();
    return;
  }
  const height = `${article.offsetHeight}px`;
  article.inert = true;
  const leaving = article.animate(
    [
      { height, opacity: 1 },
      { height: 0, marginTop: 0, opacity: 0, transform: "scale(.9)" },
    ],
    { duration: 240, easing: EASE },
  );
  leaving.onfinish = () => article.remove();
}
