// @ts-check
/**
 * One message as a phone shows it: its bubble and the buttons under it. The list of messages is in log.js.
 */

import { place } from "./control.js";
import { focused, icon, make, opensBot, safeLink } from "./dom.js";
import { emojiOf } from "./effects.js";
import { rich } from "./entities.js";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const SIZES = ["B", "KB", "MB", "GB"];
const [WIDEST, TALLEST, NARROWEST] = [340, 440, 120];
const KINDS = { url: "out", copy_text: "copy", web_app: "app", login_url: "out" };

/**
 * Fill an article with a message. A picture that is already there is faded over, not replaced.
 * @param {HTMLElement} article
 * @param {import("./control.js").Message} message
 * @param {Record<string, Function>} actions
 */
export function fill(article, message, actions) {
  const focus = focusedButton(article);
  const picture = article.querySelector(".picture");
  article.className = `message ${message.from}`;
  article.dataset.id = String(message.id);
  if (message.pinned_message)
    return void article.replaceChildren(make("p", { class: "bubble notice" }, "Pinned a message"));
  article.replaceChildren(bubble(message, actions, picture), ...keyboard(message, actions));
  if (focus) refocus(article, focus);
}

function bubble(message, actions, picture) {
  const text = message.text ?? message.caption;
  const parts = [
    message.photo && photo(message, actions, picture),
    message.document && file(message.document),
    message.contact && contact(message.contact),
    text && make("div", { class: "text", dir: "auto" }, rich(text, message.entities, actions), meta(message, actions)),
  ];
  const bare = message.photo && !text;
  const rest = text ? [] : [meta(message, actions)];
  const paper = make(
    "div",
    { class: `bubble${bare ? " bare" : ""}${message.photo ? " has-picture" : ""}` },
    parts,
    rest,
    reactions(message),
    more(message, actions),
  );
  if (message.photo) paper.style.width = `${widthOf(message.photo)}px`;
  paper.addEventListener("contextmenu", (event) => longPressed(event, () => actions.more(message, paper)));
  return paper;
}

// A finger has no pointer to hover with: it rests on the message instead.
function longPressed(event, open) {
  if (!matchMedia("(hover: none)").matches || event.target.closest("a")) return;
  event.preventDefault();
  open();
}

// Wide pictures fill the bubble, tall ones end with the screen, tiny ones can still be pressed.
function widthOf({ width, height }) {
  return Math.max(Math.min(width, WIDEST, (TALLEST * width) / height), NARROWEST);
}

function photo(message, actions, old) {
  const { width, height, url } = message.photo;
  const open = () => actions.enlarge(place(url), message.caption);
  const frame = make("button", {
    type: "button",
    class: "picture",
    "aria-label": "Picture: enlarge it",
    onclick: open,
  });
  frame.style.aspectRatio = `${width} / ${height}`;
  const image = make("img", { src: place(url), alt: message.caption ?? "Picture", draggable: "false", width, height });
  const before = old?.querySelector("img:last-of-type");
  if (before?.src === image.src) frame.append(before);
  else if (before) fadeOver(frame, before, image);
  else frame.append(image);
  return frame;
}

function fadeOver(frame, before, image) {
  image.classList.add("arriving");
  frame.append(before, image);
  image
    .decode()
    .catch(() => null)
    .then(() => {
      image.classList.remove("arriving");
      setTimeout(() => before.remove(), 700);
    });
}

function file({ name, size, url }) {
  const about = make(
    "span",
    { class: "about" },
    make("b", { dir: "auto" }, name ?? "file"),
    make("small", {}, inWords(size)),
  );
  return make(
    "a",
    { class: "file", href: place(url), download: name ?? "file", "aria-label": `Download ${name}` },
    make("span", { class: "disc" }, icon("file")),
    about,
  );
}

function contact(person) {
  const name = [person.first_name, person.last_name].filter(Boolean).join(" ");
  const about = make(
    "span",
    { class: "about" },
    make("b", { dir: "auto" }, name),
    make("small", { dir: "ltr" }, person.phone_number),
  );
  return make("div", { class: "file" }, make("span", { class: "disc" }, icon("phone")), about);
}

function inWords(bytes) {
  let size = bytes ?? 0;
  let unit = 0;
  for (; size >= 1000 && unit < SIZES.length - 1; unit += 1) size /= 1000;
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${SIZES[unit]}`;
}

function meta(message, actions) {
  const moment = new Date(message.date * 1000);
  const effect =
    message.effect &&
    make(
      "button",
      {
        type: "button",
        class: "replay",
        "aria-label": "Play the effect again",
        onclick: () => actions.celebrate(message.effect),
      },
      emojiOf(message.effect),
    );
  const time = make("time", { datetime: moment.toISOString(), title: moment.toLocaleString() }, CLOCK.format(moment));
  return make(
    "span",
    { class: "meta" },
    effect,
    message.edited && make("span", { class: "edited" }, "edited "),
    time,
    message.from === "person" && icon("read"),
  );
}

function reactions(message) {
  const all = [message.reaction ?? []].flat().map((one) => one.emoji ?? one);
  return (
    all.length > 0 &&
    make(
      "span",
      { class: "reactions", "aria-label": "Reactions" },
      all.map((emoji) => make("span", {}, String(emoji))),
    )
  );
}

function more(message, actions) {
  return make(
    "button",
    {
      type: "button",
      class: "more",
      "aria-label": "More about this message",
      onclick: (event) => actions.more(message, event.currentTarget),
    },
    icon("down"),
  );
}

function keyboard(message, actions) {
  if (!message.keyboard?.length) return [];
  const rows = message.keyboard.map((row, index) =>
    make(
      "div",
      { class: "row" },
      row.map((button, column) => key(message, button, [index, column], actions)),
    ),
  );
  return [make("div", { class: "keyboard" }, rows)];
}

function key(message, button, [row, column], actions) {
  const common = {
    class: ["key", button.kind, button.style].filter(Boolean).join(" "),
    "data-row": row,
    "data-column": column,
    dir: "auto",
  };
  const words = [make("span", { class: "words" }, button.text), KINDS[button.kind] && icon(KINDS[button.kind])];
  const url = button.kind !== "web_app" && button.url && safeLink(button.url);
  if (url)
    return make(
      "a",
      {
        ...common,
        href: url.href,
        target: "_blank",
        rel: "noopener noreferrer",
        "data-bot": opensBot(url),
        onclick: (event) => actions.link(url, event),
      },
      words,
    );
  const press = () => actions.press(message, button, row, column);
  return make(
    "button",
    {
      ...common,
      type: "button",
      "aria-busy": actions.waits(message, button, row, column) ? "true" : null,
      onclick: press,
    },
    words,
    make("span", { class: "spinner" }),
  );
}

function focusedButton(article) {
  const key = /** @type {HTMLElement | null | undefined} */ (focused()?.closest(".key"));
  return key && article.contains(key) ? { row: key.dataset.row, column: key.dataset.column } : null;
}

// People who press with the keyboard keep their place when the buttons change.
function refocus(article, { row, column }) {
  const same = article.querySelector(`.key[data-row="${row}"][data-column="${column}"]`);
  (same ?? article.querySelector(".key"))?.focus({ preventScroll: true });
}
