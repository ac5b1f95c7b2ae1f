/** What webhooks tell, made from the OpenAPI by `make sdks`. Change nothing here. */

import type * as models from "./models.js";

interface Told<Type extends string, Data> {
  id: string;
  type: Type;
  timestamp: string;
  data: Data;
}

/** Sent to endpoints that chose `customer.created`, signed as Standard Webhooks says. */
export type CustomerCreated = Told<"customer.created", models.CustomerCreatedData>;
/** Sent to endpoints that chose `customer.updated`, signed as Standard Webhooks says. */
export type CustomerUpdated = Told<"customer.updated", models.CustomerUpdatedData>;
/** Sent to endpoints that chose `customer.deleted`, signed as Standard Webhooks says. */
export type CustomerDeleted = Told<"customer.deleted", models.DeletedCustomer>;
/** Sent to endpoints that chose `customer.merged`, signed as Standard Webhooks says. */
export type CustomerMerged = Told<"customer.merged", models.Merged>;
/** Sent to endpoints that chose `customer.unmerged`, signed as Standard Webhooks says. */
export type CustomerUnmerged = Told<"customer.unmerged", models.Unmerged>;
/** Sent to endpoints that chose `stamp.added`, signed as Standard Webhooks says. */
export type StampAdded = Told<"stamp.added", models.Stamped>;
/** Sent to endpoints that chose `reward.earned`, signed as Standard Webhooks says. */
export type RewardEarned = Told<"reward.earned", models.RewardEarnedData>;
/** Sent to endpoints that chose `reward.redeemed`, signed as Standard Webhooks says. */
export type RewardRedeemed = Told<"reward.redeemed", models.Redeemed>;
/** Sent to endpoints that chose `transaction.voided`, signed as Standard Webhooks says. */
export type TransactionVoided = Told<"transaction.voided", models.Voided>;
/** Sent to endpoints that chose `webhook.test`, signed as Standard Webhooks says. */
export type WebhookTest = Told<"webhook.test", models.WebhookTestData>;

/** An event of a type that this version knows. */
export type KnownEvent = CustomerCreated | CustomerUpdated | CustomerDeleted | CustomerMerged | CustomerUnmerged | StampAdded | RewardEarned | RewardRedeemed | TransactionVoided | WebhookTest;

/** Any event; of a type that this version does not know, `data` is as it came. */
export type Event = KnownEvent | Told<string & {}, any>;
