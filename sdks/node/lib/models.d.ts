/** Models of the answers, made from the OpenAPI by `make sdks`. Change nothing here. Unknown fields are kept. */

export type ActorType = "api_key" | "customer" | "staff" | "system" | (string & {});
export type CardCodes = "fixed" | "rotating_all" | "rotating_redeem" | (string & {});
export type EntryType = "bonus" | "expire" | "import" | "redeem" | "stamp" | "void" | (string & {});
export type FlagKind = "by_hand" | "many_undos" | "many_visits" | "own_card" | "unusual_hour" | (string & {});
export type Gift = "birthday" | "bonus_hours" | "head_start" | "referral" | "win_back" | (string & {});
export type Plan = "basic" | "enterprise" | "professional" | "trial" | (string & {});
export type RefusalReason = "already_merged" | "more_than_left" | "no_stamp_or_redemption" | "not_merged" | "not_the_shop" | "not_their_own" | "reward_handed_out" | "stamped_since" | "too_late" | (string & {});
export type RewardStatus = "available" | "expired" | "redeemed" | "voided" | (string & {});
export type Scope = "analytics:read" | "customers:read" | "customers:write" | "program:read" | "program:write" | "rewards:read" | "rewards:write" | "stamps:write" | "webhooks:read" | "webhooks:write" | (string & {});
export type Surplus = "carry" | "reset" | (string & {});

/** Who acted, as the world sees it. */
export interface Actor {
  type: ActorType;
  id: number | null;
  name: string | null;
}

/** How a shop does, or one of its programs or branches. Only a shop has `programs` and `branches`. `branches_since` is there if the figures of branches begin later than the period. */
export interface Analytics {
  period: Period;
  customers: CustomerFigures;
  visits: number;
  stamps: StampFigures;
  rewards: RewardFigures;
  daily: Day[];
  programs?: ProgramFigures[];
  branches?: BranchFigures[];
  branchesSince?: string;
}

/** What became of one item of a batch: what a single request would have got, the outcome or the problem. `idempotency_key` is the item's. `replayed` says that it was stamped before, and not again. */
export interface BatchOutcome {
  status: number;
  idempotencyKey?: string;
  replayed?: boolean;
  outcome?: Stamped;
  problem?: Problem;
}

/** A gift for a birthday: some stamps, or a reward that is valid for some days. */
export interface BirthdayGift {
  /** a whole number from 1 to the goal */
  stamps?: number;
  /** a text of 1 to 200 characters, without control characters */
  rewardDescription?: string;
  /** whole days from 1 to 3650; left out, it is for ever */
  validDays?: number;
}

/** One row: the days on which the hours begin, their beginning and end, and how often a stamp in them counts. */
export interface BonusHours {
  /** days of the week, 1 (Monday) to 7 (Sunday) */
  weekdays: number[];
  /** a time of the day, as 14:00 */
  from: string;
  /** a time of the day, as 14:00 */
  to: string;
  /** 2 or 3 */
  factor: string;
}

/** A branch as the world sees it. Only a closed one has `closed_at`: it takes no stamps; its past still names it. */
export interface Branch {
  id: number;
  name: string;
  createdAt: string;
  closedAt?: string;
}

/** The share of one branch; without an id and a name these are the visits that no branch was noted for. */
export interface BranchFigures {
  branchId: number | null;
  name: string | null;
  visits: number;
  stamps: number;
}

/** A customer's card of one program as the world sees it; an archived program has no next reward. */
export interface Card {
  programId: number;
  title: string | null;
  currentStamps: number;
  stampsRequired: number;
  totalStamps: number;
  totalVisits: number;
  rewardsAvailable: number;
  nextReward: NextReward | null;
}

/** The private link of a customer's card. Anyone who has it has the card, so give it to nobody else. */
export interface CardLink {
  customerId: number;
  url: string;
  createdAt: string;
}

/** What became of a card's private link; `revoked` is false if there was none. */
export interface CardLinkRevoked {
  customerId: number;
  revoked: boolean;
}

/** A customer as the world sees it, with the card of the main program; `stamps_required` is its running goal. `cards` are those of all programs that the customer has one of: the main program's first. */
export interface Customer {
  id: number;
  qrCode: string;
  name: string;
  phone: string | null;
  email: string | null;
  birthday: string | null;
  currentStamps: number;
  stampsRequired: number;
  totalStamps: number;
  totalVisits: number;
  rewardsEarned: number;
  rewardsAvailable: number;
  lastVisitAt: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
  cards?: Card[];
}

/** Data about one customer. */
export interface CustomerCreatedData {
  customer: Customer;
}

/** A customer with the last ten transactions and the rewards that can be redeemed. `opted_out` says that they want no more messages to many. `referred_by` is the id of the customer who brought them along, if somebody did. */
export interface CustomerDetails {
  id: number;
  qrCode: string;
  name: string;
  phone: string | null;
  email: string | null;
  birthday: string | null;
  currentStamps: number;
  stampsRequired: number;
  totalStamps: number;
  totalVisits: number;
  rewardsEarned: number;
  rewardsAvailable: number;
  lastVisitAt: string | null;
  createdAt: string;
  updatedAt: string;
  version: number;
  recentTransactions: Transaction[];
  rewards: Reward[];
  optedOut: boolean;
  cards?: Card[];
  referredBy?: number;
}

/** How many customers there are, came new, were here, and were here again; erased ones are in no figure. */
export interface CustomerFigures {
  total: number;
  new: number;
  active: number;
  returning: number;
}

/** Data about a profile: the customer, and the names of the fields that changed. */
export interface CustomerUpdatedData {
  customer: Customer;
  changed: string[];
}

/** One day. */
export interface Day {
  date: string;
  visits: number;
  stamps: number;
  newCustomers: number;
  rewardsEarned: number;
  rewardsRedeemed: number;
}

/** A customer's personal data was erased; the ledger stays, without a name. */
export interface DeletedCustomer {
  id: number;
  qrCode: string;
  /** True if it is left out */
  deleted: boolean;
}

/** Something was deleted. */
export interface DeletedWebhook {
  id: number;
  /** True if it is left out */
  deleted: boolean;
}

/** One event on its way to one endpoint; `event_id` is the header webhook-id, the same on every try. */
export interface Delivery {
  id: number;
  eventId: string;
  eventType: string;
  status: string;
  createdAt: string;
  nextAttemptAt: string | null;
  attempts: DeliveryAttempt[];
}

/** One try: when, how long it took, what the receiver answered (its beginning) or what went wrong. */
export interface DeliveryAttempt {
  number: number;
  at: string;
  milliseconds: number;
  httpStatus: number | null;
  error: string | null;
  response: string | null;
}

/** One field that is wrong: where it is (JSON pointer) and what would be right. */
export interface FieldError {
  pointer: string;
  message: string;
}

/** A flagged entry as the world sees it: what it was flagged for, and whose entry on whose card it is. `number` is how many visits or undos the day had when it was flagged; `undone` whether the entry was undone since. */
export interface Flag {
  id: number;
  kind: FlagKind;
  day: string;
  number: number;
  transactionId: number;
  type: EntryType;
  stamps: number;
  customerId: number;
  branchId: number | null;
  actor: Actor;
  occurredAt: string;
  undone: boolean;
}

/** What a shop flags: how many visits and undos a day are usual, and which kinds are off. With `evening_summary` owners get the figures of the day each evening, flags or not. */
export interface FlagRules {
  /** a whole number from 1 to 1000; 4 if it is left out */
  mostVisits: number;
  /** a whole number from 1 to 1000; 3 if it is left out */
  mostUndos: number;
  /** a list of any of own_card, many_visits, many_undos, unusual_hour, by_hand */
  off: FlagKind[];
  /** False if it is left out */
  eveningSummary: boolean;
}

/** What has become of a list so far; `done` of `total` are dealt with. */
export interface Import {
  id: number;
  status: string;
  createdAt: string;
  finishedAt: string | null;
  total: number;
  done: number;
  imported: number;
  alreadyThere: number;
  leftOut: number;
  report: ImportRemark[];
}

/** Why a customer of a list was not taken: their place in it, counted from 0, what is wrong, what would be right. `customer_id` is the customer who is there already, if one phone number says so. */
export interface ImportRemark {
  index: number;
  outcome: string;
  field: string | null;
  message: string;
  customerId: number | null;
}

/** A key as the world sees it: what it may do, and for whom. `starts_with` tells keys apart. */
export interface Key {
  id: number;
  name: string;
  startsWith: string;
  scopes: Scope[];
  limits: KeyLimits;
  business: KeyBusiness;
  createdAt: string;
  expiresAt: string | null;
}

/** The shop of a key. `test` says that it is a test key: what it writes is kept apart from the shop's. */
export interface KeyBusiness {
  id: number;
  name: string;
  plan: Plan;
  timezone: string;
  country: string | null;
  test: boolean;
}

/** How much a key may do; `customers` is null for any number. */
export interface KeyLimits {
  requestsPerHour: number;
  customers: number | null;
}

/** The last attempt at an endpoint. */
export interface LastDelivery {
  at: string;
  status: string;
  httpStatus: number | null;
}

/** Two customers became one: `customer` as they are now, and `other` as they were before. */
export interface Merged {
  customer: Customer;
  other: Customer;
}

/** What a running card earns next, and how many stamps are missing. */
export interface NextReward {
  stampsToGo: number;
  rewardDescription: string;
}

/** The open rewards that were earned `from_days` to `to_days` days ago; `to_days` is null for the oldest. */
export interface OwedAge {
  fromDays: number;
  toDays: number | null;
  outstanding: number;
}

/** The open rewards that were earned at a branch; both are null for those earned at none. */
export interface OwedBranch {
  branchId: number | null;
  name: string | null;
  outstanding: number;
}

/** The open rewards of a program; `cost` is what they cost together, in minor units of `currency`. `title` is null for a program that has the name of the shop. */
export interface OwedProgram {
  programId: number;
  title: string | null;
  outstanding: number;
  rewardCost: number | null;
  currency: string | null;
  cost: number | null;
}

/** Whole days, both ends included. */
export interface Period {
  days: number;
  from: string;
  to: string;
  timezone: string;
}

/** A refusal on the wire. `errors` names the fields that are wrong, by JSON pointer. The members after it are sent where the refusal knows them. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  requestId: string;
  errors?: FieldError[];
  /** The customer who has the phone number. */
  customerId?: number;
  /** The entry of the ledger that the refusal is about. */
  transactionId?: number;
  /** The entry that undid it before. */
  voidedBy?: number;
  /** The reward that the refusal is about. */
  rewardId?: number;
  /** The webhook that is not there. */
  webhookId?: number;
  /** The program that the refusal is about. */
  programId?: number;
  /** The import that is not there. */
  importId?: number;
  /** The order that was stamped before. */
  orderRef?: string;
  /** When the next stamp is possible. */
  nextAt?: string;
  /** When the last stamp was given. */
  lastAt?: string;
  /** Who gave it. */
  by?: string;
  /** When the reward was handed out. */
  redeemedAt?: string;
  /** Until when it could be redeemed. */
  expiresAt?: string;
  /** Seconds to wait, as in the header Retry-After. */
  retryAfter?: number;
  /** The version that is there now. */
  version?: number;
  /** The most there can be: stamps a day, customers, webhooks … */
  limit?: number;
  /** How many stamps the customer has today. */
  given?: number;
  /** The last row that pages by number reach. */
  deepest?: number;
  /** Where the shop is now. */
  movedTo?: string;
  /** The plan of the shop. */
  plan?: string;
  /** The scope that the key lacks. */
  scope?: string;
  /** Why it cannot be undone or merged, for programs. */
  reason?: RefusalReason;
}

/** The program in force as the world sees it. `card_codes` is there unless they are fixed, `reward_cost` and `currency` once the owner has given them. */
export interface Program {
  name: string;
  stampsRequired: number;
  rewardDescription: string;
  surplus: Surplus;
  cooldownSeconds: number;
  dailyStampCap: number | null;
  rewardValidDays: number | null;
  updatedAt: string;
  version: number;
  steps: Step[];
  openingStamps: number;
  bonusHours: BonusHours[];
  birthday: BirthdayGift | null;
  winBack: WinBack | null;
  referral: ReferralGift | null;
  cardCodes?: CardCodes;
  rewardCost?: number;
  currency?: string;
  id?: number;
  title?: string | null;
  main?: boolean;
  archived?: boolean;
}

/** The share of one program. */
export interface ProgramFigures {
  programId: number;
  title: string | null;
  visits: number;
  stamps: StampFigures;
  rewards: RewardFigures;
}

/** How many deliveries were queued, and the first of them. */
export interface QueuedDeliveries {
  queued: number;
  deliveryId: number | null;
}

/** A list that was taken, and where to ask what becomes of it. */
export interface QueuedImport {
  id: number;
  status: string;
  url: string;
}

/** A reward was handed out. */
export interface Redeemed {
  transactionId: number;
  reward: Reward;
  customer: Customer;
}

/** How many rewards were redeemed and expired in the last days; `share` is null if there was none to redeem. */
export interface RedeemedShare {
  days: number;
  redeemed: number;
  expired: number;
  share: number | null;
}

/** What a shop gives for a friend who was brought along: to both, and to one customer so often a month at most. */
export interface ReferralGift {
  /** a whole number from 1 to one below the goal */
  stampsForFriend: number;
  /** a whole number from 1 to one below the goal */
  stampsForReferrer: number;
  /** a whole number from 1 to 1000 */
  monthlyCap: number;
}

/** A reward as the world sees it. */
export interface Reward {
  id: number;
  customerId: number;
  description: string;
  status: RewardStatus;
  earnedAt: string;
  redeemedAt: string | null;
  expiresAt: string | null;
  programId?: number;
}

/** Data about one reward and its owner. */
export interface RewardEarnedData {
  reward: Reward;
  customer: Customer;
}

/** Rewards of the period; `outstanding` is what the business owes now; the rate is redeemed per earned. */
export interface RewardFigures {
  earned: number;
  redeemed: number;
  expired: number;
  outstanding: number;
  redemptionRate: number;
}

/** What a business owes; `cost` is in minor units of `currency`, null without a cost of each reward. */
export interface RewardsSummary {
  outstanding: number;
  cost: number | null;
  currency: string | null;
  programs: OwedProgram[];
  ages: OwedAge[];
  branches: OwedBranch[];
  redeemed: RedeemedShare;
}

/** Stamps given in the period, and those of them that were undone. */
export interface StampFigures {
  added: number;
  voided: number;
}

/** Stamps were added to the card of `program_id`; `rewards` are those that this call earned. `stamps_dropped` is how many of them are above the goal and go to no card, because the shop's `surplus` is `reset`; unset if none are. `bonus_stamps` are those of the added ones that are a gift of the bonus hours; unset only in answers of releases that knew none. */
export interface Stamped {
  transactionId: number;
  stampsAdded: number;
  currentStamps: number;
  stampsRequired: number;
  totalStamps: number;
  rewardEarned: boolean;
  rewards: Reward[];
  customer: Customer;
  stampsDropped?: number;
  bonusStamps?: number;
  programId?: number;
}

/** A reward on the way: how many stamps earn it, and what it is. */
export interface Step {
  /** a whole number from 1 to 100 */
  stamps: number;
  /** a text of 1 to 200 characters, without control characters */
  rewardDescription: string;
}

/** An entry of the ledger as the world sees it; `rotating_code` is there if a good one was shown for it. `stamps` is what it counts for; `stamps_voided` is there if a part was undone, or if it undid a part. `bonus_stamps` are those of the `stamps` that are a gift, `occasion` says of what. */
export interface Transaction {
  id: number;
  type: EntryType;
  stamps: number;
  customerId: number;
  rewardId: number | null;
  branchId: number | null;
  orderRef: string | null;
  actor: Actor;
  occurredAt: string;
  voidedBy: number | null;
  voids: number | null;
  bonusStamps: number;
  occasion: Gift | null;
  rotatingCode?: boolean;
  stampsVoided?: number;
  programId?: number;
}

/** A merge was taken back: both customers as they are now. */
export interface Unmerged {
  customer: Customer;
  other: Customer;
}

/** A stamp or a redemption was undone; `stamps_voided` is how many stamps were, unset if not asked by number. */
export interface Voided {
  transactionId: number;
  voidedTransactionId: number;
  customer: Customer;
  stampsVoided?: number;
}

/** An endpoint as the world sees it; of the secret only its last letters. */
export interface Webhook {
  id: number;
  url: string;
  events: string[];
  active: boolean;
  createdAt: string;
  secretHint: string;
  lastDelivery: LastDelivery | null;
}

/** Data of a test: the endpoint that is tested. */
export interface WebhookTestData {
  webhookId: number;
}

/** An endpoint with its new secret, which is shown this once. */
export interface WebhookWithSecret {
  id: number;
  url: string;
  events: string[];
  active: boolean;
  createdAt: string;
  secretHint: string;
  lastDelivery: LastDelivery | null;
  secret: string;
}

/** A gift for a customer who was not here for `after_days`: some stamps, or a reward that is valid for some days. */
export interface WinBack {
  /** whole days from 14 to 730 without a visit */
  afterDays: number;
  /** a whole number from 1 to the goal */
  stamps?: number;
  /** a text of 1 to 200 characters, without control characters */
  rewardDescription?: string;
  /** whole days from 1 to 3650; left out, it is for ever */
  validDays?: number;
}

/** How many customers would be written to now, if the shop wrote to those who were away for so many days. */
export interface WinBackPreview {
  afterDays: number;
  customers: number;
}
