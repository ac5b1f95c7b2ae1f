/**
 * Webhooks: whether one came from the service, and what it says. The rules are those of Standard Webhooks 1.0.0.
 * While a secret is rotated, several signatures come; one is enough.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import { InvalidSignature } from "./errors.js";
import { fromWire } from "./names.js";

const PREFIX = "whsec_";
const TOLERANCE_SECONDS = 300;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Check the signature of a webhook; return its event {id, type, timestamp, data}.
 * `body` is as it came, not parsed and written again; `headers` are a Headers or an object, with names in any case.
 * Throws InvalidSignature, or a TypeError: the secret is none.
 */
export function verify(body, headers, secret, { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() / 1000 } = {}) {
  const raw = typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
  const [id, sent, signatures] = ["id", "timestamp", "signature"].map((name) => header(headers, `webhook-${name}`));
  checkTime(sent, now, toleranceSeconds);
  const expected = Buffer.from(sign(raw, id, sent, secret));
  const fits = (one) => one.length === expected.length && timingSafeEqual(one, expected);
  if (!signatures.split(" ").some((one) => fits(Buffer.from(one)))) {
    throw new InvalidSignature("The signature does not belong to this body and secret.");
  }
  return eventOf(raw, id);
}

/** The signature of a webhook: `v1,<base64>`. Throws a TypeError: the secret is none. */
export function sign(body, id, timestamp, secret) {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!BASE64.test(text)) throw new TypeError("A secret of a webhook is whsec_ and base64.");
  const key = Buffer.from(text, "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;
}

function eventOf(raw, id) {
  let told;
  try {
    told = JSON.parse(raw.toString("utf8"));
  } catch (cause) {
    throw new InvalidSignature("The body is no event.", { cause });
  }
  if (typeof told?.type !== "string") throw new InvalidSignature("The body is no event.");
  return { ...fromWire(told), id };
}

function header(headers, name) {
  const found = typeof headers.get === "function" ? headers.get(name) : plain(headers, name);
  if (!found) throw new InvalidSignature(`The header ${name} is missing.`);
  return Array.isArray(found) ? found.join(" ") : String(found);
}

const plain = (headers, name) => Object.entries(headers).find(([one]) => one.toLowerCase() === name)?.[1];

function checkTime(sent, now, tolerance) {
  if (!/^\d+$/.test(sent)) throw new InvalidSignature("webhook-timestamp is no time.");
  if (Math.abs(now - Number(sent)) > tolerance) {
    throw new InvalidSignature("The webhook was sent too long ago, or the clock of this machine is wrong.");
  }
}
