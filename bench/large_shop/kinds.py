"""The reads of a large shop, by kind: what the pages of the desk and the API ask for. Nothing is measured here."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from urllib.parse import urlencode

import msgspec

from bench.crowd.shape import code_of
from bench.crowd.store import Place
from bench.query_times import Verb
from loyalty_app.customers.analytics import count_rewards
from loyalty_app.customers.analytics_shares import read_analytics
from loyalty_app.customers.branch_entries import Share
from loyalty_app.customers.changed_since import ChangedSince
from loyalty_app.customers.lists import (
    RewardSearch,
    Search,
    list_customers,
    list_owed,
    list_rewards,
    list_transactions,
    show_customer,
)
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.customers.staff_work import list_deeds
from loyalty_app.customers.transactions import LedgerSearch
from loyalty_app.pagination import PageRequest, make_cursor
from loyalty_app.webhooks.event_log import list_events
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus

NOW = datetime.now(UTC)
DRAWN = 12
FIRST, DEEP = PageRequest(), PageRequest(page=200)
OTHER = 999_999
"""The number of a program or a branch that has nothing."""
SEARCHED = {
    "a name that one in ten has": ("ana", "hana", "ivo", "jana"),
    "one letter": ("a", "h", "g", "b"),
    "two or three letters": ("ha", "fi", "adl", "gar"),
    "two frequent beginnings": ("an ad", "ha f", "chen fis", "g h"),
    "three beginnings": ("an a g", "ha fi ex", "chen f guest"),
    "the domain that all have": ("example.com",),
    "nobody": ("zzyzx", "qqq ana", "0151 99999999"),
    "another script": ("мария", "김", "محمد"),
}


class Kind(msgspec.Struct, frozen=True):
    """A kind of read: its name, what is asked of the database, and by which paths the API is asked for the same."""

    name: str
    verbs: Sequence[Verb]
    paths: Sequence[str] = ()


class Kinds:
    """All kinds for one crowd."""

    def __init__(self, place: Place) -> None:
        dice = Random(1)  # dice, not secrets
        self.shop, self.last = place.shops[0], place.crowd.customers
        self.top = place.crowd.slots * self.last
        self.drawn = [dice.randint(1, self.last) for _ in range(DRAWN)]

    def all(self) -> list[Kind]:
        """All of them."""
        return [*self._customers(), *self._searches(), *self._ledger(), *self._rewards(), *self._summaries()]

    def _customers(self) -> list[Kind]:
        shop, hour = self.shop, NOW - timedelta(hours=1)
        cursors = [make_cursor("customers", number) for number in self.drawn]
        codes = [code_of(number) for number in self.drawn]
        looked = [partial(show_customer, business=shop, ref=code, now=NOW) for code in codes]
        changed = Search(changed=ChangedSince(hour, NOW))
        cards = [partial(list_transactions, business=shop, ref=CustomerId(one), wanted=FIRST) for one in self.drawn]
        by_cursor = [self._page(PageRequest(cursor=one)) for one in cursors]
        return [
            Kind("a customer by code", looked, [f"/customers/qr/{code}" for code in codes]),
            Kind("customers, the first page", [self._page(FIRST)], ["/customers"]),
            Kind("customers, page 200", [self._page(DEEP)], ["/customers?page=200"]),
            Kind("customers, by cursor", by_cursor, [f"/customers?cursor={one}" for one in cursors]),
            Kind("customers, 100 at once", [self._page(PageRequest(limit=100))], ["/customers?limit=100"]),
            Kind("customers who changed in an hour", [self._page(FIRST, changed)]),
            Kind("the transactions of a card", cards, [f"/customers/{one}/transactions" for one in self.drawn]),
        ]

    def _page(self, wanted: PageRequest, search: Search | None = None) -> Verb:
        return partial(list_customers, business=self.shop, search=search or Search(), wanted=wanted, now=NOW)

    def _searches(self) -> list[Kind]:
        numbers = [f"0171 {number:08}" for number in self.drawn]
        typed: dict[str, Sequence[str]] = {
            **SEARCHED,
            "a phone number": numbers,
            "the beginning of a number": [number[:8] for number in numbers],
            "the last four digits": [number[-4:] for number in numbers],
            "an e-mail address": [f"guest{number}@example.com" for number in self.drawn],
            "a name and an address": [f"chen guest{number}" for number in self.drawn],
        }
        kinds = [Kind(f"q: {name}", [self._named(q) for q in some], _asked(some)) for name, some in typed.items()]
        far = [PageRequest(cursor=make_cursor("customers", number)) for number in self.drawn]
        deep = [self._named("hana", DEEP), self._named("an ad", PageRequest(page=100))]
        return [
            *kinds,
            Kind("q: a frequent name, page 200", deep),
            Kind("q: a frequent name, by cursor", [self._named("hana", one) for one in far]),
        ]

    def _named(self, q: str, wanted: PageRequest = FIRST) -> Verb:
        return self._page(wanted, Search(q=q))

    def _ledger(self) -> list[Kind]:
        month, day = NOW - timedelta(days=30), NOW - timedelta(days=300)
        middle = PageRequest(cursor=make_cursor("ledger", self.top // 2))
        events = partial(list_events, business_id=self.shop.id, since=month + timedelta(hours=1), now=NOW, wanted=FIRST)
        return [
            Kind("the ledger, the first page", [self._deeds()], ["/transactions"]),
            Kind("the ledger, page 200", [self._deeds(DEEP)], ["/transactions?page=200"]),
            Kind("the ledger, by cursor", [self._deeds(middle)]),
            *(
                Kind(f"the ledger by {one}", [self._deeds(type=one)], [f"/transactions?type={one}"])
                for one in EntryType
            ),
            Kind("the ledger by redeem, page 200", [self._deeds(DEEP, type=EntryType.REDEEM)]),
            Kind("the ledger by customer", [self._deeds(customer=number) for number in self.drawn]),
            Kind("the ledger by branch", [self._deeds(branch_id=OTHER)]),
            Kind("the ledger by person", [self._deeds(staff_id=1, since=month)]),
            Kind("the ledger by order", [self._deeds(order_ref="none")], ["/transactions?order_ref=none"]),
            Kind("the ledger by another program", [self._deeds(program_id=OTHER)]),
            Kind("the ledger of the last month", [self._deeds(since=month)]),
            Kind("the ledger of a day long ago", [self._deeds(since=day, until=day + timedelta(days=1))]),
            Kind("events", [events], ["/events"]),
        ]

    def _deeds(self, wanted: PageRequest = FIRST, **search: Any) -> Verb:  # noqa: ANN401  # whatever is searched for
        return partial(list_deeds, business=self.shop, search=LedgerSearch(**search), wanted=wanted)

    def _rewards(self) -> list[Kind]:
        shop, middle = self.shop, PageRequest(cursor=make_cursor("owed", self.top // 2))
        owed = partial(list_owed, business=shop, now=NOW)
        redeemed = RewardStatus.REDEEMED
        return [
            Kind("rewards, the first page", [self._page_of_rewards()], ["/rewards"]),
            *(
                Kind(f"rewards that are {one}", [self._page_of_rewards(status=one)], [f"/rewards?status={one}"])
                for one in RewardStatus
            ),
            Kind("rewards that are available, page 200", [self._page_of_rewards(DEEP, status=RewardStatus.AVAILABLE)]),
            Kind("rewards of a customer", [self._page_of_rewards(customer=number) for number in self.drawn]),
            Kind("rewards of another program", [self._page_of_rewards(status=redeemed, program_id=OTHER)]),
            Kind("what is owed, with names", [partial(owed, wanted=FIRST)]),
            Kind("what is owed, by cursor", [partial(owed, wanted=middle)]),
            Kind(
                "how many rewards have each status",
                [lambda c: [count_rewards(c, shop.id, s, now=NOW) for s in RewardStatus]],
            ),
        ]

    def _page_of_rewards(self, wanted: PageRequest = FIRST, **search: Any) -> Verb:  # noqa: ANN401  # the same
        return partial(list_rewards, business=self.shop, search=RewardSearch(now=NOW, **search), wanted=wanted)

    def _summaries(self) -> list[Kind]:
        whole = partial(read_analytics, business=self.shop, share=Share(), now=NOW)
        return [
            *(
                Kind(f"a summary of {days} days", [partial(whole, days=days)], [f"/analytics?days={days}"])
                for days in (1, 7, 30, 90, 365)
            ),
            Kind(
                "a summary of what is owed",
                [partial(read_rewards_summary, business=self.shop, now=NOW)],
                ["/rewards/summary"],
            ),
        ]


def _asked(typed: Sequence[str]) -> list[str]:
    return [f"/customers?{urlencode({'q': q})}" for q in typed]
