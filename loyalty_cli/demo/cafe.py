"""The café of `loyalty demo`: its regulars, how often they come, and four weeks of history, made in a second.

The history goes through the counter like any other visit, with a clock that is moved. Nothing here is real.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from loyalty_app.counter import Caller, Counter
from loyalty_app.db.engine import Database
from loyalty_app.shops.businesses import NewBusiness, first_terms
from loyalty_app.shops.invites import invite
from loyalty_app.shops.opening import FIRST_KEY, Opened, open_shop
from loyalty_core.access import Plan, Role
from loyalty_core.customers import Profile
from loyalty_core.ledger import Actor, ActorType
from loyalty_core.stamping import RedeemOrder, StampOrder
from loyalty_core.views import CustomerView

DAYS = 28
GOAL = 8
CAFE = NewBusiness(
    name="Moon & Muffin", plan=Plan.ENTERPRISE, timezone="Europe/Lisbon", country="PT", rate_limit=100_000
)
CAFE_ZONE = ZoneInfo(CAFE.timezone)
REWARD = "A coffee and a muffin on the house"


class Regular(NamedTuple):
    """A regular: the days since the first visit, and how many visits so far. A reward is redeemed at the next visit."""

    name: str
    since: int
    visits: int


# The first one lacks one stamp for a reward; 陈美玲 and 김민준 have a reward available.
REGULARS = (
    Regular("Ana Souza", 28, 2 * GOAL - 1),
    Regular("陈美玲", 27, 2 * GOAL),
    Regular("Мария Иванова", 28, 3 * GOAL - 1),
    Regular("김민준", 14, GOAL),
    Regular("Γιώργος Παππάς", 26, 20),
    Regular("नेहा शर्मा", 21, 14),
    Regular("محمد علي", 20, 11),
    Regular("佐藤さくら", 17, 13),
    Regular("Zoë Müller", 15, 5),
    Regular("Nguyễn Thị Mai", 12, 12),
    Regular("דנה לוי", 9, 3),
    Regular("สมชาย ใจดี", 7, 6),
    Regular("Łukasz Wiśniewski", 2, 1),
)


class Cafe(msgspec.Struct, frozen=True):
    """The café after its history, with a customer who lacks one stamp for a reward, and an owner's invitation.

    `invitation` is for the owner's phone in the sandbox; `opened.owner_invite` is for the person who runs the demo.
    """

    opened: Opened
    guest: CustomerView
    invitation: str


class PastVisit(NamedTuple):
    """One visit of one of the regulars."""

    moment: datetime
    guest: int


async def open_cafe(database: Database, now: datetime) -> Cafe:
    """Open the café four weeks before `now`, and make its history."""
    opening = now - timedelta(days=DAYS + 1)
    opened = await open_shop(database, CAFE, first_terms(GOAL, REWARD, opening), now=opening)
    past = Past(database, opened, opening)
    for visit in sorted(_visits(now)):
        await past.live(visit)
    await past.counter.close()
    invitation = await invite(database, opened.business.id, Role.OWNER, now=now)
    return Cafe(opened, past.guests[0], invitation)


def _visits(now: datetime) -> Iterator[PastVisit]:
    """Spread the visits of all regulars over the days since their first, between seven and seven o'clock."""
    for guest, regular in enumerate(REGULARS):
        for number in range(regular.visits):
            ago = timedelta(days=regular.since) * (1 - (number + 0.5) / regular.visits)
            moment = (now - ago).astimezone(CAFE_ZONE)
            moment = moment.replace(hour=7 + moment.hour // 2, minute=(moment.minute + 7 * guest) % 60)
            yield PastVisit(min(moment, now - timedelta(minutes=5 + guest)), guest)


class Past:
    """A counter whose clock is set to the moment of each visit."""

    def __init__(self, database: Database, opened: Opened, opening: datetime) -> None:
        self.now = opening
        self.guests: dict[int, CustomerView] = {}
        self.counter = Counter(database, clock=lambda: self.now)
        till = Actor(ActorType.API_KEY, opened.key.key_id, FIRST_KEY)
        self.caller = Caller(business=opened.business, actor=till)

    async def live(self, visit: PastVisit) -> None:
        """Make one visit: the guest joins if new, redeems an available reward, and gets a stamp."""
        self.now = visit.moment
        guest = self.guests.get(visit.guest) or await self._join(visit.guest)
        if guest.rewards_available:
            await self.counter.redeem(self.caller, guest.id, RedeemOrder())
        answer = await self.counter.give_stamp(self.caller, guest.id, StampOrder())
        self.guests[visit.guest] = answer.outcome.customer

    async def _join(self, number: int) -> CustomerView:
        profile = Profile(name=REGULARS[number].name, phone=f"+1 202 555 01{number:02}")
        return (await self.counter.join(self.caller, profile)).outcome
