// @ts-check
/**
 * A text with its entities, as elements. Offsets count UTF-16 units, as JavaScript's own strings do.
 */

import { make, safeLink } from "./dom.js";

const TAGS = {
  bold: "b",
  italic: "i",
  underline: "u",
  strikethrough: "s",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const FOUND = new RegExp(
  [
    String.raw`https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}»”']`,
    String.raw`\bt\.me\/\w+(?:\?\w+=[\w-]+)?`,
    String.raw`(?<command>(?<![\w/])\/[a-z0-9_]{1,32}\b(?!\/))`,
  ].join("|"),
  "gi",
);

/**
 * Build the nodes of a text. `actions` are {link(url), command(text), copy(text)}, called when one is clicked.
 * Links and commands without entities are found too, as phones do.
 */
export function rich(text, entities, actions) {
  const known = (entities ?? []).filter((entity) => !codeOfBlock(entity, entities));
  const all = [...known, ...found(text, known)];
  // The outer one first: sorted by beginning, then the longer one first.
  all.sort((a, b) => a.offset - b.offset || b.length - a.length);
  return nodes(text, 0, text.length, all, actions);
}

// A block of code may come as a block and as code; one of the two is enough.
function codeOfBlock({ type, offset, length }, entities) {
  return (
    type === "code" &&
    entities.some((other) => other.type === "pre" && other.offset === offset && other.length === length)
  );
}

function found(text, known) {
  const free = (from, to) =>
    !known.some(
      ({ type, offset, length }) => offset < to && from < offset + length && !(type in TAGS) && type !== "spoiler",
    );
  return [...text.matchAll(FOUND)]
    .map((match) => ({
      type: match.groups.command ? "bot_command" : "url",
      offset: match.index,
      length: match[0].length,
    }))
    .filter(({ offset, length }) => free(offset, offset + length));
}

function nodes(text, from, to, entities, actions) {
  const made = [];
  let at = from;
  let before = null;
  let rest = entities.filter(({ offset, length }) => length > 0 && offset >= from && offset < to);
  while (rest.length) {
    const [first, ...others] = rest;
    const end = Math.min(first.offset + first.length, to);
    made.push(between(text.slice(at, first.offset), isBlock(before), isBlock(first)));
    const inner = nodes(
      text,
      first.offset,
      end,
      others.filter(({ offset }) => offset < end),
      actions,
    );
    made.push(wrapped(first, text.slice(first.offset, end), inner, actions));
    at = end;
    before = first;
    rest = others.filter(({ offset }) => offset >= end);
  }
  made.push(between(text.slice(at, to), isBlock(before), false));
  return made.filter((node) => node !== "");
}

const isBlock = (entity) => ["pre", "blockquote", "expandable_blockquote"].includes(entity?.type);

// A block starts and ends a line by itself, so the line breaks around it are not shown again.
function between(text, afterBlock, beforeBlock) {
  const begun = afterBlock ? text.replace(/^\n/, "") : text;
  return beforeBlock ? begun.replace(/\n$/, "") : begun;
}

function wrapped(entity, text, inner, actions) {
  switch (entity.type) {
    case "code":
      return make("code", { title: "Copy", onclick: () => actions.copy(text) }, inner);
    case "pre":
      return make("pre", { title: "Copy", "data-language": entity.language, onclick: () => actions.copy(text) }, inner);
    case "spoiler":
      return spoiler(inner);
    case "url":
    case "text_link":
    case "email":
    case "phone_number":
      return link(address(entity, text), inner, actions);
    case "bot_command":
      return make("button", { type: "button", class: "link", onclick: () => actions.command(text) }, inner);
    case "mention":
    case "text_mention":
    case "hashtag":
    case "cashtag":
      return make("span", { class: "link" }, inner);
    default:
      return make(
        TAGS[entity.type] ?? "span",
        { class: entity.type === "expandable_blockquote" ? "expandable" : null },
        inner,
      );
  }
}

function address(entity, text) {
  if (entity.type === "email") return `mailto:${text}`;
  if (entity.type === "phone_number") return `tel:${text}`;
  return entity.url ?? text;
}

function link(address, inner, actions) {
  const url = safeLink(address);
  if (!url) return make("span", {}, inner);
  const follow = (event) => actions.link(url, event);
  return make("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", onclick: follow }, inner);
}

function spoiler(inner) {
  const hidden = make(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": "Hidden text: show it" },
    inner,
  );
  const show = () => {
    hidden.classList.add("shown");
    for (const name of ["role", "tabindex", "aria-label"]) hidden.removeAttribute(name);
  };
  hidden.addEventListener("click", show);
  hidden.addEventListener("keydown", (event) => (event.key === "Enter" || event.key === " ") && show());
  return hidden;
}
