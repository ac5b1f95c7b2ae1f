// @ts-check
/**
 * The scanner: a card is seen, and stamped, without a tap. This file ties the readers, the queue and the view together,
 * and knows where the person works.
 */
import { ask, newKey } from "./api.js";
import { CameraReader, TelegramReader } from "./scan_readers.js";
import { Queue } from "./scan_queue.js";
import { play, setLoud } from "./scan_sound.js";
import { Store } from "./scan_store.js";
import { askAmount, askReward, choices, codeOf, headlineOf, list, moreOf, nameOf, panel, part, showFound } from "./scan_view.js";
import { begin, gate, hold, notice, showProblem } from "./shell.js";
import { close, confirmClosing, inside } from "./telegram.js";
import { count, mark, say } from "./words.js";

const ONE_SCAN = 5000;
const MOST_SEEN = 20;
const CLOCK_WRONG = 3600 * 1000;

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
const AGAIN = new Set(["refused", "taken", "closed"]);

/** Where the person works. @type {any} */
let shift = null;
let person = /** @type {{user_id: number, language: string | null} | null} */ (null);
let shop = 0;
/** The server's clock less this phone's, in milliseconds. */
let ahead = 0;
/** Whether a question is open: until it is answered, cards are not taken. */
let asking = false;

const bot = document.documentElement.dataset.bot ?? "";
/** A clock that never jumps, and that goes on where a page is loaded again. */
const steady = () => performance.timeOrigin + performance.now();
/** When each code was seen last. A page that is loaded again remembers it: a card that still lies before the camera is
 * not stamped again. @type {Map<string, number>} */
const seen = new Map(JSON.parse(remember("seen") ?? "[]"));
const serverNow = () => Date.now() + ahead;
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
const hearer = { onCode, onState, shop: () => shop };
const camera = new CameraReader(part("video"), hearer);
const telegram = new TelegramReader(hearer);
/** @type {CameraReader | TelegramReader} */
let reader = camera;

await start();

async function start() {
  person = await begin();
  if (!person) return addEventListener("online", () => location.reload());
  try {
    await takeShift(await ask("GET", "api/scan/shift"));
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
    await reader.start(say("Hold a card before the camera."));
  } catch (error) {
    console.warn("the reader could not be opened", error);
    onState("closed");
  }
}

/** @param {any} told */
async function takeShift(told) {
  shift = told;
  ahead = Date.parse(told.now) - Date.now();
  const wrong = Math.abs(ahead) > CLOCK_WRONG;
  if (wrong) notice(say("This phone's clock is wrong by {span}. Scans are booked by the server's clock; please set this one.", { span: span(ahead) }));
  const kept = Number(remember("shop"));
  shop = told.shops.some((/** @type {any} */ one) => one.id === kept) ? kept : told.business_id;
  remember("shop", String(shop));
  showShift();
}

/** @param {number} milliseconds */
function span(milliseconds) {
  const hours = Math.round(Math.abs(milliseconds) / 3600000);
  return hours < 48 ? count("{n} hour", "{n} hours", hours) : count("{n} day", "{n} days", Math.round(hours / 24));
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
}

/** Remember something of this window. @param {string} name @param {string} [value] */
function remember(name, value) {
  try {
    if (value !== undefined) sessionStorage.setItem(`scan-${bot}-${name}`, value);
    return sessionStorage.getItem(`scan-${bot}-${name}`);
  } catch {
    return null;
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
    await takeShift(await ask("PUT", "api/scan/shift", { body: { business_id: shop, branch_id: branchId } }));
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

/** Whether a code was seen a moment ago; from now on it was. @param {string} code */
function isAgain(code) {
  const now = steady();
  const last = seen.get(code);
  seen.delete(code);
  seen.set(code, now);
  if (seen.size > MOST_SEEN) seen.delete(/** @type {string} */ (seen.keys().next().value));
  remember("seen", JSON.stringify([...seen]));
  return last !== undefined && Math.abs(now - last) < ONE_SCAN;
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
  const scan = { key: newKey(), user: person?.user_id ?? 0, kind: /** @type {const} */ ("stamp"), shop, branch: branch(), at: serverNow(), stamps, ...whom };
  panel("waiting", say("Seen: {name}", { name: whom.name ?? codeOf(whom.code ?? "") }));
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
  const body = { ...whom, stamps: scan.stamps, branch_id: scan.branch, waited_seconds: waited };
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
  const scan = { key: newKey(), user, kind: /** @type {const} */ ("redeem"), shop, branch, code, at: serverNow(), stamps: 0, customer: item.done.customer.customer_id, name: nameOf(item), reward };
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
    const found = await ask("POST", `api/scan/${shop}/find`, { body: { text } });
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

/** @param {string} state */
function onState(state) {
  part("finder").hidden = !["opening", "camera"].includes(state);
  part("camera-says").textContent = say(STATES[/** @type {keyof typeof STATES} */ (state)]);
  part("camera-says").dataset.state = state;
  part("camera-button").hidden = !AGAIN.has(state);
}

function tellForeign() {
  if (queue.foreign) notice(count("{n} scan of somebody else waits on this device. It is sent when they open the scanner here.", "{n} scans of somebody else wait on this device. They are sent when they open the scanner here.", queue.foreign));
}
