/** The client of a Loyalty Loop service: stamp cards over its API. */

export { LoyaltyLoop } from "./lib/client.js";
export * from "./lib/errorCodes.js";
export { ApiError, ConnectionFailed, InvalidSignature, LoyaltyLoopError } from "./lib/errors.js";
export { OfflineQueue } from "./lib/offline.js";
export { Listing } from "./lib/pages.js";
export * as webhooks from "./lib/webhooks.js";
