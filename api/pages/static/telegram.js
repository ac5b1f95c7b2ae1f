// @ts-check
/**
 * Telegram: what pages use of `window.Telegram.WebApp`, and nothing else of it. The script is loaded only where a page
 * was opened by Telegram (or by the sandbox), from the address in the page, and never waited for longer than three
 * seconds. Without it a page is a plain page of a browser: everything here then does nothing, or says that it cannot.
 */

const PATIENCE = 3000;
const page = document.documentElement;
const launch = new URLSearchParams(location.hash.slice(1));

/** Whether Telegram has opened this page: it puts its parameters behind the #, and keeps them for a reload. */
export const inside = launch.has("tgWebAppData") || launch.has("tgWebAppVersion") || remembered();

/** @returns {boolean} */
function remembered() {
  try {
    return sessionStorage.getItem("__telegram__initParams") !== null;
  } catch {
    return false;
  }
}

/** Telegram's WebApp once its script is there; null without it. @type {Promise<any>} */
export const ready = inside ? load() : Promise.resolve(null);

/** @returns {Promise<any>} */
function load() {
  return new Promise((done) => {
    const script = document.createElement("script");
    const finish = () => done(app());
    script.src = page.dataset.telegramScript ?? "";
    script.async = true;
    script.addEventListener("load", finish);
    script.addEventListener("error", finish);
    setTimeout(finish, PATIENCE);
    document.head.append(script);
  });
}

/** @returns {any} */
function app() {
  return /** @type {any} */ (window).Telegram?.WebApp ?? null;
}

/** Who opened the page, signed by Telegram; empty outside. It needs no script. @returns {string} */
export function initData() {
  return launch.get("tgWebAppData") || app()?.initData || "";
}

/** Tell Telegram that the page is there, and wear its colours. */
export async function dress() {
  const web = await ready;
  if (!web) return;
  const wear = () => {
    if (web.colorScheme) page.dataset.theme = web.colorScheme;
    for (const [name, colour] of Object.entries(web.themeParams ?? {})) {
      if (/^#[0-9a-f]{3,8}$/i.test(String(colour))) {
        page.style.setProperty(`--tg-theme-${name.replaceAll("_", "-")}`, String(colour));
      }
    }
  };
  wear();
  web.onEvent?.("themeChanged", wear);
  web.ready?.();
  web.expand?.();
}

/** Whether Telegram here knows what came with a version of its Bot API. @param {any} web @param {string} version */
function knows(web, version) {
  return Boolean(web?.isVersionAtLeast?.(version));
}

/** A short buzz: success, warning or error. @param {"success" | "warning" | "error"} kind */
export async function buzz(kind) {
  const web = await ready;
  if (knows(web, "6.1")) web.HapticFeedback?.notificationOccurred(kind);
  else if (!web) navigator.vibrate?.(kind === "success" ? 40 : [60, 40, 60]);
}

/** Ask before the window is closed, while anything waits. @param {boolean} on */
export async function confirmClosing(on) {
  const web = await ready;
  if (knows(web, "6.2")) on ? web.enableClosingConfirmation() : web.disableClosingConfirmation();
}

/** What the back button does now. */
let back = /** @type {(() => void) | null} */ (null);

/** Show Telegram's back button; null takes it away. */
export async function backButton(/** @type {(() => void) | null} */ go) {
  const web = await ready;
  if (!knows(web, "6.1")) return;
  if (back) web.BackButton.offClick(back);
  back = go;
  if (go) web.BackButton.onClick(go).show();
  else web.BackButton.hide();
}

/** Whether Telegram's own scanner is here: on phones only. @returns {Promise<boolean>} */
export async function canScan() {
  const web = await ready;
  return knows(web, "6.4") && ["android", "android_x", "ios"].includes(web.platform);
}

/** Keep Telegram's scanner open, and give each code to `onCode` until that returns true; `onClosed` comes at its end.
 * @param {string} text @param {(code: string) => boolean} onCode @param {() => void} onClosed */
export async function scan(text, onCode, onClosed) {
  const web = await ready;
  const closed = () => {
    web.offEvent?.("scanQrPopupClosed", closed);
    onClosed();
  };
  web.onEvent?.("scanQrPopupClosed", closed);
  web.showScanQrPopup({ text }, onCode);
}

/** Close Telegram's scanner. */
export async function closeScan() {
  (await ready)?.closeScanQrPopup?.();
}

/** Close the window; false where that cannot be done. @returns {Promise<boolean>} */
export async function close() {
  const web = await ready;
  web?.close?.();
  return Boolean(web);
}

/** What Telegram keeps on this device for this bot: one value by its key, null where there is none or no store.
 * @param {string} key @returns {Promise<string | null>} */
export async function stored(key) {
  const web = await ready;
  if (!knows(web, "9.0") || !web.DeviceStorage) return null;
  return new Promise((done) => {
    web.DeviceStorage.getItem(key, (/** @type {any} */ error, /** @type {any} */ value) => done(error ? null : (value ?? null)));
  });
}

/** Keep a value on this device; null removes it. Says whether it is kept. @param {string} key
 * @param {string | null} value @returns {Promise<boolean>} */
export async function store(key, value) {
  const web = await ready;
  if (!knows(web, "9.0") || !web.DeviceStorage) return false;
  return new Promise((done) => {
    const told = (/** @type {any} */ error, /** @type {any} */ kept) => done(!error && kept !== false);
    if (value === null) web.DeviceStorage.removeItem(key, told);
    else web.DeviceStorage.setItem(key, value, told);
  });
}
