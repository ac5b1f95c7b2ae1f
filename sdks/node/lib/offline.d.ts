/** The offline queue: stamps made without a network are kept in a file, with their time, and sent as batches later. */

import type { LoyaltyLoop } from "./client.js";
import type { BatchOutcome } from "./models.js";

/** A stamp that waits to be sent. */
export interface Kept {
  idempotencyKey: string;
  customerId?: number;
  qrCode?: string;
  stamps: number;
  occurredAt: string;
  branchId?: number;
  orderRef?: string;
  programId?: number;
}

export declare class OfflineQueue {
  constructor(path: string);
  /**
   * Keep a stamp, on the disk when this returns. Give the idempotency key with which it was tried, if it was.
   * Throws a TypeError: the customer is empty, a stamp carries no such thing, or a text is no Unicode.
   */
  add(
    customer: number | string,
    given?: {
      stamps?: number;
      idempotencyKey?: string;
      branchId?: number;
      orderRef?: string;
      programId?: number;
      occurredAt?: string | Date;
    },
  ): Kept;
  /** What waits, the oldest first. */
  waiting(): Kept[];
  /** Send what waits; each with its outcome, once that is on the disk. */
  send(client: LoyaltyLoop): AsyncGenerator<{ item: Kept; outcome: BatchOutcome }>;
}
