"""Shops whose deleting was begun and not finished, as if the command was killed."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import Connection

from loyalty_app.db.engine import Database
from loyalty_app.shops import closing


class KilledThere(Exception):
    """The command ended here."""


async def _killed(_database: Database, _delete_the_rest: Callable[[Connection], None]) -> None:
    raise KilledThere


async def begin_deleting(database: Database, business_id: int, *, at_once: int = closing.AT_ONCE) -> None:
    """Delete a shop until right before its end; of each table only whole portions are gone."""
    with pytest.MonkeyPatch.context() as patch, suppress(KilledThere):
        patch.setattr(closing, "AT_ONCE", at_once)
        patch.setattr(closing, "finish", _killed)
        await closing.close_shop(database, business_id)
