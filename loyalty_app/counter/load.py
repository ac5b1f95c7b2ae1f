"""Loading: reads everything that the requests of a batch are about, before deciding. Nothing is decided here.

Rows are locked first: customers, then totals, each in the order of their ids, so that no two processes deadlock. All
else is asked at once when all locks are held. If all requests are stamps, locks and questions may go together: answers
are then as old as the locks, or milliseconds older (see `Database.gather`). Cards in chats are read last: the later of
two batches sees the cards that the earlier one hung.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from msgspec import UNSET
from sqlalchemy import Connection, Row

from loyalty_app.chat.chats import held_card_of
from loyalty_app.counter.load_merges import kept_ids, lock_kept, read_merges
from loyalty_app.counter.load_referrals import read_referrals
from loyalty_app.counter.merges import MergeRecord
from loyalty_app.counter.orders import (
    OF_TWO,
    Card,
    Claim,
    Erase,
    Expire,
    GiveBirthday,
    GiveStamp,
    GiveWinBack,
    Join,
    Redeem,
    Request,
    Void,
    code_key_of,
    holder_of,
    phone_of,
)
from loyalty_app.counter.replays import KeyedEntry, PastProfile
from loyalty_app.counter.state import BatchState, Key
from loyalty_app.db import idempotency, tables
from loyalty_app.db.bulk import Lookup, Wanted
from loyalty_app.db.engine import Database
from loyalty_app.db.rows import customer_of, entry_of, reward_of, staff_actor, terms_of
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.further_programs import further_programs, is_known
from loyalty_core.ledger import ActorType
from loyalty_core.number_plans import forms_of
from loyalty_core.stamping import is_late

OWN_KEY = ("business_id", "id")
OF_ENDPOINTS = ("business_id", "id", "active", "events")
WHOLE = (Void, GiveBirthday, GiveWinBack, *OF_TWO)
"""Orders for which the whole ledger is read."""

Keeping = tuple[Lookup, Callable[[Row[Any]], None]]
"""A question, and what keeps each row of its answer."""


def load(database: Database, connection: Connection, state: BatchState, requests: Sequence[Request]) -> None:
    """Lock and read what the requests are about, in the transaction of `connection`.

    Unless the state is patient, cards that others hold are stepped over, and noted in `state.held_elsewhere`.
    """
    loading = _Loading(database, connection, state, requests)
    if not state.patient and not loading.others:
        named = loading.named_customers()
        loading.ask_all(locked=named)
        loading.note_held_elsewhere(named)
        lock_kept(state, loading.locked)
    else:
        loading.find_entries_to_void()
        named = loading.named_customers()
        loading.lock_customers(named)
        loading.note_held_elsewhere(named)
        lock_kept(state, loading.locked)
        loading.lock_totals()
        read_merges(database, connection, state, loading.others)
        loading.ask_all()
    loading.read_programs()
    loading.read_ledgers_of_late_stamps()
    loading.read_chat_cards()
    loading.read_histories()


class _Loading:
    """The steps of `load`, in order."""

    def __init__(
        self, database: Database, connection: Connection, state: BatchState, requests: Sequence[Request]
    ) -> None:
        self.database, self.connection = database, connection
        self.state, self.requests = state, requests
        self.others = [request for request in requests if not isinstance(request.order, GiveStamp)]
        """The requests for anything but a stamp: nearly always none."""
        self.with_cards: set[Key] = set()

    def _fetch(self, lookup: Lookup, *, lock: bool = False) -> Sequence[Row[Any]]:
        return self.database.fetch(self.connection, lookup.table, lookup.columns, lookup.wanted, lock=lock)

    def find_entries_to_void(self) -> None:
        wanted = [(r.business_id, r.order.transaction_id) for r in self.others if isinstance(r.order, Void)]
        for row in self._fetch(Lookup(tables.transaction, OWN_KEY, wanted)):
            self.state.targets[row.business_id, row.id] = row.customer_id

    def lock_customers(self, lookups: tuple[Lookup, Lookup]) -> None:
        by_id, _ = lookups
        named = [row for lookup in lookups for row in self._fetch(lookup)]
        self.state.claimable = self._claimable()
        ids = {*by_id.wanted, *((row.business_id, row.id) for row in named), *self.state.claimable}
        ids |= kept_ids(self.database, self.connection, named)
        for row in self.locked(Lookup(tables.customer, OWN_KEY, ids)):
            self.state.keep_customer(customer_of(row))

    def locked(self, lookup: Lookup) -> Sequence[Any]:
        """Lock rows; unless the state is patient, those that somebody else holds are left out."""
        if self.state.patient:
            return self._fetch(lookup, lock=True)
        return self.database.gather(self.connection, (), ids=None, locked=(lookup,), patient=False).locked

    def note_held_elsewhere(self, named: tuple[Lookup, Lookup]) -> None:
        """Note which of the named and claimable customers are there, but locked by somebody else."""
        state, (by_id, by_code) = self.state, named
        if state.patient:
            return
        ids = {*by_id.wanted, *state.claimable} - state.customers.keys()
        codes = set(by_code.wanted) - state.customers_by_code.keys()
        if not (ids or codes):
            return
        asked = Lookup(tables.customer, OWN_KEY, ids), Lookup(tables.customer, by_code.columns, codes)
        for row in (row for lookup in asked for row in self._fetch(lookup)):
            state.held_elsewhere |= {(row.business_id, row.id), (row.business_id, row.qr_code)}

    def named_customers(self) -> tuple[Lookup, Lookup]:
        """The customers that requests name, by id and by code."""
        cards = {card for request in self.requests for card in self._cards(request)}
        ids: list[Wanted] = [card for card in cards if isinstance(card[1], int)]
        codes: list[Wanted] = [card for card in cards if isinstance(card[1], str)]
        return Lookup(tables.customer, OWN_KEY, ids), Lookup(tables.customer, ("business_id", "qr_code"), codes)

    def _cards(self, request: Request) -> tuple[Card, ...]:
        if isinstance(request.order, Void):
            customer_id = self.state.targets.get((request.business_id, request.order.transaction_id))
            return () if customer_id is None else ((request.business_id, customer_id),)
        return request.cards

    def _claimable(self) -> set[Key]:
        """The customers that claims may change: those in the chat, and those with the phone number."""
        claims = [(r.business_id, r.order) for r in self.others if isinstance(r.order, Claim)]
        people: list[Wanted] = [(business, order.holder.user_id) for business, order in claims]
        phones: list[Wanted] = [(business, form) for business, order in claims for form in forms_of(order.phone)]
        in_chats = self._fetch(Lookup(tables.telegram_card, ("business_id", "user_id"), people))
        by_phone = self._fetch(Lookup(tables.customer, ("business_id", "phone"), phones))
        merged = self._fetch(Lookup(tables.customer_merge, ("business_id", "phone"), phones))
        found = {(row.business_id, row.customer_id) for row in in_chats} | {
            (row.business_id, row.id) for row in by_phone
        }
        return found | {(row.business_id, row.into_id) for row in merged}

    def lock_totals(self) -> None:
        """Read the number of customers if that, or who holds which card, may change.

        All totals that may change are locked, in the order of their ids.
        """
        if not any(isinstance(r.order, Join | Claim) for r in self.others):
            return
        shops = {(r.business_id,) for r in self.requests}
        for row in self._fetch(Lookup(tables.business_total, ("business_id",), shops), lock=True):
            self.state.customer_counts[row.business_id] = row.customers
            self.state.customers_before[row.business_id] = row.customers

    def ask_all(self, *, locked: Sequence[Lookup] = ()) -> None:
        """Ask for everything else at once; first lock and keep the customers of `locked`."""
        asked = [*self._about_shops(), *self._about_customers(), *self._about_names(), *self._about_cards(locked)]
        lookups = [lookup for lookup, _ in asked]
        gathered = self.database.gather(
            self.connection, lookups, ids=self.state.ids, locked=locked, patient=self.state.patient
        )
        for row in gathered.locked:
            self.state.keep_customer(customer_of(row))
        if lookups[-1].of_locked:
            self.with_cards |= self.state.customers.keys()
        for (_, keep), rows in zip(asked, gathered.answers, strict=True):
            for row in rows:
                keep(row)
        self.state.further_cards.deal_out(self.state.customers)

    def _about_shops(self) -> Iterator[Keeping]:
        """The shops, their webhook endpoints, and the callers who are on the staff now."""

        def keep_business(row: Row[Any]) -> None:
            self.state.businesses[row.id] = self.state.versions.business_of(row)

        def keep_staff(row: Row[Any]) -> None:
            if row.removed_at is None:
                self.state.staff[row.business_id, row.id] = staff_actor(row)

        shops = {(request.business_id,) for request in self.requests}
        yield Lookup(tables.business, ("id",), shops, only=Business.__struct_fields__), keep_business
        yield Lookup(tables.webhook_endpoint, ("business_id",), shops, only=OF_ENDPOINTS), self.state.endpoints.append
        actors = [(r.business_id, r.caller.actor) for r in self.requests if r.caller.actor.type is ActorType.STAFF]
        yield Lookup(tables.staff, OWN_KEY, [(business, actor.id) for business, actor in actors]), keep_staff

    def _about_customers(self) -> Iterator[Keeping]:
        """The whole ledgers for undos and claims, and the rewards of customers whose requests need them."""
        state, columns = self.state, ("business_id", "customer_id")
        state.with_whole_ledger = self._customers_of(r for r in self.others if isinstance(r.order, WHOLE))
        ledgers = state.with_whole_ledger | state.claimable
        yield Lookup(tables.transaction, columns, ledgers), lambda row: state.keep_entry(entry_of(row))
        some = self._customers_of(r for r in self.others if isinstance(r.order, Redeem | Erase | Expire))
        yield Lookup(tables.reward, columns, some | ledgers), lambda row: state.keep_reward(reward_of(row))

    def _about_cards(self, locked: Sequence[Lookup]) -> Iterator[Keeping]:
        """The cards of further programs of the customers locked along; of shops that are known to have several."""
        if locked and any(request.business_id in self.state.versions.further for request in self.requests):
            yield Lookup(tables.card, ("business_id", "customer_id"), of_locked=True), self.state.further_cards.keep

    def _customers_of(self, requests: Iterable[Request]) -> set[Key]:
        named = (card for request in requests for card in self._cards(request))
        customers = (self.state.find_customer(*card) for card in named)
        return {(customer.business_id, customer.id) for customer in customers if customer}

    def _about_names(self) -> Iterator[Keeping]:
        """What is stored under the idempotency keys, order references, branches and phone numbers of requests."""
        state = self.state

        def keep_answer(row: Row[Any]) -> None:
            state.answers[row.business_id, row.key] = idempotency.kept_answer_of(row)

        def keep_order_ref(row: Row[Any]) -> None:
            state.stamped_orders[row.business_id, row.order_ref] = row.id

        def keep_phone(row: Row[Any]) -> None:
            state.keep_phone(row.business_id, row.phone, row.id)

        def keep_keyed_entry(row: Row[Any]) -> None:
            state.replays.entries[row.business_id, row.once_key] = KeyedEntry(entry_of(row), row.once)

        keys = [(r.business_id, r.key) for r in self.requests if r.key is not None]
        yield idempotency.lookup(keys), keep_answer
        numbers = [(r.business_id, r.once_key) for r in self.requests if r.key is not None]
        yield Lookup(tables.transaction, ("business_id", "once_key"), numbers), keep_keyed_entry
        stamps = [(r.business_id, r.order.stamp) for r in self.requests if isinstance(r.order, GiveStamp)]
        refs: list[Wanted] = [(business, stamp.order_ref) for business, stamp in stamps if stamp.order_ref]
        yield Lookup(tables.transaction, ("business_id", "order_ref"), refs, null=("voided_by",)), keep_order_ref
        sealed: list[Wanted] = [(r.business_id, code_key_of(seal)) for r in self.requests if (seal := r.seal)]
        yield (
            Lookup(tables.transaction, ("business_id", "code_key"), sealed),
            lambda row: state.keep_code_use(entry_of(row)),
        )
        branches: list[Wanted] = [(business, stamp.branch_id) for business, stamp in stamps if stamp.branch_id]
        yield (
            Lookup(tables.branch, OWN_KEY, branches),
            lambda row: state.branches.update({(row.business_id, row.id): row.closed_at}),
        )
        named = [(r.business_id, phone) for r in self.others if (phone := phone_of(r))]
        phones: list[Wanted] = [(business, form) for business, phone in named for form in forms_of(phone)]
        yield Lookup(tables.customer, ("business_id", "phone"), phones), keep_phone
        yield (
            Lookup(tables.customer_merge, ("business_id", "phone"), phones),
            lambda row: state.merges.keep(MergeRecord.of(row)),
        )

    def read_programs(self) -> None:
        """Read the programs of shops that have a version we do not know yet, and the cards of further programs."""
        stale = [(shop.id,) for shop in self.state.versions.lacking(self.state.businesses.values())]
        rows = self._fetch(Lookup(tables.program, ("business_id",), stale))
        for (number,) in stale:
            terms = (terms_of(row) for row in rows if row.business_id == number)
            self.state.versions.keep(number, tuple(sorted(terms, key=lambda version: version.version)))
        self._read_further_programs()

    def _read_further_programs(self) -> None:
        """What shops have beside the program with which they began; most have nothing, and cost nothing."""
        several, known = [shop for shop in self.state.businesses.values() if shop.programs_version], self.state.versions
        stale = [shop for shop in several if not is_known(shop, known.further.get(shop.id))]
        if stale:
            shops = [(shop.id,) for shop in stale]
            programs = self._fetch(Lookup(tables.shop_program, ("business_id",), shops))
            terms = self._fetch(Lookup(tables.program_terms, ("business_id",), shops))
            for shop in stale:
                known.keep_further(shop.id, further_programs(shop, programs, terms))
        self.read_cards()

    def read_cards(self) -> None:
        """Read the cards of further programs of customers who are known by now; those are locked with the customers."""
        unread = self.state.customers.keys() - self.with_cards
        several = {shop.id for shop in self.state.businesses.values() if shop.programs_version} if unread else ()
        wanted = {key for key in unread if key[0] in several}
        self.with_cards |= wanted
        for row in self._fetch(Lookup(tables.card, ("business_id", "customer_id"), wanted)):
            self.state.further_cards.keep(row)
        self.state.further_cards.deal_out(self.state.customers)

    def read_ledgers_of_late_stamps(self) -> None:
        """Read what else decides about stamps that were given earlier; their customers are locked."""
        late = self._customers_of(
            request
            for request in self.requests
            if isinstance(request.order, GiveStamp)
            and request.order.stamp.occurred_at is not UNSET
            and request.business_id in self.state.businesses
            and any(
                is_late(request.order.stamp, program.terms)
                for program in self.state.program(request.business_id).all_of_shop
            )
        )
        if late:
            for row in self._fetch(Lookup(tables.transaction, ("business_id", "customer_id"), late)):
                self.state.keep_entry(entry_of(row))

    def read_chat_cards(self) -> None:
        """Read who holds which cards. Customers that were not locked are for reading only."""
        state = self.state
        people: list[Wanted] = [(r.business_id, holder.user_id) for r in self.others if (holder := holder_of(r))]
        of_two = self._customers_of(r for r in self.others if isinstance(r.order, OF_TWO))
        rows = [
            *self._fetch(Lookup(tables.telegram_card, ("business_id", "user_id"), people)),
            *self._fetch(Lookup(tables.telegram_card, ("business_id", "customer_id"), state.claimable | of_two)),
        ]
        cards = [held_card_of(row) for row in rows]
        for card in cards:
            state.chat_cards.keep(card)
        read_referrals(self.database, self.connection, state, self.others)
        if any(isinstance(r.order, Claim) for r in self.others):
            chats: list[Wanted] = [(card.bot_id, card.user_id) for card in cards]
            ended = self._fetch(Lookup(tables.telegram_chat, ("bot_id", "chat_id"), chats))
            state.chat_cards.gone = {(row.bot_id, row.chat_id) for row in ended if row.blocked_at is not None}
        unknown = {(card.business_id, card.customer_id) for card in cards} - state.customers.keys()
        for row in self._fetch(Lookup(tables.customer, OWN_KEY, unknown)):
            state.keep_customer(customer_of(row))
        self.read_cards()

    def read_histories(self) -> None:
        """Read what the answers of earlier entries are made of again, if any was asked for."""
        entries = [(business, kept) for (business, _), kept in self.state.replays.entries.items()]
        theirs = {(business, whose) for business, kept in entries for whose in {kept.entry.customer_id, kept.whose}}
        columns = ("business_id", "customer_id")
        for row in self._fetch(Lookup(tables.customer, OWN_KEY, theirs - self.state.customers.keys())):
            self.state.keep_customer(customer_of(row))
        self.read_cards()
        for row in self._fetch(Lookup(tables.reward, columns, theirs)):
            self.state.keep_reward(reward_of(row))
        for row in self._fetch(Lookup(tables.past_profile, columns, theirs)):
            self.state.replays.profiles[row.business_id, row.customer_id].append(PastProfile.of(row))
