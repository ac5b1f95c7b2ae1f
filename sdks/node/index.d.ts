/** The client of a Loyalty Loop service: stamp cards over its API. */

export { LoyaltyLoop, type Options } from "./lib/client.js";
export * from "./lib/errorCodes.js";
export { ApiError, ConnectionFailed, InvalidSignature, type Limits, LoyaltyLoopError } from "./lib/errors.js";
export type * from "./lib/events.js";
export type * as models from "./lib/models.js";
export { type Kept, OfflineQueue } from "./lib/offline.js";
export { Listing, type Page } from "./lib/pages.js";
export type { Once } from "./lib/resources.js";
export * as webhooks from "./lib/webhooks.js";
