// @ts-check
/**
 * The card: shows a customer's card and keeps it up to date. At a private address the card is there before this runs;
 * in Telegram it is asked for with the session, and chosen where there are several.
 */
import { Problem, ask, askFile, authorization } from "./api.js";
import { live } from "./live.js";
import { showCodes } from "./rotating.js";
import { begin, gate, notice, showProblem } from "./shell.js";
import { ready } from "./telegram.js";
import { count, data, say } from "./words.js";

const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const bot = document.documentElement.dataset.bot;
/** Below which address the card is asked for. */
let here = data.here ? `${data.here}/api` : "";

/** @returns {Promise<{version: number, html: string, says: string}>} */
function fetched() {
  return data.here ? asked("part") : ask("GET", here.slice(`/app/${bot}/`.length) + "/part");
}

/** Ask below a private address. @param {string} name @returns {Promise<any>} */
async function asked(name) {
  const answer = await fetch(`${here}/${name}`, { headers: { Accept: "application/json" }, cache: "no-store" });
  const json = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(json.detail), { status: answer.status });
  return json.data;
}

let shown = "";
/** Whether the person has deleted the card. */
let gone = false;

/** Show the card as it is now. */
async function show() {
  if (gone) return;
  try {
    const now = await fetched();
    if (gone) return;
    offline(false);
    if (now.html === shown) return;
    const first = shown === "" && !data.here;
    shown = now.html;
    part("card").innerHTML = now.html;
    turnCodes();
    if (!first) part("says").textContent = now.says;
  } catch (error) {
    const status = /** @type {any} */ (error).status;
    if (gone) return;
    if (status === 404 || status === 410) ended(/** @type {Error} */ (error).message);
    else offline(true);
  }
}

/** What stops the codes that are shown. @type {() => void} */
let stopCodes = () => {};

/** Where the shop asks for rotating codes, show one after the other. */
function turnCodes() {
  stopCodes();
  stopCodes = () => {};
  if (part("code").dataset.rotating === undefined) return;
  const load = data.here ? () => asked("codes") : () => ask("GET", `api/codes/${here.split("/").pop()}`);
  stopCodes = showCodes(part("code"), load);
}

/** @param {boolean} on */
function offline(on) {
  part("state").hidden = !on;
  part("state").textContent = on ? say("There is no connection. The card is shown as it was.") : "";
}

/** @param {string} says */
function ended(says) {
  gate(says, "");
}

/** @param {number} version */
function watch(version) {
  live(`${here}/live`, data.here ? () => ({}) : authorization, () => void show(), () => void show(), version);
}

function tools() {
  part("tools").hidden = false;
  part("print").hidden = false;
  part("print").onclick = () => window.print();
}

window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  part("install").hidden = false;
  part("install").onclick = () => /** @type {any} */ (event).prompt();
});

async function inTelegram() {
  if (!(await begin())) return;
  try {
    const cards = await ask("GET", "api/cards");
    const wanted = new URLSearchParams(location.search).get("shop");
    const chosen = cards.length === 1 ? cards[0] : cards.find((/** @type {any} */ card) => String(card.shop) === wanted);
    if (cards.length === 0) gate(say("You have no card here yet."), say("Scan the poster in a shop, and your card is there."));
    else if (chosen) await open(chosen.shop);
    else choose(cards);
  } catch (error) {
    showProblem(error);
  }
}

/** @param {{shop: number, name: string, says: string}[]} cards */
function choose(cards) {
  part("card").textContent = "";
  const list = part("choice");
  list.hidden = false;
  list.replaceChildren(
    ...cards.map((card) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${card.name}: ${card.says}`;
      button.onclick = () => {
        list.hidden = true;
        void open(card.shop);
      };
      return button;
    }),
  );
}

/** @param {number} shop */
async function open(shop) {
  here = `/app/${bot}/api/cards/${shop}`;
  const look = await ask("GET", `api/cards/${shop}/look`);
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = look.style;
  document.head.append(style);
  await show();
  tools();
  rights(shop);
  const web = await ready;
  if (web?.isVersionAtLeast?.("8.0") && web.addToHomeScreen) {
    part("install").hidden = false;
    part("install").onclick = () => web.addToHomeScreen();
  }
  watch(Number(part("progress").dataset.version));
}

/** A copy of one's own data, and the deletion of the card. @param {number} shop */
function rights(shop) {
  part("copy").onclick = () => void once(part("copy"), () => copy(shop));
  part("leave").onclick = () => asking(true);
  part("stay").onclick = () => asking(false);
  part("erase").onclick = () => void once(part("erase"), () => erase(shop));
}

/** Do what a button says, once at a time. @param {HTMLElement} button @param {() => Promise<void>} act */
async function once(button, act) {
  /** @type {HTMLButtonElement} */ (button).disabled = true;
  notice("");
  try {
    await act();
  } catch (error) {
    if (error instanceof Problem && error.status !== 404) notice(error.message);
    else showProblem(error);
  } finally {
    /** @type {HTMLButtonElement} */ (button).disabled = false;
  }
}

/** Show the data, and save it where the browser can save files. @param {number} shop */
async function copy(shop) {
  const file = await askFile(`/app/${bot}/api/cards/${shop}/my-data`);
  part("data").textContent = await file.content.text();
  part("data").hidden = false;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file.content);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  part("data").focus();
}

/** Ask whether the card is to be deleted, in its place. @param {boolean} on */
function asking(on) {
  for (const name of ["card", "tools"]) part(name).hidden = on;
  part("question").hidden = !on;
  if (!on) return part("leave").focus();
  const lost = document.querySelectorAll(".rewards li").length;
  part("question-title").textContent = say("Delete your card at {shop}?", { shop: part("shop").textContent ?? "" });
  part("lost").hidden = lost === 0;
  part("lost").textContent = count(
    "{n} reward waiting for you will be gone too.", "{n} rewards waiting for you will be gone too.", lost,
  );
  part("question-title").focus();
}

/** @param {number} shop */
async function erase(shop) {
  gone = true;
  try {
    const said = await ask("POST", `api/cards/${shop}/erase`);
    gate(said.says, said.then);
  } catch (error) {
    gone = false;
    throw error;
  }
}

if (data.here) {
  tools();
  turnCodes();
  watch(data.version);
} else {
  await inTelegram();
}
