/**
 * Making elements. Text is always text: nothing here, or anywhere in this page, takes HTML.
 */

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  attach: "M20 11.5l-8 8a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.7 17.2a1.7 1.7 0 0 1-2.4-2.4l7.5-7.5",
  send: "M4 12L3.5 4.6a.8.8 0 0 1 1.1-.8l16.2 7.4a.9.9 0 0 1 0 1.6L4.6 20.2a.8.8 0 0 1-1.1-.8zM4 12h8",
  menu: "M4 7h16M4 12h16M4 17h16",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  down: "M6 9.5l6 6 6-6",
  close: "M6 6l12 12M18 6L6 18",
  camera: "M4 8.5A1.5 1.5 0 0 1 5.5 7h2.3l1.4-2.3h5.6L16.2 7h2.3A1.5 1.5 0 0 1 20 8.5v9a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5zM12 16a3.3 3.3 0 1 0 0-6.6 3.3 3.3 0 0 0 0 6.6z",
  scan: "M4 8.5V6a2 2 0 0 1 2-2h2.5M15.5 4H18a2 2 0 0 1 2 2v2.5M20 15.5V18a2 2 0 0 1-2 2h-2.5M8.5 20H6a2 2 0 0 1-2-2v-2.5M7.5 12h9",
  file: "M7 3.5h6.5L18.5 8.5V19a1.5 1.5 0 0 1-1.5 1.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5zM13.5 3.5v5h5",
  keyboard: "M5 6.5h14A1.5 1.5 0 0 1 20.5 8v8.5A1.5 1.5 0 0 1 19 18H5a1.5 1.5 0 0 1-1.5-1.5V8A1.5 1.5 0 0 1 5 6.5zM7.5 10.5v.01M12 10.5v.01M16.5 10.5v.01M8.5 14.5h7",
  link: "M9.5 14.5l5-5M11 7l1.6-1.6a4.2 4.2 0 0 1 6 6L17 13M13 17l-1.6 1.6a4.2 4.2 0 0 1-6-6L7 11",
  out: "M8 16L16.5 7.5M9.5 7h7.5v7.5",
  copy: "M9 9h9.5v9.5H9zM6 15H5.5V5.5H15V6",
  pin: "M9 4h6l-.7 6.5 3.2 3H6.5l3.2-3zM12 13.5V20",
  block: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM6.2 6.2l11.6 11.6",
  person: "M12 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM5 19.7c.7-3.6 3.4-5.7 7-5.7s6.3 2.1 7 5.7z",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
  phone: "M6 3.8h3l1.5 4.5-2 1.5a11 11 0 0 0 5.7 5.7l1.5-2 4.5 1.5v3a1.8 1.8 0 0 1-2 1.8A15.7 15.7 0 0 1 4.2 5.8 1.8 1.8 0 0 1 6 3.8z",
  image: "M5.5 4.5h13a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1zM5 16.5l4.5-5 4 4.5 2.5-2.5 3.5 3.5M15.5 9v.01",
  read: "M2 13l4.2 4.2L14.8 7.5M11.3 16l1.2 1.2L21.5 7.5",
  app: "M7.5 3.5h9A1.5 1.5 0 0 1 18 5v14a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 6 19V5a1.5 1.5 0 0 1 1.5-1.5zM11 17.5h2",
};

/** Make an element: `make("button", {class: "round", onclick: press, "aria-label": "Send"}, "…")`. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) give(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function give(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value") element.value = value;
  else element.setAttribute(name, value === true ? "" : value);
}

/** A button with an icon and no words; `label` is what a screen reader says, and the tooltip. */
export function iconButton(name, label, onclick, attributes = {}) {
  return make("button", { type: "button", class: "round", "aria-label": label, title: label, onclick, ...attributes }, icon(name));
}

/** One of the icons above, drawn with lines in the colour of the text around it. */
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

/** A round picture of somebody: initials on a colour that is always the same for the same name. */
export function avatar(name, seed = name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.slice(0, 2).map((word) => [...word][0]).join("\u200c");
  const hue = [...String(seed)].reduce((sum, letter) => (sum * 137 + letter.codePointAt(0) * 47) % 360, 7);
  const round = make("span", { class: "avatar", "aria-hidden": "true" }, letters.toUpperCase() || "?");
  round.style.setProperty("--hue", hue);
  return round;
}

/** The address, if it is one that may be followed from a chat; else null. */
export function safeLink(address) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
    return ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Whether a link opens a bot: `https://t.me/<bot>?start=…` or `https://t.me/<bot>`. */
export function opensBot(url) {
  return ["t.me", "telegram.me", "telegram.dog"].includes(url.hostname) && /^\/\w+\/?$/.test(url.pathname);
}

/** Whether this person asked for no movement. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
