// @ts-check
/**
 * Asks the server: with the session, with a sentence for whatever goes wrong, and signing in again once where the
 * session has ended. A request that changes something takes an idempotency key, made before its first try; what to do
 * when there is no network is the page's to decide.
 */
import { initData } from "./telegram.js";
import { language, say } from "./words.js";

const page = document.documentElement;
const HERE = `/app/${page.dataset.bot}`;
// Frames of one window share what is kept for the window; several people's frames differ by their names.
const TOKEN = `session-${page.dataset.bot}${window.name}`;
const RETRY = `sign-in-${page.dataset.bot}${window.name}`;
const PATIENCE = 15000;
const FILE_PATIENCE = 600000;

/** What went wrong: a refusal of the server, or `offline`. Its message is a sentence in the language of the page. */
export class Problem extends Error {
  /** @param {{code: string, status: number, detail: string}} told */
  constructor(told) {
    super(told.detail);
    this.code = told.code;
    this.status = told.status;
    /** All that the server said. @type {Record<string, any>} */
    this.told = told;
  }
}

/** A new idempotency key. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Ask below `/app/<bot>/`. Gives what is under `data`, or all where there is none; throws a Problem.
 * @param {string} method @param {string} path @param {{body?: any, key?: string, signal?: AbortSignal}} [more]
 * @returns {Promise<any>} */
export async function ask(method, path, more = {}) {
  if (!kept(TOKEN) && initData()) await signIn();
  try {
    return await send(method, path, more);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "session_ended" || !initData()) throw error;
    await signIn();
    return send(method, path, more);
  }
}

/** @type {Promise<void> | null} */
let signingIn = null;

/** Open a session by what Telegram says of the person; once, however many ask. */
function signIn() {
  signingIn ??= openSession().finally(() => {
    signingIn = null;
  });
  return signingIn;
}

async function openSession() {
  keep(TOKEN, null);
  const retry = kept(RETRY) ?? newKey();
  keep(RETRY, retry);
  const opened = await send("POST", "session", { body: { init_data: initData() }, key: retry });
  keep(TOKEN, opened.token);
  const known = String(opened.language ?? "").split("-")[0];
  if (known && known !== language) document.dispatchEvent(new CustomEvent("language", { detail: known }));
}

/** Fetch a whole page with the session in a header, as a browser does it with a cookie. A form has its key in its
 * fields, so it may be sent again. Files that are sent along may take their
 * time. @param {string} address @param {RequestInit} [request] */
export async function askPage(address, request = {}) {
  const answer = await askSigned(address, request, request.body instanceof FormData ? FILE_PATIENCE : PATIENCE);
  return { text: await answer.text(), url: answer.url, redirected: answer.redirected };
}

/** @param {string} address @param {RequestInit} request @param {number} patience */
async function askSigned(address, request, patience) {
  if (!kept(TOKEN) && initData()) await signIn();
  let answer = await fetched(address, withSession(request, patience));
  if (answer.status === 401 && initData()) {
    await signIn();
    answer = await fetched(address, withSession(request, patience));
  }
  noteVersion(answer);
  return answer;
}

/** @param {RequestInit} request @param {number} patience @returns {RequestInit} */
function withSession(request, patience) {
  const token = kept(TOKEN);
  /** @type {Record<string, string>} */
  const headers = { "Accept-Language": language };
  if (token) headers.Authorization = `Bearer ${token}`;
  return { ...request, headers, signal: AbortSignal.timeout(patience), credentials: "same-origin" };
}

/** End the session. */
export async function signOut() {
  await send("DELETE", "session", {});
  keep(TOKEN, null);
}

/** The header that brings the session, for requests that `ask` cannot make. @returns {Record<string, string>} */
export function authorization() {
  const token = kept(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** @param {string} method @param {string} path @param {{body?: any, key?: string, signal?: AbortSignal}} more */
async function send(method, path, more) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", "Accept-Language": language };
  const token = kept(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (more.key) headers["Idempotency-Key"] = more.key;
  let body = more.body;
  if (body !== undefined && !(body instanceof Blob)) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const signal = more.signal ?? AbortSignal.timeout(PATIENCE);
  const answer = await fetched(`${HERE}/${path}`, { method, headers, body, signal, credentials: "same-origin" });
  return read(answer);
}

/** @param {string} address @param {RequestInit} request */
async function fetched(address, request) {
  try {
    return await fetch(address, request);
  } catch {
    throw new Problem({ code: "offline", status: 0, detail: say("There is no connection. Please try again in a moment.") });
  }
}

/** @param {Response} answer */
function noteVersion(answer) {
  const version = answer.headers.get("X-Page-Version");
  if (version && version !== page.dataset.version) document.dispatchEvent(new CustomEvent("outdated"));
}

/** @param {Response} answer */
async function read(answer) {
  noteVersion(answer);
  if (answer.status === 204) return null;
  const json = await answer.json().catch(() => null);
  if (answer.ok && json !== null) return json.data ?? json;
  throw new Problem(json?.code ? json : { code: "failed", status: answer.status, detail: say("That did not work. Please try again.") });
}

/** Fetch a file as a page is fetched; the server may take its time to make it. Throws a Problem if there is none.
 * @param {string} address */
export async function askFile(address) {
  const answer = await askSigned(address, {}, FILE_PATIENCE);
  const name = /filename="([^"]*)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1] ?? "";
  if (!answer.ok || !name) throw new Problem({ code: "failed", status: answer.status, detail: say("That did not work. Please try again.") });
  return { content: await answer.blob(), name };
}

/** @type {Map<string, string>} */
const memory = new Map();

/** What this window keeps until it is closed. @param {string} name @returns {string | null} */
function kept(name) {
  try {
    return sessionStorage.getItem(name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

/** @param {string} name @param {string | null} value */
function keep(name, value) {
  value === null ? memory.delete(name) : memory.set(name, value);
  try {
    value === null ? sessionStorage.removeItem(name) : sessionStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing: memory has it.
  }
}
