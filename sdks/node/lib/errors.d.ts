/** What can go wrong. The classes by code are in errorCodes. */

/** The root of all errors of this library. */
export declare class LoyaltyLoopError extends Error {
  /** The status of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Seconds after which it may succeed, if the server said so. */
  readonly retryAfter: number | undefined;
  /**
   * Whether nothing was decided, so that the same call with the same key may still succeed, now or later: there was no
   * answer, or one that says "not now", of the server or of a proxy before it.
   */
  get undecided(): boolean;
}

/** The server was not reached, or its answer did not come back whole. A write may have happened: repeat its key. */
export declare class ConnectionFailed extends LoyaltyLoopError {}

/** A webhook was not signed with the secret, or too long ago. */
export declare class InvalidSignature extends LoyaltyLoopError {}

/** A refusal of the server. */
export declare class ApiError extends LoyaltyLoopError {
  readonly code: string;
  /** A sentence for people. */
  readonly detail: string;
  readonly requestId: string | undefined;
  readonly limits: Limits;
  /** All that the refusal says, such as customerId or nextAt. */
  readonly facts: Readonly<Record<string, any>>;
}

/** The limit of requests, as an answer told it; each is undefined where the answer did not. */
export interface Limits {
  limit: number | undefined;
  remaining: number | undefined;
  reset: Date | undefined;
}
