// @ts-check
/**
 * The view of the scanner: the large panel with the last outcome, the list of scans, the questions. It is given what to
 * show, and gives back what was pressed.
 */
import { count, mark, say } from "./words.js";
import { isOpen } from "./scan_queue.js";

/** @typedef {import("./scan_queue.js").Item} Item */

const LONGEST_TITLE = 40;
const STATES = {
  opening: mark("Opening the camera …"),
  camera: mark("Hold a card before the camera."),
  telegram: mark("Telegram's scanner is open. It shows no result: listen for the sound, or feel the phone."),
  closed: mark("Telegram's scanner is closed."),
  refused: mark("The camera is not allowed. Allow it in the settings of this app for this page, then press the button. You can also type the code below."),
  "no-camera": mark("There is no camera here. Type the code, the phone number or the name below."),
  taken: mark("Another app uses the camera. Close that app, then press the button."),
  insecure: mark("Without https a browser opens no camera. Type the code, the phone number or the name below."),
};
/** In which the camera can be opened again. */
const AGAIN = new Set(["refused", "taken", "closed"]);

/** @param {string} id @returns {any} */
export const part = (id) => document.getElementById(id);

/** An element with its text and its parts. @param {string} tag @param {Record<string, any>} [props]
 * @param {(Node | string)[]} more */
export function make(tag, props = {}, ...more) {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...more);
  return element;
}

/** The panel: what became of the last scan. @param {string} look done, reward, refused, waiting or plain
 * @param {string} headline @param {string} [more] */
export function panel(look, headline, more = "") {
  const panel = part("last");
  panel.dataset.look = look;
  part("last-says").textContent = headline;
  part("last-more").textContent = more;
}

/** What the camera does. @param {string} state */
export function showState(state) {
  part("finder").hidden = !["opening", "camera"].includes(state);
  part("camera-says").textContent = say(STATES[/** @type {keyof typeof STATES} */ (state)]);
  part("camera-says").dataset.state = state;
  part("camera-button").hidden = !AGAIN.has(state);
}

/** How long something is, in words. @param {number} milliseconds */
export function spanOf(milliseconds) {
  const hours = Math.round(Math.abs(milliseconds) / 3600000);
  return hours < 48 ? count("{n} hour", "{n} hours", hours) : count("{n} day", "{n} days", Math.round(hours / 24));
}

/** Whom a scan is about. @param {Item} item */
export function nameOf(item) {
  return item.done?.customer.name || item.scan.name || (item.scan.code ? codeOf(item.scan.code) : say("Guest"));
}

/** The code in a scanned text, or the text, shortened. @param {string} text */
export function codeOf(text) {
  return /CUS[0-9A-Z]{10}/.exec(text.toUpperCase())?.[0] ?? text.slice(0, 24);
}

/** What was done, in a line, with the program where there are several. @param {Item} item */
export function headlineOf(item) {
  const title = item.done?.card?.title ?? item.scan.program?.title;
  return title ? say("{deed} · {program}", { deed: deedOf(item), program: short(title) }) : deedOf(item);
}

/** A title that leaves room for others. @param {string} title */
export function short(title) {
  const letters = [...title];
  return letters.length > LONGEST_TITLE ? `${letters.slice(0, LONGEST_TITLE - 1).join("").trimEnd()}…` : title;
}

/** @param {Item} item */
function deedOf(item) {
  const name = nameOf(item);
  if (item.scan.kind === "redeem") return say("{reward} for {name}", { reward: item.scan.reward?.description ?? "", name });
  if (item.scan.kind === "undo") return say("Undo for {name}", { name });
  return say("{amount} for {name}", { amount: plus(item.scan.stamps + (item.done?.gift ?? 0)), name });
}

/** @param {number} stamps */
function plus(stamps) {
  return `\u2066+${stamps}\u2069`;
}

/** What more there is to say about a scan that is done, in lines. @param {Item} item */
export function moreOf(item) {
  const { customer, gift = 0, opening = 0, coming, card } = item.done;
  const lines = earnedOf(item.done);
  if (gift) lines.push(giftOf(gift, item.scan.stamps));
  if (opening) lines.push(count("{n} stamp as a gift, to begin with", "{n} stamps as a gift, to begin with", opening));
  const step = coming && coming.stamps_to_go < customer.goal - customer.stamps;
  if (coming && (card || step)) lines.push(count("{n} more for: {reward}", "{n} more for: {reward}", coming.stamps_to_go, { reward: coming.reward_description }));
  return lines.join("\n");
}

/** What was earned, and what is on the card. @param {any} done */
function earnedOf({ customer, earned = [], dropped = 0, on_the_way: step = false }) {
  const has = say("{have} of {need} stamps", { have: customer.stamps, need: customer.goal });
  if (!earned.length) return [has];
  const reward = earned.map((/** @type {any} */ one) => one.description).join(", ");
  if (step) return [say("Reward earned: {reward}", { reward }), has];
  const lost = dropped ? ` ${count("{n} stamp above the goal was dropped.", "{n} stamps above the goal were dropped.", dropped)}` : "";
  return [say("The card is full: {reward}", { reward }) + lost];
}

/** What bonus hours gave. @param {number} gift @param {number} asked */
function giftOf(gift, asked) {
  if (gift === asked) return say("Doubled: bonus hours");
  if (gift === 2 * asked) return say("Tripled: bonus hours");
  return count("Bonus hours: {n} stamp is a gift", "Bonus hours: {n} stamps are a gift", gift);
}

/** @param {Item} item */
function stateOf(item) {
  if (item.state === "refused") return item.reason ?? "";
  if (item.state === "undone") return say("Undone");
  if (item.state === "done") return item.scan.kind === "stamp" ? moreOf(item) : say("Done");
  if (item.undoKept) return say("It will be undone once it is sent.");
  if (item.state === "seen" || (item.state === "sending" && item.tries < 2)) return say("Being sent …");
  return item.reason || say("Waits for the network. It is sent by itself.");
}

/** The list of the last scans. @param {Item[]} items
 * @param {{undo: (item: Item) => void, redeem: (item: Item, reward: any) => void}} acts */
export function list(items, acts) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset.act;
  part("scans").replaceChildren(...items.map((item) => row(item, acts)));
  part("no-scans").hidden = items.length > 0;
  const waiting = items.filter(isOpen).length;
  part("waiting").textContent = waiting ? count("{n} scan waits", "{n} scans wait", waiting) : "";
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-act="${focused}"]`))?.focus();
}

/** @param {Item} item @param {{undo: (item: Item) => void, redeem: (item: Item, reward: any) => void}} acts */
function row(item, acts) {
  const buttons = [];
  const waiting = item.state === "done" && item.scan.kind === "stamp" ? item.done.customer.rewards : [];
  for (const reward of waiting) {
    if (!item.done.taken?.includes(reward.id)) {
      buttons.push(act(item, `hand-${reward.id}`, say("Hand out {reward}", { reward: rewardOf(reward) }), () => acts.redeem(item, reward)));
    }
  }
  const undoable = item.scan.kind !== "undo" && (item.state === "done" || (isOpen(item) && !item.scan.undo));
  if (undoable) buttons.push(act(item, "undo", say("Undo"), () => acts.undo(item)));
  const element = make(
    "li",
    { className: "scan" },
    make("p", { className: "scan-says" }, headlineOf(item)),
    make("p", { className: "scan-state" }, stateOf(item)),
    make("p", { className: "scan-acts" }, ...buttons),
  );
  element.dataset.state = item.state;
  element.dataset.kind = item.scan.kind;
  return element;
}

/** A reward, with its program where there are several. @param {any} reward */
function rewardOf(reward) {
  return reward.program ? say("{reward} ({program})", { reward: reward.description, program: short(reward.program) }) : reward.description;
}

/** @param {Item} item @param {string} name @param {string} label @param {() => void} onclick */
function act(item, name, label, onclick) {
  const button = make("button", { type: "button", onclick, ariaLabel: `${label}: ${headlineOf(item)}` }, label);
  button.dataset.act = `${item.scan.key}-${name}`;
  return button;
}

/** Ask how many stamps; gives null if nobody wants any. @returns {Promise<number | null>} */
export async function askAmount(/** @type {string} */ whom) {
  part("amounts-for").textContent = say("How many stamps for {name}?", { name: whom });
  const answer = await asked(part("amounts"));
  return Number(answer) || null;
}

/** Ask whether a reward is handed out now. @param {string} whom @param {string} reward @returns {Promise<boolean>} */
export async function askReward(whom, reward) {
  part("reward-for").textContent = say("{name} has earned: {reward}", { name: whom, reward });
  return (await asked(part("reward"))) === "now";
}

/** The value of the button with which a question is closed. @param {HTMLDialogElement} dialog */
function asked(dialog) {
  if (!dialog.open) dialog.showModal();
  dialog.returnValue = "";
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue), { once: true }));
}

/** The customers who were found. @param {any} found @param {(customer: any) => void} choose */
export function showFound(found, choose) {
  const label = (/** @type {any} */ one) =>
    [
      one.name || say("Guest"),
      count("{n} stamp", "{n} stamps", one.stamps) + (one.has_reward ? " 🎁" : ""),
      ...(one.mark ? [`…${one.mark}`] : []),
    ].join(" · ");
  const buttons = found.customers.map((/** @type {any} */ one) =>
    make("li", {}, make("button", { type: "button", onclick: () => choose(one) }, label(one))),
  );
  const more = found.more ? [make("li", {}, say("There are more: type more of the name, or the phone number."))] : [];
  part("found").replaceChildren(...buttons, ...more);
  part("found-says").textContent = buttons.length ? "" : say("No card of this shop has this code, phone number or name.");
}

/** The programs to choose from, as wide buttons of which one is pressed; none where there is no choice.
 * @param {{id: number, title: string}[]} programs @param {number | undefined} chosen @param {(id: number) => void} choose */
export function showPrograms(programs, chosen, choose) {
  const line = part("program-line");
  line.hidden = programs.length === 0;
  const there = JSON.stringify(programs);
  if (line.dataset.programs !== there) {
    line.querySelectorAll("label").forEach((/** @type {Element} */ label) => label.remove());
    line.append(...programs.map((program) => programButton(program, choose)));
    line.dataset.programs = there;
  }
  for (const button of line.querySelectorAll("input")) button.checked = Number(button.value) === chosen;
}

/** @param {{id: number, title: string}} program @param {(id: number) => void} choose */
function programButton({ id, title }, choose) {
  const button = make("input", { type: "radio", name: "program", value: String(id), onchange: () => choose(id) });
  return make("label", {}, button, make("span", { dir: "auto" }, short(title)));
}

/** The choices of a list. @param {HTMLSelectElement} select @param {{id: number, name: string}[]} choices
 * @param {number | null} chosen @param {string} [none] */
export function choices(select, choices, chosen, none) {
  const empty = none ? [make("option", { value: "" }, none)] : [];
  select.replaceChildren(...empty, ...choices.map(({ id, name }) => make("option", { value: String(id) }, name)));
  select.value = chosen ? String(chosen) : "";
}
