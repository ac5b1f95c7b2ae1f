"""Builders: what a test needs, with defaults for everything that it does not care about.

The shop is Bean & Leaf; Ana and Ben stamp, Mira manages, Otto owns, Lena holds the card. Everything happens at noon of
Monday, 2 March 2026, unless a test says otherwise.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from msgspec.structs import replace

from loyalty_core.access import Role
from loyalty_core.changes import Occasion
from loyalty_core.customers import Customer, Profile
from loyalty_core.joining import NewCard, join
from loyalty_core.ledger import Actor, ActorType
from loyalty_core.programs import Program, ProgramChange, Terms, changed
from loyalty_core.rewards import Reward

NEW_YORK = ZoneInfo("America/New_York")
KOLKATA = ZoneInfo("Asia/Kolkata")

ANA = Actor(ActorType.STAFF, 7, "Ana", Role.STAFF)
BEN = Actor(ActorType.STAFF, 8, "Ben", Role.STAFF)
MIRA = Actor(ActorType.STAFF, 9, "Mira", Role.MANAGER)
OTTO = Actor(ActorType.STAFF, 10, "Otto", Role.OWNER)
TILL = Actor(ActorType.API_KEY, 3, "Till at the door")
LENA = Actor(ActorType.CUSTOMER, 1, "Lena")

CODE = "CUS0123456789"

# For laws: a slow machine makes no law untrue.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def at(clock: str = "12:00", *, day: str = "2026-03-02", zone: tzinfo = UTC) -> datetime:
    """A moment, by the clock in the shop."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


NOON = at("12:00")


def a_program(**terms: object) -> Program:
    """A program in its first version: ten stamps make a coffee, without policies, except for the given terms."""
    first = Terms(version=1, stamps_required=10, reward_description="A coffee", updated_at=NOON)
    return Program("Bean & Leaf", (replace(first, **terms),))


def with_change(program: Program, *, now: datetime = NOON, **asked: object) -> Program:
    """The program after its owner asked for a change."""
    terms = changed(program, replace(ProgramChange(), **asked), now)
    return program if terms == program.terms else Program(program.name, (*program.versions, terms))


def an_occasion(
    now: datetime = NOON, by: Actor = ANA, *, transaction_id: int = 1, first_reward_id: int = 1, opening_id: int = 0
) -> Occasion:
    """An occasion: Ana, at noon."""
    return Occasion(
        now=now, actor=by, transaction_id=transaction_id, first_reward_id=first_reward_id, opening_id=opening_id
    )


def a_new_card(opening_stamps: int = 0) -> NewCard:
    """The ids of Lena's card."""
    return NewCard(customer_id=1, business_id=1, qr_code=CODE, opening_stamps=opening_stamps)


def a_customer(**values: object) -> Customer:
    """Lena with an empty card, except for the given values."""
    lena = join(Profile(name="Lena", phone="+14155552671"), a_program(), a_new_card(), at=an_occasion()).customer
    return replace(lena, **values)


def a_reward(**values: object) -> Reward:
    """A reward that Lena can redeem for ever, except for the given values."""
    reward = Reward(
        id=1,
        business_id=1,
        customer_id=1,
        transaction_id=1,
        description="A coffee",
        earned_at=NOON,
        expires_at=None,
    )
    return replace(reward, **values)
