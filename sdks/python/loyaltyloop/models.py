"""Models of the answers, made from the OpenAPI by `make sdks`. Change nothing here."""

from __future__ import annotations

from typing import Any, ClassVar

from loyaltyloop._model import Model, Models


ActorType = str
"""Known are api_key, customer, staff, system; a later server may send others."""

CardCodes = str
"""Known are fixed, rotating_all, rotating_redeem; a later server may send others."""

EntryType = str
"""Known are bonus, expire, import, redeem, stamp, void; a later server may send others."""

FlagKind = str
"""Known are by_hand, many_undos, many_visits, own_card, unusual_hour; a later server may send others."""

Gift = str
"""Known are birthday, bonus_hours, head_start, referral, win_back; a later server may send others."""

Plan = str
"""Known are basic, enterprise, professional, trial; a later server may send others."""

RefusalReason = str
"""Known are already_merged, more_than_left, no_stamp_or_redemption, not_merged, not_the_shop, not_their_own, reward_handed_out, stamped_since, too_late; a later server may send others."""

RewardStatus = str
"""Known are available, expired, redeemed, voided; a later server may send others."""

Scope = str
"""Known are analytics:read, customers:read, customers:write, program:read, program:write, rewards:read, rewards:write, stamps:write, webhooks:read, webhooks:write; a later server may send others."""

Surplus = str
"""Known are carry, reset; a later server may send others."""


class Actor(Model):
    """Who acted, as the world sees it."""

    type: ActorType

    id: int | None

    name: str | None


class Analytics(Model):
    """How a shop does, or one of its programs or branches. Only a shop has `programs` and `branches`.
    `branches_since` is there if the figures of branches begin later than the period.
    """

    period: Period

    customers: CustomerFigures

    visits: int

    stamps: StampFigures

    rewards: RewardFigures

    daily: list[Day]

    programs: list[ProgramFigures]

    branches: list[BranchFigures]

    branches_since: str

    _models: ClassVar[Models] = {
        "period": lambda: Period,
        "customers": lambda: CustomerFigures,
        "stamps": lambda: StampFigures,
        "rewards": lambda: RewardFigures,
        "daily": lambda: Day,
        "programs": lambda: ProgramFigures,
        "branches": lambda: BranchFigures,
    }


class BatchOutcome(Model):
    """What became of one item of a batch: what a single request would have got, the outcome or the problem.
    `idempotency_key` is the item's. `replayed` says that it was stamped before, and not again.
    """

    status: int

    idempotency_key: str

    replayed: bool

    outcome: Stamped

    problem: Problem

    _models: ClassVar[Models] = {
        "outcome": lambda: Stamped,
        "problem": lambda: Problem,
    }


class BirthdayGift(Model):
    """A gift for a birthday: some stamps, or a reward that is valid for some days."""

    stamps: int
    """A whole number from 1 to the goal."""

    reward_description: str
    """A text of 1 to 200 characters, without control characters."""

    valid_days: int
    """Whole days from 1 to 3650; left out, it is for ever."""


class BonusHours(Model):
    """One row: the days on which the hours begin, their beginning and end, and how often a stamp in them counts."""

    weekdays: list[int]
    """Days of the week, 1 (Monday) to 7 (Sunday)."""

    from_: str
    """A time of the day, as 14:00."""

    to: str
    """A time of the day, as 14:00."""

    factor: str
    """2 or 3."""


class Branch(Model):
    """A branch as the world sees it. Only a closed one has `closed_at`: it takes no stamps; its past still names
    it.
    """

    id: int

    name: str

    created_at: str

    closed_at: str


class BranchFigures(Model):
    """The share of one branch; without an id and a name these are the visits that no branch was noted for."""

    branch_id: int | None

    name: str | None

    visits: int

    stamps: int


class Card(Model):
    """A customer's card of one program as the world sees it; an archived program has no next reward."""

    program_id: int

    title: str | None

    current_stamps: int

    stamps_required: int

    total_stamps: int

    total_visits: int

    rewards_available: int

    next_reward: NextReward | None

    _models: ClassVar[Models] = {
        "next_reward": lambda: NextReward,
    }


class CardLink(Model):
    """The private link of a customer's card. Anyone who has it has the card, so give it to nobody else."""

    customer_id: int

    url: str

    created_at: str


class CardLinkRevoked(Model):
    """What became of a card's private link; `revoked` is false if there was none."""

    customer_id: int

    revoked: bool


class Customer(Model):
    """A customer as the world sees it, with the card of the main program; `stamps_required` is its running goal.
    `cards` are those of all programs that the customer has one of: the main program's first.
    """

    id: int

    qr_code: str

    name: str

    phone: str | None

    email: str | None

    birthday: str | None

    current_stamps: int

    stamps_required: int

    total_stamps: int

    total_visits: int

    rewards_earned: int

    rewards_available: int

    last_visit_at: str | None

    created_at: str

    updated_at: str

    version: int

    cards: list[Card]

    _models: ClassVar[Models] = {
        "cards": lambda: Card,
    }


class CustomerCreatedData(Model):
    """Data about one customer."""

    customer: Customer

    _models: ClassVar[Models] = {
        "customer": lambda: Customer,
    }


class CustomerDetails(Model):
    """A customer with the last ten transactions and the rewards that can be redeemed. `opted_out` says that they
    want no more messages to many. `referred_by` is the id of the customer who brought them along, if somebody
    did.
    """

    id: int

    qr_code: str

    name: str

    phone: str | None

    email: str | None

    birthday: str | None

    current_stamps: int

    stamps_required: int

    total_stamps: int

    total_visits: int

    rewards_earned: int

    rewards_available: int

    last_visit_at: str | None

    created_at: str

    updated_at: str

    version: int

    recent_transactions: list[Transaction]

    rewards: list[Reward]

    opted_out: bool

    cards: list[Card]

    referred_by: int

    _models: ClassVar[Models] = {
        "recent_transactions": lambda: Transaction,
        "rewards": lambda: Reward,
        "cards": lambda: Card,
    }


class CustomerFigures(Model):
    """How many customers there are, came new, were here, and were here again; erased ones are in no figure."""

    total: int

    new: int

    active: int

    returning: int


class CustomerUpdatedData(Model):
    """Data about a profile: the customer, and the names of the fields that changed."""

    customer: Customer

    changed: list[str]

    _models: ClassVar[Models] = {
        "customer": lambda: Customer,
    }


class Day(Model):
    """One day."""

    date: str

    visits: int

    stamps: int

    new_customers: int

    rewards_earned: int

    rewards_redeemed: int


class DeletedCustomer(Model):
    """A customer's personal data was erased; the ledger stays, without a name."""

    id: int

    qr_code: str

    deleted: bool
    """True if it is left out."""


class DeletedWebhook(Model):
    """Something was deleted."""

    id: int

    deleted: bool
    """True if it is left out."""


class Delivery(Model):
    """One event on its way to one endpoint; `event_id` is the header webhook-id, the same on every try."""

    id: int

    event_id: str

    event_type: str

    status: str

    created_at: str

    next_attempt_at: str | None

    attempts: list[DeliveryAttempt]

    _models: ClassVar[Models] = {
        "attempts": lambda: DeliveryAttempt,
    }


class DeliveryAttempt(Model):
    """One try: when, how long it took, what the receiver answered (its beginning) or what went wrong."""

    number: int

    at: str

    milliseconds: int

    http_status: int | None

    error: str | None

    response: str | None


class FieldError(Model):
    """One field that is wrong: where it is (JSON pointer) and what would be right."""

    pointer: str

    message: str


class Flag(Model):
    """A flagged entry as the world sees it: what it was flagged for, and whose entry on whose card it is. `number`
    is how many visits or undos the day had when it was flagged; `undone` whether the entry was undone since.
    """

    id: int

    kind: FlagKind

    day: str

    number: int

    transaction_id: int

    type: EntryType

    stamps: int

    customer_id: int

    branch_id: int | None

    actor: Actor

    occurred_at: str

    undone: bool

    _models: ClassVar[Models] = {
        "actor": lambda: Actor,
    }


class FlagRules(Model):
    """What a shop flags: how many visits and undos a day are usual, and which kinds are off. With
    `evening_summary` owners get the figures of the day each evening, flags or not.
    """

    most_visits: int
    """A whole number from 1 to 1000; 4 if it is left out."""

    most_undos: int
    """A whole number from 1 to 1000; 3 if it is left out."""

    off: list[FlagKind]
    """A list of any of own_card, many_visits, many_undos, unusual_hour, by_hand."""

    evening_summary: bool
    """False if it is left out."""


class Import(Model):
    """What has become of a list so far; `done` of `total` are dealt with."""

    id: int

    status: str

    created_at: str

    finished_at: str | None

    total: int

    done: int

    imported: int

    already_there: int

    left_out: int

    report: list[ImportRemark]

    _models: ClassVar[Models] = {
        "report": lambda: ImportRemark,
    }


class ImportRemark(Model):
    """Why a customer of a list was not taken: their place in it, counted from 0, what is wrong, what would be
    right. `customer_id` is the customer who is there already, if one phone number says so.
    """

    index: int

    outcome: str

    field: str | None

    message: str

    customer_id: int | None


class Key(Model):
    """A key as the world sees it: what it may do, and for whom. `starts_with` tells keys apart."""

    id: int

    name: str

    starts_with: str

    scopes: list[Scope]

    limits: KeyLimits

    business: KeyBusiness

    created_at: str

    expires_at: str | None

    _models: ClassVar[Models] = {
        "limits": lambda: KeyLimits,
        "business": lambda: KeyBusiness,
    }


class KeyBusiness(Model):
    """The shop of a key. `test` says that it is a test key: what it writes is kept apart from the shop's."""

    id: int

    name: str

    plan: Plan

    timezone: str

    country: str | None

    test: bool


class KeyLimits(Model):
    """How much a key may do; `customers` is null for any number."""

    requests_per_hour: int

    customers: int | None


class LastDelivery(Model):
    """The last attempt at an endpoint."""

    at: str

    status: str

    http_status: int | None


class Merged(Model):
    """Two customers became one: `customer` as they are now, and `other` as they were before."""

    customer: Customer

    other: Customer

    _models: ClassVar[Models] = {
        "customer": lambda: Customer,
        "other": lambda: Customer,
    }


class NextReward(Model):
    """What a running card earns next, and how many stamps are missing."""

    stamps_to_go: int

    reward_description: str


class OwedAge(Model):
    """The open rewards that were earned `from_days` to `to_days` days ago; `to_days` is null for the oldest."""

    from_days: int

    to_days: int | None

    outstanding: int


class OwedBranch(Model):
    """The open rewards that were earned at a branch; both are null for those earned at none."""

    branch_id: int | None

    name: str | None

    outstanding: int


class OwedProgram(Model):
    """The open rewards of a program; `cost` is what they cost together, in minor units of `currency`. `title` is
    null for a program that has the name of the shop.
    """

    program_id: int

    title: str | None

    outstanding: int

    reward_cost: int | None

    currency: str | None

    cost: int | None


class Period(Model):
    """Whole days, both ends included."""

    days: int

    from_: str

    to: str

    timezone: str


class Problem(Model):
    """A refusal on the wire. `errors` names the fields that are wrong, by JSON pointer. The members after it are
    sent where the refusal knows them.
    """

    type: str

    title: str

    status: int

    detail: str

    code: str

    request_id: str

    errors: list[FieldError]

    customer_id: int
    """The customer who has the phone number."""

    transaction_id: int
    """The entry of the ledger that the refusal is about."""

    voided_by: int
    """The entry that undid it before."""

    reward_id: int
    """The reward that the refusal is about."""

    webhook_id: int
    """The webhook that is not there."""

    program_id: int
    """The program that the refusal is about."""

    import_id: int
    """The import that is not there."""

    order_ref: str
    """The order that was stamped before."""

    next_at: str
    """When the next stamp is possible."""

    last_at: str
    """When the last stamp was given."""

    by: str
    """Who gave it."""

    redeemed_at: str
    """When the reward was handed out."""

    expires_at: str
    """Until when it could be redeemed."""

    retry_after: int
    """Seconds to wait, as in the header Retry-After."""

    version: int
    """The version that is there now."""

    limit: int
    """The most there can be: stamps a day, customers, webhooks …."""

    given: int
    """How many stamps the customer has today."""

    deepest: int
    """The last row that pages by number reach."""

    moved_to: str
    """Where the shop is now."""

    plan: str
    """The plan of the shop."""

    scope: str
    """The scope that the key lacks."""

    reason: RefusalReason
    """Why it cannot be undone or merged, for programs."""

    _models: ClassVar[Models] = {
        "errors": lambda: FieldError,
    }


class Program(Model):
    """The program in force as the world sees it. `card_codes` is there unless they are fixed, `reward_cost` and
    `currency` once the owner has given them.
    """

    name: str

    stamps_required: int

    reward_description: str

    surplus: Surplus

    cooldown_seconds: int

    daily_stamp_cap: int | None

    reward_valid_days: int | None

    updated_at: str

    version: int

    steps: list[Step]

    opening_stamps: int

    bonus_hours: list[BonusHours]

    birthday: BirthdayGift | None

    win_back: WinBack | None

    referral: ReferralGift | None

    card_codes: CardCodes

    reward_cost: int

    currency: str

    id: int

    title: str | None

    main: bool

    archived: bool

    _models: ClassVar[Models] = {
        "steps": lambda: Step,
        "bonus_hours": lambda: BonusHours,
        "birthday": lambda: BirthdayGift,
        "win_back": lambda: WinBack,
        "referral": lambda: ReferralGift,
    }


class ProgramFigures(Model):
    """The share of one program."""

    program_id: int

    title: str | None

    visits: int

    stamps: StampFigures

    rewards: RewardFigures

    _models: ClassVar[Models] = {
        "stamps": lambda: StampFigures,
        "rewards": lambda: RewardFigures,
    }


class QueuedDeliveries(Model):
    """How many deliveries were queued, and the first of them."""

    queued: int

    delivery_id: int | None


class QueuedImport(Model):
    """A list that was taken, and where to ask what becomes of it."""

    id: int

    status: str

    url: str


class Redeemed(Model):
    """A reward was handed out."""

    transaction_id: int

    reward: Reward

    customer: Customer

    _models: ClassVar[Models] = {
        "reward": lambda: Reward,
        "customer": lambda: Customer,
    }


class RedeemedShare(Model):
    """How many rewards were redeemed and expired in the last days; `share` is null if there was none to redeem."""

    days: int

    redeemed: int

    expired: int

    share: float | None


class ReferralGift(Model):
    """What a shop gives for a friend who was brought along: to both, and to one customer so often a month at most."""

    stamps_for_friend: int
    """A whole number from 1 to one below the goal."""

    stamps_for_referrer: int
    """A whole number from 1 to one below the goal."""

    monthly_cap: int
    """A whole number from 1 to 1000."""


class Reward(Model):
    """A reward as the world sees it."""

    id: int

    customer_id: int

    description: str

    status: RewardStatus

    earned_at: str

    redeemed_at: str | None

    expires_at: str | None

    program_id: int


class RewardEarnedData(Model):
    """Data about one reward and its owner."""

    reward: Reward

    customer: Customer

    _models: ClassVar[Models] = {
        "reward": lambda: Reward,
        "customer": lambda: Customer,
    }


class RewardFigures(Model):
    """Rewards of the period; `outstanding` is what the business owes now; the rate is redeemed per earned."""

    earned: int

    redeemed: int

    expired: int

    outstanding: int

    redemption_rate: float


class RewardsSummary(Model):
    """What a business owes; `cost` is in minor units of `currency`, null without a cost of each reward."""

    outstanding: int

    cost: int | None

    currency: str | None

    programs: list[OwedProgram]

    ages: list[OwedAge]

    branches: list[OwedBranch]

    redeemed: RedeemedShare

    _models: ClassVar[Models] = {
        "programs": lambda: OwedProgram,
        "ages": lambda: OwedAge,
        "branches": lambda: OwedBranch,
        "redeemed": lambda: RedeemedShare,
    }


class StampFigures(Model):
    """Stamps given in the period, and those of them that were undone."""

    added: int

    voided: int


class Stamped(Model):
    """Stamps were added to the card of `program_id`; `rewards` are those that this call earned. `stamps_dropped`
    is how many of them are above the goal and go to no card, because the shop's `surplus` is `reset`; unset if
    none are. `bonus_stamps` are those of the added ones that are a gift of the bonus hours; unset only in
    answers of releases that knew none.
    """

    transaction_id: int

    stamps_added: int

    current_stamps: int

    stamps_required: int

    total_stamps: int

    reward_earned: bool

    rewards: list[Reward]

    customer: Customer

    stamps_dropped: int

    bonus_stamps: int

    program_id: int

    _models: ClassVar[Models] = {
        "rewards": lambda: Reward,
        "customer": lambda: Customer,
    }


class Step(Model):
    """A reward on the way: how many stamps earn it, and what it is."""

    stamps: int
    """A whole number from 1 to 100."""

    reward_description: str
    """A text of 1 to 200 characters, without control characters."""


class Transaction(Model):
    """An entry of the ledger as the world sees it; `rotating_code` is there if a good one was shown for it.
    `stamps` is what it counts for; `stamps_voided` is there if a part was undone, or if it undid a part.
    `bonus_stamps` are those of the `stamps` that are a gift, `occasion` says of what.
    """

    id: int

    type: EntryType

    stamps: int

    customer_id: int

    reward_id: int | None

    branch_id: int | None

    order_ref: str | None

    actor: Actor

    occurred_at: str

    voided_by: int | None

    voids: int | None

    bonus_stamps: int

    occasion: Gift | None

    rotating_code: bool

    stamps_voided: int

    program_id: int

    _models: ClassVar[Models] = {
        "actor": lambda: Actor,
    }


class Unmerged(Model):
    """A merge was taken back: both customers as they are now."""

    customer: Customer

    other: Customer

    _models: ClassVar[Models] = {
        "customer": lambda: Customer,
        "other": lambda: Customer,
    }


class Voided(Model):
    """A stamp or a redemption was undone; `stamps_voided` is how many stamps were, unset if not asked by number."""

    transaction_id: int

    voided_transaction_id: int

    customer: Customer

    stamps_voided: int

    _models: ClassVar[Models] = {
        "customer": lambda: Customer,
    }


class Webhook(Model):
    """An endpoint as the world sees it; of the secret only its last letters."""

    id: int

    url: str

    events: list[str]

    active: bool

    created_at: str

    secret_hint: str

    last_delivery: LastDelivery | None

    _models: ClassVar[Models] = {
        "last_delivery": lambda: LastDelivery,
    }


class WebhookTestData(Model):
    """Data of a test: the endpoint that is tested."""

    webhook_id: int


class WebhookWithSecret(Model):
    """An endpoint with its new secret, which is shown this once."""

    id: int

    url: str

    events: list[str]

    active: bool

    created_at: str

    secret_hint: str

    last_delivery: LastDelivery | None

    secret: str

    _models: ClassVar[Models] = {
        "last_delivery": lambda: LastDelivery,
    }


class WinBack(Model):
    """A gift for a customer who was not here for `after_days`: some stamps, or a reward that is valid for some
    days.
    """

    after_days: int
    """Whole days from 14 to 730 without a visit."""

    stamps: int
    """A whole number from 1 to the goal."""

    reward_description: str
    """A text of 1 to 200 characters, without control characters."""

    valid_days: int
    """Whole days from 1 to 3650; left out, it is for ever."""


class WinBackPreview(Model):
    """How many customers would be written to now, if the shop wrote to those who were away for so many days."""

    after_days: int

    customers: int
