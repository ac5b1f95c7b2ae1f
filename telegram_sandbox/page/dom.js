// @ts-check
/**
 * Making elements. Text is always text: nothing here, or anywhere in this page, takes HTML.
 */

import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element: `make("button", {class: "round", onclick: press, "aria-label": "Send"}, "…")`. The attributes may be left out.
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...any} children
 * @returns {any} an element of the class that belongs to the tag
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) give(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * The one element of the page that matches a selector. Throws if there is none.
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement}
 */
export function part(selector, within = document) {
  const found = within.querySelector(selector);
  if (found instanceof HTMLElement) return found;
  throw new Error(`The page has no ${selector}.`);
}

/** The element with the focus, if any. */
export const focused = () => (document.activeElement instanceof HTMLElement ? document.activeElement : null);

function give(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** A button with an icon and no words; `label` is its text for screen readers, and the tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  return make(
    "button",
    { type: "button", class: "round", "aria-label": label, title: label, onclick, ...attributes },
    icon(name),
  );
}

/** One of the icons, drawn with lines in the colour of the text around it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.append(path);
  return svg;
}

/** A round picture of a person: initials on a colour that depends on the name only. */
export function avatar(name, seed = name) {
  // The joiner keeps Arabic letters from growing together.
  const letters = (name.match(/(?<![\p{L}\p{M}\p{N}'’])[\p{L}\p{N}]/gu) ?? []).slice(0, 2).join("\u200c");
  const hue = [...String(seed)].reduce((sum, letter) => (sum * 137 + (letter.codePointAt(0) ?? 0) * 47) % 360, 7);
  const round = make("span", { class: "avatar", "aria-hidden": "true" }, letters.toUpperCase() || "?");
  round.style.setProperty("--hue", hue);
  return round;
}

/** The address, if a chat may link to it; else null. */
export function safeLink(address) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** What a text means as JSON; null if it is none. Windows get messages from anybody. */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether a link opens a bot or a page of it: `https://t.me/<bot>?start=…`, `https://t.me/<bot>/<app>` and so on. */
export function opensBot(url) {
  return ["t.me", "telegram.me", "telegram.dog"].includes(url.hostname) && /^\/\w+(\/\w+)?\/?$/.test(url.pathname);
}

/** Whether this person asked for reduced motion. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
