// @ts-check
/**
 * The page: two phones, who holds them, and the events of the sandbox. A single phone is in phone.js.
 *
 * Its address may have parameters: `?left=<person id>&right=<person id>&bot=<username>`, and `left-link` or
 * `right-link`, the link that START opens on that phone. `left-bot`, `right-bot` and `hint=understood` are optional too.
 */

import { ask, listen } from "./control.js";
import { make, part } from "./dom.js";
import { nameOf, newPerson } from "./people.js";
import { Phone } from "./phone.js";

const SIDES = { left: "Customer", right: "At the counter" };
const WORDS = { live: "Live", away: "Reconnecting", connecting: "Connecting" };
const EXPECTING_MILLISECONDS = 2000;
const asked = new URLSearchParams(location.search);

/** @type {import("./control.js").Person[]} */
let everybody = [];
/** @type {import("./control.js").Bot[]} */
let everyBot = [];
/** @type {number | undefined} */
let expecting;

const house = {
  other: (phone) => (phone === phones.left ? phones.right : phones.left),
  choosePerson: async (phone, id) => {
    const person = id === null ? await newPerson() : everybody.find((one) => String(one.id) === id);
    if (!person) return;
    remember(phone.name, person.id);
    await arrange({ [phone.name]: person });
  },
  chooseBot: async (phone, username) => {
    remember(`${phone.name}-bot`, username);
    await arrange();
  },
  link: (phone) => {
    const link = asked.get(`${phone.name}-link`);
    asked.delete(`${phone.name}-link`);
    return link;
  },
  changed: (phone, { fresh, changed }) => {
    house.other(phone).seesOther();
    if (document.body.dataset.shown !== phone.name && (fresh.length || changed.length))
      tab(phone.name).classList.add("news");
  },
};

const phones = Object.fromEntries(Object.entries(SIDES).map(([name, title]) => [name, new Phone(name, title, house)]));

/** Give the phones to their last holders, else to the first two people. */
async function arrange(chosen = {}) {
  [everybody, everyBot] = await Promise.all([ask("people"), ask("bots")]);
  const left = chosen.left ?? somebody("left", everybody[0]);
  const right =
    chosen.right ??
    somebody(
      "right",
      everybody.find(({ id }) => id !== left?.id),
    );
  await Promise.all([give(phones.left, left), give(phones.right, right)]);
  phones.left.seesOther();
  phones.right.seesOther();
  // No event reports the first bot or the second person, so the page polls.
  clearTimeout(expecting);
  if (!everyBot.length || everybody.length < 2) expecting = setTimeout(heard, EXPECTING_MILLISECONDS, null);
}

async function give(phone, person) {
  const bot =
    everyBot.find(({ username }) => username.toLowerCase() === wanted(`${phone.name}-bot`, "bot")?.toLowerCase()) ??
    everyBot[0] ??
    null;
  phone.frame.people.show(
    everybody.map((one) => [one.id, nameOf(one)]),
    person?.id,
    "New person …",
  );
  phone.frame.bots.show(
    everyBot.map((one) => [one.username, one.name ?? one.username]),
    bot?.username,
  );
  part("small", tab(phone.name)).textContent = person?.first_name ?? "";
  await phone.open(person ?? null, bot);
}

function somebody(name, otherwise) {
  return everybody.find(({ id }) => String(id) === wanted(name)) ?? otherwise ?? null;
}

// The address of the page takes precedence over the last choice.
function wanted(...names) {
  const found = names.map((name) => asked.get(name) ?? stored(name)).find((value) => value !== null);
  return found ?? null;
}

function stored(name) {
  try {
    return memory(name).getItem(`sandbox-${name}`);
  } catch {
    return null;
  }
}

function remember(name, value) {
  asked.delete(name);
  try {
    memory(name).setItem(`sandbox-${name}`, value);
  } catch {
    // If nothing may be stored, nothing is remembered.
  }
}

// The holders of the phones are kept for this window and this sandbox; that the hint was understood, for ever.
const memory = (name) => (name === "hint" ? localStorage : sessionStorage);

// A narrow screen shows one phone at a time.

function tab(name) {
  return part(`[role=tab][data-name=${name}]`);
}

function makeTabs() {
  const tabs = Object.entries(SIDES).map(([name, title]) =>
    make(
      "button",
      { type: "button", role: "tab", "data-name": name, "aria-controls": `phone-${name}`, onclick: () => show(name) },
      make("span", {}, title),
      make("small", { dir: "auto" }),
    ),
  );
  part(".switch").append(...tabs);
}

function show(name) {
  document.body.dataset.shown = name;
  for (const side of Object.keys(SIDES)) tab(side).setAttribute("aria-selected", String(side === name));
  tab(name).classList.remove("news");
}

function sayState(state) {
  const live = part(".live");
  // A sandbox that comes back may be a new one, whose ids begin at 1 again.
  if (state === "live" && live.dataset.state === "away") for (const phone of Object.values(phones)) phone.begin();
  live.dataset.state = state;
  part(".words", live).textContent = WORDS[state];
}

function makeHint() {
  const [hint, help] = [part("#hint"), part("#help")];
  const open = (on) => {
    hint.hidden = !on;
    help.setAttribute("aria-expanded", String(on));
  };
  help.addEventListener("click", () => open(hint.hidden));
  part("#understood")
    .addEventListener("click", () => (open(false), remember("hint", "understood"), help.focus()));
  hint.addEventListener("keydown", (event) => event.key === "Escape" && open(false));
  open(wanted("hint") !== "understood");
}

function heard(event) {
  if (event === null || event.kind === "people" || event.kind === "bots") arrange().catch(() => sayState("away"));
  else for (const phone of Object.values(phones)) phone.heard(event);
}

makeTabs();
makeHint();
show("left");
part(".table").prepend(phones.left.element);
part(".table").append(phones.right.element);
listen(heard, sayState);
