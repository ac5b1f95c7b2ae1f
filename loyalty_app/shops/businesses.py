"""Businesses: the shops of one installation, how they are opened and changed, and who on the staff may do that.

Their programs are in `programs`, their keys in `api_keys`.
"""

import re
import secrets
import unicodedata
from datetime import datetime, tzinfo
from functools import cache
from typing import Any, Protocol
from zoneinfo import available_timezones

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, Row, or_, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import NOWHERE
from loyalty_app.db.outages import RETRY_SECONDS
from loyalty_app.db.rows import program_row
from loyalty_app.db.tables import business as business_table
from loyalty_app.db.tables import business_total, program, staff
from loyalty_app.ids import Kind
from loyalty_app.shops.time_zones import past_after, zone_of
from loyalty_core.access import Plan, Role, require_role
from loyalty_core.customers import check_seen, clean_name
from loyalty_core.errors import Busy, BusyReason, InvalidRequest, NotOnStaff, ShopClosed, ShopMoved
from loyalty_core.fields import BusinessId
from loyalty_core.programs import Terms

MOST_REQUESTS = 1_000_000_000


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A shop. `rate_limit` was agreed with an enterprise; `country` reads phone numbers without a prefix.

    `card_color` is the colour of its cards, as #6F4E37; with `card_notices` they may send messages of their own.
    `past_timezones` is read by `time_zones`. A shop with `test_of` is the twin of that one, for its test keys.
    `main_program_id` is None if the main program is the one with which it began. `programs_version` rises with each
    change of its programs that `program_version` does not count. With `join_by_page` its page on the web hands out
    cards to people without Telegram. `moved_to` is None unless the shop moves, has moved, or is being deleted
    (`db/held_shops.py`).
    """

    id: BusinessId
    slug: str
    name: str
    plan: Plan
    timezone: str
    country: str | None = None
    rate_limit: int | None = None
    program_version: int = 1
    card_color: str | None = None
    card_notices: bool = True
    past_timezones: str | None = None
    test_of: int | None = None
    join_by_page: bool = False
    main_program_id: int | None = None
    programs_version: int = 0
    moved_to: str | None = None

    @property
    def zone(self) -> tzinfo:
        """The time zone whose days are the shop's days, at each moment the one that it had then."""
        return zone_of(self.timezone, self.past_timezones)

    @property
    def is_closing(self) -> bool:
        """Whether it is being deleted: nobody is served, and its books are not whole any more."""
        return self.moved_to == NOWHERE


def check_served(shop: Business | None) -> None:
    """Raise Busy while a shop moves, ShopMoved once it has, ShopClosed while it is deleted and once it is gone."""
    if shop is None:
        raise ShopClosed
    if shop.moved_to is not None:
        check_here(shop)
        raise Busy(RETRY_SECONDS, BusyReason.MOVING)


def check_here(shop: Business) -> None:
    """Raise ShopMoved if a shop has moved, ShopClosed if it is being deleted; what a moving one has can be read."""
    if shop.is_closing:
        raise ShopClosed
    if shop.moved_to:
        raise ShopMoved(shop.moved_to)


class NewBusiness(msgspec.Struct, frozen=True, kw_only=True):
    """A shop that is about to open."""

    name: str
    plan: Plan
    timezone: str = "UTC"
    country: str | None = None
    rate_limit: int | None = None


class BusinessChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a shop; unset fields stay as they are."""

    name: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    country: str | UnsetType | None = UNSET
    card_color: str | UnsetType = UNSET
    card_notices: bool | UnsetType = UNSET
    join_by_page: bool | UnsetType = UNSET


def business_of(row: Row[Any], prefix: str = "") -> Business:
    """Read a row of the table `business`, or of a join that has its columns under a prefix."""
    values = row._mapping  # noqa: SLF001  # what SQLAlchemy offers for it
    fields = {name: values[prefix + name] for name in Business.__struct_fields__}
    return Business(**{**fields, "plan": Plan(fields["plan"])})


async def open_business(database: Database, new: NewBusiness, terms: Terms) -> Business:
    """Open a shop with its first program. Raises InvalidRequest."""
    return await database.write(lambda connection: add_business(database, connection, new=new, terms=terms))


def add_business(database: Database, connection: Connection, *, new: NewBusiness, terms: Terms) -> Business:
    """Open a shop inside the caller's transaction. Raises InvalidRequest."""
    new = checked_business(new)
    with database.ids(connection) as ids:
        business_id = ids.take(Kind.BUSINESS)
    row = {
        **msgspec.structs.asdict(new),
        "id": business_id,
        "slug": make_slug(new.name),
        "plan": new.plan.value,
        "program_version": terms.version,
        "created_at": terms.updated_at,
    }
    database.insert(connection, business_table, [row])
    database.insert(connection, program, [program_row(business_id, terms)])
    database.insert(connection, business_total, [{"business_id": business_id, "customers": 0, "outstanding": 0}])
    return find_business(connection, business_id)


def checked_business(new: NewBusiness) -> NewBusiness:
    """The shop with its name and country normalised. Raises InvalidRequest."""
    _check_timezone(new.timezone)
    country = _checked_country(new.country) if new.country else None
    check_rate_limit(new.rate_limit)
    return msgspec.structs.replace(new, name=clean_name(new.name), country=country)


def _checked_country(country: str) -> str:
    letters = country.upper()
    if not re.fullmatch("[A-Z]{2}", letters):
        raise InvalidRequest.field("country", "must be a country's two letters, as DE")
    return letters


def _check_timezone(name: str) -> None:
    if name not in _timezones():
        raise InvalidRequest.field("timezone", "must be a time zone's name, as Europe/Berlin")


@cache
def _timezones() -> set[str]:
    """All names of time zones. Why cached: they are read from a thousand files."""
    return available_timezones()


def check_rate_limit(agreed: int | None) -> None:
    """Raise InvalidRequest if that is no number of requests an hour."""
    if agreed is not None and not 1 <= agreed <= MOST_REQUESTS:
        raise InvalidRequest.field("rate_limit", "must be a whole number of requests an hour, from 1 to 1000000000")


def make_slug(name: str) -> str:
    """A name for links: letters and digits of the shop's name, and six random ones to make it unique."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-")
    return f"{words or 'shop'}-{secrets.token_hex(3)}"


def find_business(connection: Connection, business_id: int) -> Business:
    """The shop with that id. Raises InvalidRequest if there is none."""
    row = connection.execute(select(business_table).where(business_table.c.id == business_id)).one_or_none()
    if row is None:
        raise InvalidRequest.field("business", f"there is no business {business_id}")
    return business_of(row)


def being_deleted(business_id: int) -> InvalidRequest:
    """What to say of a shop with which nothing can be done, but to delete the rest."""
    message = f"{business_id} is being deleted, and `loyalty business delete --business {business_id}` finishes that"
    return InvalidRequest.field("business", message)


def twin_of(connection: Connection, business_id: int) -> int | None:
    """The shop that holds what test keys of this one write; None if it has had none."""
    found: int | None = connection.scalar(select(business_table.c.id).where(business_table.c.test_of == business_id))
    return found


def require_no_twin(connection: Connection, business_id: int) -> Business:
    """The shop with that id, where somebody can work.

    Raises InvalidRequest if there is none, if it is for test keys, or if it is being deleted.
    """
    shop = find_business(connection, business_id)
    if shop.is_closing:
        raise being_deleted(business_id)
    if shop.test_of is not None:
        message = f"{business_id} only holds what test keys of business {shop.test_of} write: give that number"
        raise InvalidRequest.field("business", message)
    return shop


async def list_businesses(database: Database) -> list[Business]:
    """All shops, the oldest first, and the twins of those with test keys."""
    statement = select(business_table).order_by(business_table.c.id)
    return await database.read(lambda connection: [business_of(row) for row in connection.execute(statement)])


async def set_plan(database: Database, business_id: int, plan: Plan, *, rate_limit: int | None = None) -> Business:
    """Change a shop's plan; keys follow within a second, test keys too. Raises InvalidRequest."""
    check_rate_limit(rate_limit)

    def work(connection: Connection) -> Business:
        require_no_twin(connection, business_id)
        both = or_(business_table.c.id == business_id, business_table.c.test_of == business_id)
        change = update(business_table).where(both)
        connection.execute(change.values(plan=plan.value, rate_limit=rate_limit))
        return find_business(connection, business_id)

    return await database.write(work)


class Repaint(Protocol):
    """Called in the transaction that makes a shop look different."""

    def __call__(self, connection: Connection, database: Database, business_id: BusinessId, *, now: datetime) -> None:
        """Mark everything that shows the shop to be shown again."""


async def change_business(
    database: Database,
    business_id: BusinessId,
    change: BusinessChange,
    *,
    now: datetime,
    repaint: Repaint,
    by: int | None = None,
) -> Business:
    """Change a shop's settings; `repaint` is called if its look changes. `by` is the member of the staff who asks.

    That is a manager or an owner, None for the operator.

    Raises InvalidRequest, NotOnStaff, RoleRequired.
    """
    asked = _asked(change)

    def work(connection: Connection) -> Business:
        require_staff(connection, business_id, by, Role.MANAGER)
        values = dict(asked)
        if "timezone" in asked:
            values |= _left_zone(connection, business_id, str(asked["timezone"]), now=now)
        if values:
            connection.execute(update(business_table).where(business_table.c.id == business_id).values(values))
        if {"name", "card_color"} & asked.keys():
            repaint(connection, database, business_id, now=now)
        return find_business(connection, business_id)

    return await database.write(work)


def _left_zone(connection: Connection, business_id: int, wanted: str, *, now: datetime) -> dict[str, object]:
    """The column of past zones, if the shop gets another one. The row is locked: two changes follow each other."""
    connection.execute(select(business_table.c.id).where(business_table.c.id == business_id).with_for_update()).close()
    shop = find_business(connection, business_id)
    if shop.timezone == wanted:
        return {}
    return {"past_timezones": past_after(shop.timezone, shop.past_timezones, now=now)}


def _asked(change: BusinessChange) -> dict[str, object]:
    asked = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET}
    if isinstance(change.name, str):
        asked["name"] = clean_name(change.name)
    if isinstance(change.country, str):
        asked["country"] = _checked_country(change.country)
    if isinstance(change.timezone, str):
        _check_timezone(change.timezone)
    if isinstance(change.card_color, str):
        check_colour(change.card_color)
    return asked


def check_colour(colour: str) -> None:
    """Raise InvalidRequest unless that is a colour as a card has it."""
    if not re.fullmatch("#[0-9A-Fa-f]{6}", colour):
        raise InvalidRequest.field("card_color", "must be a colour, as #6F4E37")


def first_terms(stamps_required: int, reward_description: str, now: datetime) -> Terms:
    """The first version of a program, with default policies. Raises InvalidRequest."""
    terms = Terms(version=1, stamps_required=stamps_required, reward_description=reward_description, updated_at=now)
    check_seen("reward_description", reward_description)
    try:
        return msgspec.convert(msgspec.structs.asdict(terms), Terms)
    except msgspec.ValidationError as error:
        field = str(error).rpartition("`$.")[2].rstrip("`")
        wanted = {"stamps_required": "must be a whole number from 1 to 100"}
        raise InvalidRequest.field(field, wanted.get(field, "must be a text of 1 to 200 characters")) from error


def require_staff(connection: Connection, business_id: int, staff_id: int | None, needed: Role) -> None:
    """Raise NotOnStaff or RoleRequired unless that staff member may do this now.

    The row stays locked until the transaction ends, so that nobody is removed meanwhile. None is an API key or the
    operator, who were checked elsewhere.
    """
    if staff_id is None:
        return
    own = (staff.c.business_id == business_id, staff.c.id == staff_id, staff.c.removed_at.is_(None))
    role = connection.execute(select(staff.c.role).where(*own).with_for_update(read=True)).scalar_one_or_none()
    if role is None:
        raise NotOnStaff
    require_role(Role(role), needed)
