"""The state of a batch: what is known about its cards, and what is to be written.

`load` fills it and `write` stores the changes. In between `apply` records each decided change, so that the next request
sees it. Plain data: no queries, no decisions.
"""

from collections import defaultdict
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import Struct, structs
from sqlalchemy import Row

from loyalty_app.counter.answers import AnyOutcome
from loyalty_app.counter.chat_cards import ChatCards
from loyalty_app.counter.further_cards import FurtherCards
from loyalty_app.counter.merges import Merges, leave_former_owners
from loyalty_app.counter.orders import Card, Claim, CustomerRef, Request, Void
from loyalty_app.counter.referrals import Referrals
from loyalty_app.counter.replays import REPEATABLE, Replays, once_of, past_profile_of
from loyalty_app.counter.totals_delta import TotalsDelta, living
from loyalty_app.counter.versions import Versions
from loyalty_app.db.idempotency import KeptAnswer, KeyOfBusiness, check_of
from loyalty_app.ids import Ids, Kind
from loyalty_app.shops.businesses import Business
from loyalty_app.webhooks.outbox import EventIds
from loyalty_core.changes import Change
from loyalty_core.customers import Customer
from loyalty_core.events import Event
from loyalty_core.ledger import Actor, Entry, EntryType
from loyalty_core.number_plans import one_number
from loyalty_core.programs import Program
from loyalty_core.rewards import Reward
from loyalty_core.several_programs import ProgramNotFound
from loyalty_core.views import program_number, utc

_profile = attrgetter(
    "name", "phone", "email", "birthday", "birthday_set_at", "opted_out_at", "created_at", "erased_at", "merged_into"
)
"""A customer's profile, and everything else that a change of the card alone leaves."""
Key = tuple[int, int]
"""A business's id and the id of something it owns."""


class Overtaken(Exception):
    """Somebody else has changed what would have to be locked: the request is decided again."""


class NewEvent(Struct, frozen=True):
    """An event to be written, its webhook-id, and the customer after it."""

    id: str
    event: Event
    customer: Customer


class Undone(NamedTuple):
    """An entry from before this batch, and the one that undoes it."""

    business_id: int
    entry_id: int
    voided_by: int


class BatchState:
    """What one batch knows, and what it will write: of everything only the last state."""

    def __init__(self, ids: Ids, versions: Versions, *, patient: bool = True) -> None:
        self.ids, self.versions, self.patient = ids, versions, patient
        self.now: datetime  # from `begin` on, in UTC
        self._event_ids: EventIds  # the same

        # What is known. Decisions change all of it but shops, staff, branches and endpoints.
        self.businesses: dict[int, Business] = {}
        self.endpoints: list[Row[Any]] = []
        self.staff: dict[Key, Actor] = {}
        self.branches: dict[Key, datetime | None] = {}
        self.customers: dict[Key, Customer] = {}
        self.customers_by_code, self.customers_by_phone = dict[tuple[int, str], int](), dict[tuple[int, str], int]()
        self.customer_counts: dict[int, int] = defaultdict(int)
        self.customers_before: dict[int, int] = {}  # at the beginning, if any may join
        self.claimable: set[Key] = set()  # locked customers that a claim may change
        self.held_elsewhere: set[Card] = set()
        """Cards that somebody else has locked, by their customer's id and code: this batch steps over them."""
        self.targets: dict[Key, int] = {}  # entries to undo, and whose they were before the locks
        self.with_whole_ledger: set[Key] = set()
        self.entries: dict[Key, Entry] = {}
        self.stamped_orders: dict[tuple[int, str], int] = {}  # the entries that have these order references
        self.code_uses: dict[Key, dict[EntryType, datetime]] = {}  # by the numbers of rotating codes
        self.rewards: dict[Key, dict[int, Reward]] = {}
        self.answers: dict[KeyOfBusiness, KeptAnswer] = {}
        self.replays, self.chat_cards, self.merges, self.referrals = Replays(), ChatCards(), Merges(), Referrals()
        self.further_cards, self._programs = FurtherCards(), dict[int, Program]()

        # What is to be written, besides the new and changed cards in chats.
        self.new_customers: dict[int, Customer] = {}
        self.changed_customers: dict[int, Customer] = {}
        self.changed_profiles: set[int] = set()
        """Changed customers whose profile changed too; for the others only the card is written."""
        self.new_entries: dict[int, Entry] = {}
        self.undone, self.rewritten = list[Undone](), dict[int, Entry]()
        self.new_rewards, self.changed_rewards = dict[int, Reward](), dict[int, Reward]()
        self.new_events: list[NewEvent] = []
        self.new_answers: list[KeyOfBusiness] = []
        self.erased: list[Key] = []
        self.totals = TotalsDelta()

    def begin(self, now: datetime) -> None:
        """Set the moment of all decisions. Call it after the locks: a request that waited for a card comes later."""
        self.now, self._event_ids = utc(now), EventIds(now)
        self._local_now: dict[int, datetime] = {}
        self._now_in_zones: dict[tuple[str, str | None], datetime] = {}

    def local_now(self, business_id: int) -> datetime:
        """That moment by the clock of a business."""
        local = self._local_now.get(business_id)
        if local is None:
            shop = self.businesses[business_id]
            zone = shop.timezone, shop.past_timezones
            local = self._now_in_zones.get(zone)
            if local is None:
                local = self._now_in_zones[zone] = self.now.astimezone(shop.zone)
            self._local_now[business_id] = local
        return local

    def keep_customer(self, customer: Customer) -> None:
        """Remember a customer."""
        business_id = customer.business_id
        self.customers[business_id, customer.id] = customer
        self.customers_by_code[business_id, customer.qr_code] = customer.id
        if customer.phone:
            self.keep_phone(business_id, customer.phone, customer.id)

    def keep_phone(self, business_id: int, phone: str, customer_id: int) -> None:
        """Remember who has a telephone. If several have, in different forms, it is the one with the kept form."""
        number = one_number(phone)
        if phone == number or (business_id, number) not in self.customers_by_phone:
            self.customers_by_phone[business_id, number] = customer_id

    def keep_entry(self, entry: Entry) -> None:
        """Remember an entry."""
        self.entries[entry.business_id, entry.id] = entry

    def keep_code_use(self, entry: Entry) -> None:
        """Remember which rotating code an entry used up."""
        self.code_uses.setdefault((entry.business_id, entry.code_key or 0), {})[entry.type] = entry.occurred_at

    def keep_reward(self, reward: Reward) -> None:
        """Remember a reward."""
        self.rewards.setdefault((reward.business_id, reward.customer_id), {})[reward.id] = reward

    def find_customer(self, business_id: int, ref: CustomerRef) -> Customer | None:
        """The customer, erased or not; None if there is none. A merged one leads to the other."""
        named = self.row_of(business_id, ref)
        return named if named is None or named.merged_into is None else self.kept(business_id, named.merged_into)

    def row_of(self, business_id: int, ref: CustomerRef) -> Customer | None:
        """The same, but a merged customer stands for themselves."""
        customer_id = self.customers_by_code.get((business_id, ref)) if isinstance(ref, str) else ref
        return self.customers.get((business_id, customer_id)) if customer_id is not None else None

    def kept(self, business_id: int, customer_id: int) -> Customer | None:
        """The customer with an id, or into whom they were merged."""
        customer = self.customers.get((business_id, customer_id))
        while customer is not None and customer.merged_into is not None:
            customer = self.customers.get((business_id, customer.merged_into))
        return customer

    def is_held_elsewhere(self, request: Request) -> bool:
        """Whether somebody else holds a card that the request may change; a claim may change any of them."""
        if not self.held_elsewhere:
            return False
        match request.order:
            case Claim():
                return True
            case Void(transaction_id=target):
                customer_id = self.targets.get((request.business_id, target))
                return customer_id is not None and (request.business_id, customer_id) in self.held_elsewhere
        return any(card in self.held_elsewhere for card in request.cards)

    def customer_in_chat(self, business_id: int, user_id: int) -> Customer | None:
        """The customer whose card a person holds in a chat, through any bot; None if there is none but erased ones."""
        owners = (self.customers[business_id, number] for number in self.chat_cards.of_person(business_id, user_id))
        return next((customer for customer in owners if customer.erased_at is None), None)

    def claimed(self, business_id: int, customer_id: int) -> Customer:
        """A customer that a claim may change. Raises Overtaken if they were not locked in time."""
        if (business_id, customer_id) not in self.claimable:
            raise Overtaken
        return self.customers[business_id, customer_id]

    def program(self, business_id: int) -> Program:
        """The main program of a business."""
        if business_id not in self._programs:
            self._programs[business_id] = self.versions.program_of(self.businesses[business_id])
        return self._programs[business_id]

    def program_of(self, business_id: int, program_id: int | None) -> Program:
        """A program of a business. Raises ProgramNotFound."""
        turned = self.program(business_id).turned_to(program_id)
        if turned is None:
            raise ProgramNotFound(program_number(business_id, program_id))
        return turned

    def entries_of(self, customer: Customer) -> tuple[Entry, ...]:
        """All known entries of a customer, by id."""
        theirs = (entry for entry in self.entries.values() if entry.customer_id == customer.id)
        return tuple(sorted(theirs, key=lambda entry: entry.id))

    def ledger_of(self, customer: Customer) -> tuple[Entry, ...]:
        """The known entries of the card at hand, by id."""
        return tuple(entry for entry in self.entries_of(customer) if entry.program_id == customer.program_id)

    def rewards_of(self, customer: Customer) -> tuple[Reward, ...]:
        """The known rewards of a customer."""
        return tuple(self.rewards.get((customer.business_id, customer.id), {}).values())

    def apply(self, change: Change[AnyOutcome]) -> list[str]:
        """Record a change, for later requests and for writing; return the webhook-ids of its events."""
        customer = change.customer
        before = self.customers.get((customer.business_id, customer.id))
        self.totals.add(change, before)
        self._apply_customer(customer, before)
        if change.rewritten:
            leave_former_owners(self.rewards, change.settled)
        self._apply_rewards(change.issued, change.settled)
        if change.opening:
            self._apply_entry(change.opening, ())
        if change.entry:
            self._apply_entry(change.entry, change.voided)
            if change.opening:
                self.replays.openings[change.entry.id] = change.opening.id
        for entry in change.rewritten:
            self._rewrite(entry)
        self.new_events += (new := [NewEvent(self._event_ids.next(), event, customer) for event in change.events])
        return [one.id for one in new]

    def _apply_customer(self, customer: Customer, before: Customer | None) -> None:
        key = customer.business_id, customer.id
        if before is None:
            self.ids.take(Kind.CUSTOMER)
            self.claimable.add(key)
        elif _profile(before) != _profile(customer):
            self.changed_profiles.add(customer.id)
            self.replays.keep_profile(past_profile_of(before))
            if before.phone and before.phone != customer.phone:
                self.customers_by_phone.pop((customer.business_id, one_number(before.phone)), None)
        is_new = before is None or customer.id in self.new_customers
        (self.new_customers if is_new else self.changed_customers)[customer.id] = customer
        if customer.others or customer.program_id is not None or (before and before.others):
            self.further_cards.note(customer, before)
        if before is None or before.erased_at is not customer.erased_at:
            self.customer_counts[customer.business_id] += living(customer) - living(before)
        if before is not None and (before.qr_code, before.phone) == (customer.qr_code, customer.phone):
            self.customers[key] = customer  # found as before
        else:
            self.keep_customer(customer)
        if customer.erased_at is not None and customer.merged_into is None:
            self._forget(key)

    def _forget(self, key: Key) -> None:
        """Drop unwritten events, earlier answers and profiles of an erased customer; figures stay."""
        self.erased.append(key)
        self.replays.forget(key)
        self.new_events = [one for one in self.new_events if (one.customer.business_id, one.customer.id) != key]
        for name, kept in self.answers.items():
            if (kept.business_id, kept.customer_id) == key:
                self.answers[name] = structs.replace(kept, body=None)

    def _apply_rewards(self, issued: tuple[Reward, ...], settled: tuple[Reward, ...]) -> None:
        if not issued and not settled:
            return
        if issued:
            self.ids.take_rewards(len(issued))
            self.new_rewards.update({reward.id: reward for reward in issued})
        for reward in settled:
            (self.new_rewards if reward.id in self.new_rewards else self.changed_rewards)[reward.id] = reward
        for reward in (*issued, *settled):
            self.keep_reward(reward)

    def _apply_entry(self, entry: Entry, voided: tuple[int, ...]) -> None:
        self.ids.take(Kind.TRANSACTION)
        self.new_entries[entry.id] = entry
        self.keep_entry(entry)
        if entry.order_ref:
            self.stamped_orders[entry.business_id, entry.order_ref] = entry.id
        if entry.code_key is not None:
            self.keep_code_use(entry)
        for number in voided:
            self._void(number, entry)

    def _void(self, number: int, by: Entry) -> None:
        undone = structs.replace(self.entries[by.business_id, number], voided_by=by.id)
        self.keep_entry(undone)
        if undone.order_ref:
            self.stamped_orders.pop((by.business_id, undone.order_ref), None)
        if number in self.new_entries:
            self.new_entries[number] = undone
        else:
            self.undone.append(Undone(by.business_id, number, by.id))

    def _is_about_another(self, entry: Entry) -> bool:
        """Whether it is about a reward or an entry of somebody who was merged into the customer."""
        reward = self.rewards.get((entry.business_id, entry.customer_id), {}).get(entry.reward_id or 0)
        undone = self.entries.get((entry.business_id, entry.voids or 0))
        return any(one is not None and one.of_customer is not None for one in (reward, undone))

    def _rewrite(self, entry: Entry) -> None:
        self.keep_entry(entry)
        (self.new_entries if entry.id in self.new_entries else self.rewritten)[entry.id] = entry

    def keep_answer(self, request: Request, customer_id: int, outcome: AnyOutcome, body: bytes) -> None:
        """Keep an answer about a customer under the caller's idempotency key, if there is one."""
        if request.key is None:
            return
        key, fingerprint = (request.business_id, request.key), request.fingerprint()
        self.answers[key] = KeptAnswer(
            business_id=request.business_id,
            key=request.key,
            fingerprint=fingerprint,
            customer_id=customer_id,
            body=body,
            created_at=self.now,
        )
        if isinstance(outcome, REPEATABLE):
            entry = self.new_entries[outcome.transaction_id]
            opened = self.replays.openings.get(entry.id, entry.id)
            check = check_of(request.key, fingerprint)
            terms = self.versions.terms[request.business_id]
            once = once_of(
                check, outcome, entry, terms, opened=entry.id - opened, brought=self._is_about_another(entry)
            )
            self.replays.once[outcome.transaction_id] = request.once_key, once
        else:
            self.new_answers.append(key)
