"""Looks: what a shop shows of itself besides its name: colour, logo, the sign of its stamps, opening hours, address.

The colour is in the row of the shop. Everything else is in a row of its own, so that no stamp has to read a picture.
How it is drawn is in `pictures/marks.py`.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import Connection, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.tables import business, shop_look
from loyalty_app.shops.businesses import Business, Repaint, check_colour, require_staff
from loyalty_core.access import Role
from loyalty_core.customers import check_seen
from loyalty_core.errors import FieldError, InvalidRequest
from loyalty_core.fields import BusinessId

if TYPE_CHECKING:
    from loyalty_app.pictures.marks import Sign

LONGEST_SIGN, LONGEST_HOURS, LONGEST_ADDRESS, MOST_LINES = 32, 300, 200, 7
ON_CARDS = {"card_color", "stamp_sign", "stamp_picture", "logo"}
"""Changes of these are seen on cards; the others are on posters and pages."""


class ShopLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a shop shows of itself. Pictures are as `marks` makes them; with a picture the stamps show no `stamp_sign`.

    `opening_hours` and `address` are texts of a few lines.
    """

    stamp_sign: str | None = None
    stamp_picture: bytes | None = None
    logo: bytes | None = None
    opening_hours: str | None = None
    address: str | None = None

    @property
    def sign(self) -> "Sign":
        """What its stamps show."""
        from loyalty_app.pictures.marks import Sign  # noqa: PLC0415  # brings Pillow, which who only reads needs not
        from loyalty_app.pictures.stamps import STAR  # noqa: PLC0415  # the same

        if self.stamp_picture is not None:
            return Sign(picture=self.stamp_picture)
        return Sign(self.stamp_sign) if self.stamp_sign else STAR


PLAIN_LOOK = ShopLook()
COLUMNS = [shop_look.c[name] for name in ShopLook.__struct_fields__]


class LookChange(msgspec.Struct, frozen=True, kw_only=True):
    """What to change about a look; unset fields stay as they are, None takes them away."""

    card_color: str | UnsetType = UNSET
    stamp_sign: str | UnsetType | None = UNSET
    stamp_picture: bytes | UnsetType | None = UNSET
    logo: bytes | UnsetType | None = UNSET
    opening_hours: str | UnsetType | None = UNSET
    address: str | UnsetType | None = UNSET


def read_look(connection: Connection, shop: Business) -> ShopLook:
    """The look of a shop; its twin for test keys looks the same."""
    own = select(*COLUMNS).where(shop_look.c.business_id == (shop.test_of or shop.id))
    row = connection.execute(own).one_or_none()
    return PLAIN_LOOK if row is None else ShopLook(**row._mapping)  # noqa: SLF001  # what SQLAlchemy offers for it


async def change_look(
    database: Database,
    business_id: BusinessId,
    change: LookChange,
    *,
    now: datetime,
    repaint: Repaint,
    by: int | None = None,
) -> None:
    """Change what a shop shows of itself; `repaint` is called if its cards change. `by` is the person who asks.

    They are a manager or an owner, None for the operator. Of two who change different things at once, both are heard.

    Raises InvalidRequest, NotOnStaff, RoleRequired.
    """
    asked = checked_look(change)

    def work(connection: Connection) -> None:
        require_staff(connection, business_id, by, Role.MANAGER)
        connection.execute(select(business.c.id).where(business.c.id == business_id).with_for_update()).close()
        _store(database, connection, business_id, asked)
        if ON_CARDS & asked.keys():
            repaint(connection, database, business_id, now=now)

    await database.write(work)


def _store(
    database: Database, connection: Connection, business_id: BusinessId, asked: dict[str, str | bytes | None]
) -> None:
    own = {name: value for name, value in asked.items() if name != "card_color"}
    if "card_color" in asked:
        colour = update(business).where(business.c.id == business_id).values(card_color=asked["card_color"])
        connection.execute(colour).close()
    if not own:
        return
    there = update(shop_look).where(shop_look.c.business_id == business_id).values(own)
    if connection.execute(there).rowcount == 0:
        database.insert(
            connection, shop_look, [{"business_id": business_id, **msgspec.structs.asdict(PLAIN_LOOK), **own}]
        )


def checked_look(change: LookChange) -> dict[str, str | bytes | None]:
    """What is asked for, normalised. Raises InvalidRequest, which names all that is wrong."""
    asked = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not UNSET}
    faults: list[FieldError] = []
    for name, value in asked.items():
        try:
            asked[name] = _checked(name, value)
        except InvalidRequest as refusal:
            faults += refusal.errors
    if faults:
        raise InvalidRequest(*faults)
    return asked


def _checked(name: str, value: str | bytes | None) -> str | bytes | None:
    match name, value:
        case "card_color", str():
            check_colour(value)
            return value
        case "stamp_sign", str():
            return _checked_sign(value)
        case "opening_hours", str():
            return _checked_lines(name, value, LONGEST_HOURS)
        case "address", str():
            return _checked_lines(name, value, LONGEST_ADDRESS)
        case _:
            return value


def _checked_sign(text: str) -> str | None:
    from loyalty_app.pictures.marks import is_sign  # noqa: PLC0415  # brings Pillow

    sign = text.strip()
    if sign and (len(sign) > LONGEST_SIGN or not is_sign(sign)):
        raise InvalidRequest.field("stamp_sign", "must be one letter or emoji that can be drawn")
    return sign or None


def _checked_lines(name: str, text: str, longest: int) -> str | None:
    lines = [" ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", line).split()) for line in text.splitlines()]
    kept = "\n".join(line for line in lines if line)
    if len(kept) > longest or kept.count("\n") >= MOST_LINES:
        raise InvalidRequest.field(name, f"must be a text of at most {longest} letters and {MOST_LINES} lines")
    if kept:
        check_seen(name, kept)
    return kept or None
