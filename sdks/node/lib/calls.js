/** One call, from the request to the answer: what is sent, what is tried again, and when. */

import { ConnectionFailed } from "./errors.js";
import { errorOf } from "./errorCodes.js";
import { toWire } from "./names.js";

export const RETRIES = 2;
export const TIMEOUT_MS = 30_000;
const LONGEST_WAIT_SECONDS = 30;
const FIRST_PAUSE_SECONDS = 0.5;
const RETRIED = new Set([408, 429, 502, 503, 504]);

/** A call; a write without a key of its own gets a new one, which stays the same when the call is repeated. */
export function callOf(method, path, { query = {}, body, idempotencyKey } = {}) {
  return { method, path, query, body, key: method === "GET" ? undefined : (idempotencyKey ?? crypto.randomUUID()) };
}

/** Send a call, and again after a failure that may pass; the answer as {status, headers, body}. */
export async function send(settings, call) {
  const [url, init] = requestOf(settings, call);
  for (let failures = 0; ; failures += 1) {
    const [answer, error] = await attempt(settings, url, init);
    if (error === undefined) return answer;
    const pause = failures < settings.retries ? pauseAfter(failures, error) : undefined;
    if (pause === undefined) throw error;
    await new Promise((wake) => setTimeout(wake, pause * 1000));
  }
}

function requestOf(settings, { method, path, query, body, key }) {
  const given = Object.entries(toWire(query)).filter(([, value]) => value !== null);
  const search = given.length > 0 ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
  const headers = { ...settings.headers };
  if (key !== undefined) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const sent = body === undefined ? undefined : JSON.stringify(toWire(body));
  return [settings.baseUrl + path + search, { method, headers, body: sent }];
}

/** What one attempt met: [answer] or [undefined, error]. */
async function attempt(settings, url, init) {
  let answer;
  try {
    const signal = AbortSignal.timeout(settings.timeout);
    const response = await settings.fetch(url, { ...init, signal, redirect: "manual" });
    answer = { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) };
  } catch (cause) {
    return [undefined, new ConnectionFailed(`${init.method} ${url}: ${reason(cause)}`, { cause })];
  }
  if (isOurs(answer)) return [answer];
  if (answer.status >= 400) return [undefined, errorOf(answer.status, jsonOf(answer) ?? {}, answer.headers)];
  const where = answer.headers.has("location") ? `, and points to ${answer.headers.get("location")}` : "";
  const told = `${init.method} ${url}: something else than the service answered ${answer.status}${where}`;
  return [undefined, new ConnectionFailed(told)];
}

/**
 * Whether the service has done what it was asked: it answers with a picture, or with JSON that has `data`.
 * Why: the page of a network that wants a login comes with 200 too, and so does half an answer.
 */
function isOurs(answer) {
  if (answer.status < 200 || answer.status >= 300) return false;
  return answer.headers.get("content-type")?.startsWith("image/") || jsonOf(answer)?.data !== undefined;
}

const reason = (error) => error?.cause?.message || error?.message || String(error);

/** The body of an answer as JSON; undefined if it is none. */
export function jsonOf(answer) {
  try {
    return JSON.parse(new TextDecoder().decode(answer.body));
  } catch {
    return undefined;
  }
}

/** Seconds before the next attempt; undefined if there must not be one. */
function pauseAfter(failures, error) {
  if (!(error instanceof ConnectionFailed || RETRIED.has(error.status))) return undefined;
  if (error.retryAfter !== undefined) return error.retryAfter <= LONGEST_WAIT_SECONDS ? error.retryAfter : undefined;
  return FIRST_PAUSE_SECONDS * 2 ** failures * (0.5 + Math.random() / 2);
}
