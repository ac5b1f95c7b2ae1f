// @ts-check
/**
 * The scanner: a card is seen, and stamped, without a tap. This file ties the readers, the queue and the view together,
 * and knows where the person works.
 */
import { ask, newKey } from "./api.js";
import { countLook, isAgain, remember } from "./scan_memory.js";
import { ProgramChoice } from "./scan_program.js";
import { CameraReader, TelegramReader } from "./scan_readers.js";
import { Queue } from "./scan_queue.js";
import { play, setLoud } from "./scan_sound.js";
import { Store } from "./scan_store.js";
import { askAmount, askReward, choices, codeOf, headlineOf, list, moreOf, nameOf, panel, part, short, showFound, showPrograms, showState, spanOf } from "./scan_view.js";
import { begin, gate, hold, notice, showProblem } from "./shell.js";
import { close, confirmClosing, inside } from "./telegram.js";
import { count, say } from "./words.js";

const CLOCK_WRONG = 3600 * 1000;

/** Where the person works. @type {any} */
let shift = null;
let person = /** @type {{user_id: number, language: string | null} | null} */ (null);
let shop = 0;
/** The server's clock less this phone's, in milliseconds. */
let ahead = 0;
/** Whether a question is open: until it is answered, cards are not taken. */
let asking = false;

const bot = document.documentElement.dataset.bot ?? "";
const serverNow = () => Date.now() + ahead;
const programs = new ProgramChoice(new Store(bot, "scanner-programs"), remember, serverNow);
const queue = new Queue({
  store: new Store(bot),
  send: (scan, waited) => send(scan, waited),
  now: serverNow,
  changed,
  settled,
  signedOut: (problem) => {
    const waits = count("{n} scan waits here and is kept.", "{n} scans wait here and are kept.", queue.waiting);
    gate(problem.message, waits, inside ? say("Close") : say("Try again"), inside ? close : () => location.reload());
  },
});
const hearer = { onCode, onLook: countLook, onState: showState, shop: () => shop };
const camera = new CameraReader(part("video"), hearer);
const telegram = new TelegramReader(hearer);
/** @type {CameraReader | TelegramReader} */
let reader = camera;

await start();

async function start() {
  person = await begin();
  if (!person) return addEventListener("online", () => location.reload());
  try {
    const [told] = await Promise.all([ask("GET", "api/scan/shift"), programs.load(person.user_id)]);
    takeShift(told);
  } catch (error) {
    return showProblem(error);
  }
  wire();
  document.documentElement.dataset.ready = "yes";
  void queue.load(person.user_id).then(tellForeign);
  reader = (await TelegramReader.available()) ? telegram : camera;
  await look();
}

async function look() {
  try {
    const title = programs.of(here())?.title;
    await reader.start(title ? say("{program}: hold a card before the camera.", { program: short(title) }) : say("Hold a card before the camera."));
  } catch (error) {
    console.warn("the reader could not be opened", error);
    showState("closed");
  }
}

/** @param {any} told */
function takeShift(told) {
  shift = told;
  ahead = Date.parse(told.now) - Date.now();
  const wrong = Math.abs(ahead) > CLOCK_WRONG;
  if (wrong) notice(say("This phone's clock is wrong by {span}. Scans are booked by the server's clock; please set this one.", { span: spanOf(ahead) }));
  const kept = Number(remember("shop"));
  shop = told.shops.some((/** @type {any} */ one) => one.id === kept) ? kept : told.business_id;
  remember("shop", String(shop));
  showShift();
}

function here() {
  return shift.shops.find((/** @type {any} */ one) => one.id === shop);
}

/** The branch where the person works in this window; null if the shop has none, or none was chosen. */
function branch() {
  const { branches } = here();
  if (branches.length === 1) return branches[0].id;
  return branches.some((/** @type {any} */ one) => one.id === shift.branch_id) ? shift.branch_id : null;
}

function showShift() {
  choices(part("shop"), shift.shops, shop);
  choices(part("branch"), here().branches, branch(), say("Where are you?"));
  part("shop-line").hidden = shift.shops.length < 2;
  part("branch-line").hidden = here().branches.length < 2;
  part("shop-name").textContent = here().name;
  if (programs.isGone(here())) leaveProgram();
  showPrograms(here().programs ?? [], programs.of(here())?.id, chooseProgram);
}

/** What was chosen is archived by now: go back to the main program, and say so. */
function leaveProgram() {
  programs.forget(here());
  notice(say("The card that was chosen takes no new stamps any more. Now stamps go to: {program}", { program: short(programs.of(here())?.title ?? here().name) }));
}

/** The next scan is for the program that is chosen. It is said once that is kept, unless a scan has said so meanwhile.
 * @param {number} program */
async function chooseProgram(program) {
  const [chosenIn, last] = [shop, queue.items[0]];
  await programs.choose(here(), program);
  if (shop !== chosenIn || queue.items[0] !== last || programs.of(here())?.id !== program) return;
  panel("plain", say("Now stamps go to: {program}", { program: short(programs.of(here())?.title ?? "") }));
  if (reader === telegram && part("camera-says").dataset.state === "closed") void look();
}

/** Ask again where the person works: the programs of the shop have changed. */
async function renewShift() {
  try {
    takeShift(await ask("GET", "api/scan/shift"));
  } catch (error) {
    console.warn("the shift could not be read again", error);
  }
}

function wire() {
  part("shop").addEventListener("change", () => choose(Number(part("shop").value), null));
  part("branch").addEventListener("change", () => choose(shop, Number(part("branch").value) || null));
  part("camera-button").addEventListener("click", look);
  part("loud").addEventListener("change", () => setLoud(part("loud").checked));
  part("find").addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    void find(part("wanted").value.trim());
  });
  addEventListener("beforeunload", (event) => queue.waiting && !inside && event.preventDefault());
  addEventListener("offline", () => panel("waiting", say("There is no network."), say("Go on scanning: what waits is sent by itself.")));
}

/** @param {number} wanted @param {number | null} branchId */
async function choose(wanted, branchId) {
  shop = wanted;
  remember("shop", String(shop));
  shift = { ...shift, branch_id: branchId ?? shift.branch_id };
  showShift();
  try {
    takeShift(await ask("PUT", "api/scan/shift", { body: { business_id: shop, branch_id: branchId } }));
  } catch (error) {
    panel("refused", /** @type {Error} */ (error).message);
  }
}

/** A reader has seen a code. Gives true where Telegram's scanner is to close. @param {string} text */
function onCode(text) {
  const code = codeOf(text);
  const again = isAgain(code);
  if (asking || again) return false;
  if (!part("choose").checked) {
    void take({ code: text }, 1);
    return false;
  }
  void chooseAmount({ code: text }, code);
  return reader === telegram;
}

/** @param {{code?: string, customer?: number, name?: string}} whom @param {string} name */
async function chooseAmount(whom, name) {
  play("seen");
  asking = true;
  const stamps = await askAmount(name);
  asking = false;
  if (stamps) void take(whom, stamps);
  if (reader === telegram) void look();
}

/** @param {{code?: string, customer?: number, name?: string}} whom @param {number} stamps */
async function take(whom, stamps) {
  const program = programs.of(here());
  const scan = { key: newKey(), user: person?.user_id ?? 0, kind: /** @type {const} */ ("stamp"), shop, branch: branch(), at: serverNow(), stamps, program, ...whom };
  programs.used(here());
  panel("waiting", say("Seen: {name}", { name: whom.name ?? codeOf(whom.code ?? "") }), program && short(program.title));
  play("seen");
  await queue.add(scan);
}

/** @param {import("./scan_queue.js").Scan} scan @param {number} waited */
function send(scan, waited) {
  const way = `api/scan/${scan.shop}`;
  if (scan.kind === "redeem") {
    const body = { customer_id: scan.customer, reward_id: scan.reward?.id, code: scan.code };
    return ask("POST", `${way}/redemptions`, { key: scan.key, body });
  }
  if (scan.kind === "undo") return ask("POST", `${way}/undo`, { key: scan.key, body: { transaction_id: scan.entry } });
  const whom = scan.code === undefined ? { customer_id: scan.customer } : { code: scan.code };
  const body = { ...whom, stamps: scan.stamps, branch_id: scan.branch, waited_seconds: waited, program_id: scan.program?.id };
  return ask("POST", `${way}/stamps`, { key: scan.key, body });
}

function changed() {
  list(queue.items, { undo, redeem });
  const waits = queue.waiting > 0;
  hold(waits);
  void confirmClosing(waits);
}

/** @param {import("./scan_queue.js").Item} item */
function settled(item) {
  if (knowsTooLittle(item)) void renewShift();
  if (item.state === "refused") {
    play("refused");
    return panel("refused", headlineOf(item), item.reason);
  }
  const earned = item.done.earned ?? [];
  play(earned.length ? "reward" : "done");
  if (item.scan.kind === "stamp") panel(earned.length ? "reward" : "done", headlineOf(item), moreOf(item));
  else panel("done", headlineOf(item), say("Done"));
  if (earned.length && !item.scan.undo) void offer(item, earned[0]);
}

/** Whether an answer shows that the programs of the shop are others by now. @param {import("./scan_queue.js").Item} item */
function knowsTooLittle(item) {
  if (item.scan.shop !== shop) return false;
  return item.code?.startsWith("program_") || Boolean(item.done?.card && item.scan.kind === "stamp" && !item.scan.program);
}

/** Ask whether a reward is handed out now; later, its button waits in the list.
 * @param {import("./scan_queue.js").Item} item @param {any} reward */
async function offer(item, reward) {
  if (asking) return;
  asking = true;
  const now = await askReward(nameOf(item), reward.description);
  asking = false;
  if (now) redeem(item, reward);
}

/** @param {import("./scan_queue.js").Item} item @param {any} reward */
function redeem(item, reward) {
  item.done.taken = [...(item.done.taken ?? []), reward.id];
  const { user, shop, branch, code } = item.scan;
  const program = reward.program ? { id: 0, title: reward.program } : undefined;
  const scan = { key: newKey(), user, kind: /** @type {const} */ ("redeem"), shop, branch, code, at: serverNow(), stamps: 0, customer: item.done.customer.customer_id, name: nameOf(item), reward, program };
  void queue.add(scan);
}

/** @param {import("./scan_queue.js").Item} item */
function undo(item) {
  void queue.undo(item, newKey);
}

/** @param {string} text */
async function find(text) {
  if (!text) return;
  try {
    const found = await ask("POST", `api/scan/${shop}/find`, { body: { text, program_id: programs.of(here())?.id } });
    if (found.by_code && found.customers.length) {
      part("wanted").value = "";
      part("found").replaceChildren();
      part("found-says").textContent = "";
      onCode(text);
      return;
    }
    showFound(found, (customer) => {
      part("found").replaceChildren();
      part("wanted").value = "";
      const whom = { customer: customer.customer_id, name: customer.name || say("Guest") };
      void (part("choose").checked ? chooseAmount(whom, whom.name) : take(whom, 1));
    });
  } catch (error) {
    part("found-says").textContent = /** @type {Error} */ (error).message;
  }
}

function tellForeign() {
  if (queue.foreign) notice(count("{n} scan of somebody else waits on this device. It is sent when they open the scanner here.", "{n} scans of somebody else wait on this device. They are sent when they open the scanner here.", queue.foreign));
}
