/** Webhooks: whether one came from the service, and what it says. */

import type { Event } from "./events.js";

export interface Options {
  /** How far the time of a webhook may be from now; 300 if it is left out. */
  toleranceSeconds?: number;
  /** Seconds since 1970; those of the clock if it is left out. */
  now?: number;
}

/**
 * Check the signature of a webhook; return its event.
 * `body` is as it came, not parsed and written again; `headers` are a Headers or an object, with names in any case.
 * Throws InvalidSignature, or a TypeError: the secret is none.
 */
export declare function verify(
  body: string | Uint8Array,
  headers: Headers | Record<string, string | string[] | undefined>,
  secret: string,
  options?: Options,
): Event;

/** The signature of a webhook: `v1,<base64>`. */
export declare function sign(body: string | Uint8Array, id: string, timestamp: string, secret: string): string;
