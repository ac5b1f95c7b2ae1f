// @ts-check
/**
 * The card: shows a customer's card and keeps it up to date. At a private address the card is there before this runs;
 * in Telegram it is asked for with the session, and chosen where there are several.
 */
import { ask, authorization } from "./api.js";
import { live } from "./live.js";
import { showCodes } from "./rotating.js";
import { begin, gate, showProblem } from "./shell.js";
import { ready } from "./telegram.js";
import { data, say } from "./words.js";

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

/** Show the card as it is now. */
async function show() {
  try {
    const now = await fetched();
    offline(false);
    if (now.html === shown) return;
    const first = shown === "" && !data.here;
    shown = now.html;
    part("card").innerHTML = now.html;
    turnCodes();
    if (!first) part("says").textContent = now.says;
  } catch (error) {
    const status = /** @type {any} */ (error).status;
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
  const web = await ready;
  if (web?.isVersionAtLeast?.("8.0") && web.addToHomeScreen) {
    part("install").hidden = false;
    part("install").onclick = () => web.addToHomeScreen();
  }
  watch(Number(part("progress").dataset.version));
}

if (data.here) {
  tools();
  turnCodes();
  watch(data.version);
} else {
  await inTelegram();
}
