/** The operations of the service, made from the OpenAPI by `make sdks`. Change nothing here. */

import type { Event } from "./events.js";
import type * as models from "./models.js";
import type { Listing } from "./pages.js";

/** What every write takes: the same key again is the same write, done once. One is made if it is left out. */
export interface Once {
  idempotencyKey?: string;
}

/** Operations on customers. */
export interface Customers {
  /** List customers. */
  list(given?: { limit?: number; phone?: string; q?: string; updatedSince?: string | Date }): Listing<models.Customer>;
  /** Create a customer. */
  create(given: { name: string; phone: string; email?: string | null; birthday?: string | null } & Once): Promise<models.Customer>;
  /** Get a customer by id. */
  get(customer: number | string): Promise<models.CustomerDetails>;
  /** Change a customer's profile. */
  update(customer: number | string, given?: { name?: string; phone?: string | null; email?: string | null; birthday?: string | null; optedOut?: boolean } & Once): Promise<models.Customer>;
  /** Erase a customer's personal data. */
  delete(customer: number | string, given?: Once): Promise<models.DeletedCustomer>;
  /** Look a customer up by QR code. */
  getByCode(customer: string): Promise<models.CustomerDetails>;
  /** List what was done to a card. */
  listTransactions(customer: number | string, given?: { limit?: number }): Listing<models.Transaction>;
  /** List a customer's rewards. */
  listRewards(customer: number | string, given?: { limit?: number; status?: models.RewardStatus }): Listing<models.Reward>;
  /** Merge two customers. */
  merge(customer: number | string, given: { fromId: number } & Once): Promise<models.Merged>;
  /** Take a merge back. */
  unmerge(customer: number | string, given: { fromId: number } & Once): Promise<models.Unmerged>;
  /** Get the picture of a card. */
  card(customer: number | string): Promise<Uint8Array>;
  /** Get the private link of a card. */
  cardLink(customer: number | string, given?: Once): Promise<models.CardLink>;
  /** Revoke the private link of a card. */
  revokeCardLink(customer: number | string, given?: Once): Promise<models.CardLinkRevoked>;
  /** Add stamps by id. */
  stamp(customer: number | string, given?: { stamps?: number; branchId?: number | null; orderRef?: string | null; occurredAt?: string | Date | null; programId?: number | null } & Once): Promise<models.Stamped>;
  /** Redeem a reward by id. */
  redeem(customer: number | string, given?: { rewardId?: number | null } & Once): Promise<models.Redeemed>;
}

/** Operations on imports. */
export interface Imports {
  /** Import customers. */
  create(given: { customers: Record<string, unknown>[] } & Once): Promise<models.QueuedImport>;
  /** See what became of an import. */
  get(importId: number): Promise<models.Import>;
}

/** Operations on stamps. */
export interface Stamps {
  /** Add stamps that a till has gathered. */
  batch(given: { items: Record<string, unknown>[] } & Once): Promise<models.BatchOutcome[]>;
}

/** Operations on transactions. */
export interface Transactions {
  /** List transactions. */
  list(given?: { limit?: number; orderRef?: string; type?: models.EntryType; customerId?: number | string; branchId?: number; since?: string | Date; until?: string | Date }): Listing<models.Transaction>;
  /** Get a transaction. */
  get(transactionId: number): Promise<models.Transaction>;
  /** Undo a stamp or a redemption. */
  void(transactionId: number, given?: { reason?: string | null; stamps?: number | null } & Once): Promise<models.Voided>;
}

/** Operations on events. */
export interface Events {
  /** List events. */
  list(given?: { limit?: number; since?: string | Date }): Listing<Event>;
}

/** Operations on rewards. */
export interface Rewards {
  /** List rewards. */
  list(given?: { limit?: number; status?: models.RewardStatus }): Listing<models.Reward>;
  /** Sum up what the shop owes. */
  summary(): Promise<models.RewardsSummary>;
}

/** Operations on program. */
export interface Program {
  /** Get the program. */
  get(): Promise<models.Program>;
  /** Change the program. */
  update(given?: { name?: string; title?: string | null; stampsRequired?: number; rewardDescription?: string; surplus?: models.Surplus; cooldownSeconds?: number; dailyStampCap?: number | null; rewardValidDays?: number | null; cardCodes?: models.CardCodes; rewardCost?: number | null; currency?: string | null; steps?: Record<string, unknown>[]; openingStamps?: number; bonusHours?: Record<string, unknown>[]; birthday?: Record<string, unknown>; winBack?: Record<string, unknown>; referral?: Record<string, unknown> } & Once): Promise<models.Program>;
  /** See how many would be won back now. */
  previewWinBack(given?: { afterDays?: number }): Promise<models.WinBackPreview>;
}

/** Operations on analytics. */
export interface Analytics {
  /** Get a summary of the program. */
  get(given?: { days?: number; programId?: number; branchId?: number }): Promise<models.Analytics>;
}

/** Operations on programs. */
export interface Programs {
  /** List the programs. */
  list(given?: { limit?: number }): Listing<models.Program>;
  /** Add a program. */
  create(given: { stampsRequired: number; rewardDescription: string; title?: string | null; surplus?: models.Surplus; cooldownSeconds?: number; dailyStampCap?: number | null; rewardValidDays?: number | null; rewardCost?: number | null; currency?: string | null; steps?: Record<string, unknown>[]; openingStamps?: number; bonusHours?: Record<string, unknown>[] } & Once): Promise<models.Program>;
  /** Get a program. */
  get(programId: number): Promise<models.Program>;
  /** Change a program. */
  update(programId: number, given?: { name?: string; title?: string | null; stampsRequired?: number; rewardDescription?: string; surplus?: models.Surplus; cooldownSeconds?: number; dailyStampCap?: number | null; rewardValidDays?: number | null; cardCodes?: models.CardCodes; rewardCost?: number | null; currency?: string | null; steps?: Record<string, unknown>[]; openingStamps?: number; bonusHours?: Record<string, unknown>[]; birthday?: Record<string, unknown>; winBack?: Record<string, unknown>; referral?: Record<string, unknown> } & Once): Promise<models.Program>;
  /** Archive a program. */
  archive(programId: number, given?: Once): Promise<models.Program>;
  /** Make a program the main one. */
  makeMain(programId: number, given?: Once): Promise<models.Program>;
}

/** Operations on webhooks. */
export interface Webhooks {
  /** List webhooks. */
  list(given?: { limit?: number }): Listing<models.Webhook>;
  /** Register a webhook. */
  create(given: { url: string; events: string[] } & Once): Promise<models.WebhookWithSecret>;
  /** Get a webhook. */
  get(webhookId: number): Promise<models.Webhook>;
  /** Change a webhook. */
  update(webhookId: number, given?: { url?: string; events?: string[]; active?: boolean } & Once): Promise<models.Webhook>;
  /** Delete a webhook. */
  delete(webhookId: number, given?: Once): Promise<models.DeletedWebhook>;
  /** Give a webhook a new secret. */
  rotateSecret(webhookId: number, given?: Once): Promise<models.WebhookWithSecret>;
  /** Send a test event. */
  test(webhookId: number, given?: Once): Promise<models.QueuedDeliveries>;
  /** List what was sent to a webhook. */
  listDeliveries(webhookId: number, given?: { limit?: number }): Listing<models.Delivery>;
  /** Send again. */
  replay(webhookId: number, given?: { deliveryId?: number | null; since?: string | Date | null } & Once): Promise<models.QueuedDeliveries>;
}

/** Operations on key. */
export interface Key {
  /** See what the key may do. */
  get(): Promise<models.Key>;
}

/** Operations on branches. */
export interface Branches {
  /** List branches. */
  list(given?: { limit?: number }): Listing<models.Branch>;
}

/** Operations on flags. */
export interface Flags {
  /** List what was flagged. */
  list(given?: { limit?: number; since?: string | Date }): Listing<models.Flag>;
  /** See what is flagged. */
  getRules(): Promise<models.FlagRules>;
  /** Change what is flagged. */
  updateRules(given?: { mostVisits?: number; mostUndos?: number; off?: models.FlagKind[]; eveningSummary?: boolean } & Once): Promise<models.FlagRules>;
}

/** All operations by what they are about. */
export declare class Resources {
  readonly customers: Customers;
  readonly imports: Imports;
  readonly stamps: Stamps;
  readonly transactions: Transactions;
  readonly events: Events;
  readonly rewards: Rewards;
  readonly program: Program;
  readonly analytics: Analytics;
  readonly programs: Programs;
  readonly webhooks: Webhooks;
  readonly key: Key;
  readonly branches: Branches;
  readonly flags: Flags;
}
