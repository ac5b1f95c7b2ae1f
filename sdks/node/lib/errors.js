/**
 * What can go wrong: one class for each `code` of the reference, and one for a line that fails.
 * A code that this version does not know is an ApiError. The classes by code are made from the reference.
 */

import { fromWire } from "./names.js";

/** The root of all errors of this library. `status` is 0 where there was no answer. */
export class LoyaltyLoopError extends Error {
  status = 0;
  retryAfter = undefined;

  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }

  /** Whether nothing was decided: the same call with the same key may still succeed. */
  get undecided() {
    return this.status >= 500 || this.status === 408 || this.status === 429;
  }
}

/** The server was not reached, or its answer did not come back whole. A write may have happened: repeat its key. */
export class ConnectionFailed extends LoyaltyLoopError {
  get undecided() {
    return true;
  }
}

/** A webhook was not signed with the secret, or too long ago. */
export class InvalidSignature extends LoyaltyLoopError {}

/** A refusal of the server. Its facts, such as customerId or nextAt, are in `facts`. */
export class ApiError extends LoyaltyLoopError {
  constructor(status, problem, headers) {
    const detail = String(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    const requestId = headers.get("x-request-id") ?? undefined;
    super(`${detail} (${status} ${problem.code ?? ""}, request ${requestId})`);
    Object.assign(this, { status, code: String(problem.code ?? ""), detail, requestId, facts: fromWire(problem) });
    this.retryAfter = seconds(headers.get("retry-after"));
    this.limits = limitsOf(headers);
  }
}

/** The limit of requests, as an answer told it; each is undefined where the answer did not. */
export function limitsOf(headers) {
  const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => {
    const text = headers.get(`x-ratelimit-${name}`);
    return text !== null && /^\d+$/.test(text) ? Number(text) : undefined;
  });
  return { limit, remaining, reset: reset === undefined ? undefined : new Date(reset * 1000) };
}

/** Retry-After: seconds, or a date. */
function seconds(text) {
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
