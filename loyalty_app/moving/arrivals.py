"""Arrivals: shops that come to a place, where others may be served meanwhile.

Until everything is there nobody is let in: the shops are held, and their keys and bots come last. A code, a key, a link
or a bot that is there already is a refusal, for those cannot be renumbered.
"""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, delete, false, func, insert, not_, select, update

from loyalty_app.db.engine import Database
from loyalty_app.db.held_shops import allowed, hold_again
from loyalty_app.db.tables import (
    api_key,
    business,
    card_link,
    customer,
    invite,
    page_session,
    passkey,
    shop_arrival,
    telegram_bot,
)
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.progress import MovePlan, forget_progress, note_copied, write_plan
from loyalty_app.moving.snapshots import Reader, pages
from loyalty_app.settings import SettingsError
from loyalty_app.shops.links import origin

FOUND_BY: tuple[tuple[Column[Any], str], ...] = (
    (business.c.slug, "the shop {}"),
    (telegram_bot.c.bot_id, "the bot {}"),
    (api_key.c.public_id, "the API key {}"),
    (invite.c.token_hash, "the invitation with the hash {}"),
    (card_link.c.digest, "the link of a card with the hash {}"),
    (passkey.c.credential_id, "the passkey {}"),
    (page_session.c.token_hash, "the session with the hash {}"),
    (customer.c.qr_code, "the code {}"),
)
"""What is looked up without a shop, and stays what it is."""
AT_ONCE = 500


async def check_clashes(reader: Reader, new: Database, cargo: Cargo, *, there: Sequence[int] = ()) -> None:
    """Raise SettingsError if the new place has a code, key, link or bot of the shops; `there` are they themselves."""
    for column, words in FOUND_BY:
        table: Any = column.table
        first = await new.read(lambda connection, table=table: connection.execute(select(table).limit(1)).first())  # type: ignore[misc]  # bound
        if first is None:
            continue  # nothing can be there already
        place = [*table.columns.keys()].index(column.name)
        async with aclosing(pages(reader, table, cargo.rows_of(table))) as read:
            async for rows in read:
                wanted = [row[place] for row in rows]
                _check_none(await new.read(partial(_first, column=column, wanted=wanted, there=there)), words)


def _check_none(found: Any, words: str) -> None:  # noqa: ANN401  # a value
    if found is not None:
        told = words.format(found.hex() if isinstance(found, bytes) else found)
        raise SettingsError(f"At the new place there is already {told}. Nothing was changed.")


def _first(connection: Connection, *, column: Column[Any], wanted: Sequence[Any], there: Sequence[int]) -> Any:  # noqa: ANN401  # a value
    table: Any = column.table
    others = not_(func.coalesce(Cargo(tuple(there)).rows_of(table), false()))  # the shared bot is no shop's
    for start in range(0, len(wanted), AT_ONCE):
        asked = select(column).where(column.in_(wanted[start : start + AT_ONCE]), others).limit(1)
        if (found := connection.scalar(asked)) is not None:
            return found
    return None


def leftovers(connection: Connection, slugs: Sequence[str]) -> dict[int, str]:
    """What is left at a place of shops that have moved away from it: their numbers, and where they are."""
    own = select(business.c.id, business.c.moved_to).where(business.c.slug.in_(slugs), business.c.test_of.is_(None))
    return {row.id: row.moved_to for row in connection.execute(own) if row.moved_to}


async def prepare_shops(new: Database, plan: MovePlan, rows: Sequence[dict[str, Any]]) -> None:
    """Make the shops themselves, held, and note the plan."""

    def work(connection: Connection) -> None:
        with allowed(connection, business):
            new.insert(connection, business, [{**row, "moved_to": ""} for row in rows])
        write_plan(connection, plan)
        note_copied(connection, business, None, done=True)

    await new.write(work)
    await hold_again(new)


async def open_shops(new: Database, plan: MovePlan, *, now: datetime) -> None:
    """Serve the shops that are complete now, and keep where they came from. It may be repeated."""
    shops = [plan.numbers.of_shop(number) for number in plan.shops or ()]

    def work(connection: Connection) -> None:
        with allowed(connection, business, telegram_bot, shop_arrival):
            _note_arrival(connection, plan, now)
            connection.execute(update(business).where(business.c.id.in_(shops)).values(moved_to=None)).close()
            own = telegram_bot.c.bot_id.in_(plan.bots)
            connection.execute(update(telegram_bot).where(own).values(removed_at=None)).close()

    await new.write(work)
    await hold_again(new)
    await new.write(forget_progress)


def _note_arrival(connection: Connection, plan: MovePlan, now: datetime) -> None:
    """Keep where the shops came from, and which of their numbers are others."""
    told = msgspec.json.encode(plan.numbers.told()).decode()
    for number in plan.shops or ():
        row = {"business_id": plan.numbers.of_shop(number), "came_from": origin(plan.place, number)}
        same = [shop_arrival.c[name] == value for name, value in row.items()]
        connection.execute(delete(shop_arrival).where(*same)).close()
        connection.execute(insert(shop_arrival).values(**row, at=now, numbers=told)).close()
