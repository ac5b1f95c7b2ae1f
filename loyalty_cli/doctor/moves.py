"""Moves that are not finished, for the doctor: what they cost where they are, and the command that ends them."""

from loyalty_app.db.engine import open_database
from loyalty_app.moving.departures import UnfinishedMove, find_unfinished
from loyalty_app.settings import Settings
from loyalty_cli.doctor.findings import Check, Status
from loyalty_cli.output import counted

MEND = (
    "Run the same `loyalty move` again, and it goes on where it was. To end it instead, add --give-up: that takes off "
    "what it has put here, and all stay where they are."
)


async def examine_moves(settings: Settings) -> list[Check]:
    """Look for moves that are not finished; the database must exist and have the newest schema. Nothing if none is."""
    database = open_database(settings, unhurried=True)
    try:
        found = await find_unfinished(database)
    finally:
        await database.close()
    return [] if found is None else [_check(found)]


def _check(found: UnfinishedMove) -> Check:
    stuck = bool(found.held) or found.still_held or found.all_held
    return Check(
        name="moves",
        status=Status.PROBLEM if stuck else Status.NOTE,
        message="One is under way, or was begun and left.",
        mend=MEND,
        details=tuple(_details(found)),
    )


def _details(found: UnfinishedMove) -> list[str]:
    told = []
    if found.leaving is not None:
        whose = _of(found.leaving) if found.leaving else "all shops"
        told.append(
            f"Each change of {whose} is noted for it, which costs a row more: {counted(found.noted, 'line')} so far."
        )
    if found.coming_from is not None:
        told.append(f"Something is coming here from {found.coming_from}. Give --to this place, there.")
    if found.held:
        told.append(f"Changes of {_of(found.held)} are refused as busy until then.")
    if found.all_held:
        told.append("All changes are refused as busy until then.")
    if found.still_held:
        told.append(
            "Triggers that refuse changes are left, though no shop moves: name the shop that should with --business."
        )
    return told


def _of(shops: tuple[int, ...]) -> str:
    return "business " + ", ".join(map(str, shops))
