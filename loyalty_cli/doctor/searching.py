"""Searching, for the doctor: whether the lists of large shops have the customers whom their words lead to."""

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from loyalty_app.upkeep.list_proof import ProvenLists, WrongLists, prove_lists
from loyalty_cli.doctor.findings import Check, Status
from loyalty_cli.output import counted

NAME = "searching"
FIRST_SHOWN = 5
"""So many beginnings are shown. Only those that many customers have get a list, so they tell nothing of one."""


async def examine_searching(settings: Settings) -> Check:
    """Prove all lists for searching; the database must exist and have the newest schema."""
    database = open_database(settings, unhurried=True)
    try:
        proven = await prove_lists(database)
    finally:
        await database.close()
    return _problem(proven) if proven.wrong or proven.gone else Check(name=NAME, message=_well(proven))


def _well(proven: ProvenLists) -> str:
    """What was proven, in words."""
    told = []
    if proven.shops:
        whose = f"{counted(len(proven.shops), 'shop')} with {counted(proven.customers, 'customer')}"
        told.append(f"The lists of {whose} lead to the right ones.")
    if proven.unfinished:
        told.append(f"Those of {counted(len(proven.unfinished), 'shop')} are being made, and were not compared.")
    return " ".join(told) or "No shop has lists: a server makes them once a shop is large."


def _problem(proven: ProvenLists) -> Check:
    numbers = sorted([one.business_id for one in proven.wrong] + [*proven.gone])
    command = " ".join(["loyalty customers renew-search", *(f"--business {number}" for number in numbers)])
    return Check(
        name=NAME,
        status=Status.PROBLEM,
        message="Some lists are wrong, so that searches miss customers or find others.",
        mend=f"Run `{command}`: nobody reads the wrong lists from then on, and a server makes them again.",
        details=(
            *map(_words, proven.wrong),
            *(f"Business {number} is gone; its lists are left." for number in proven.gone),
        ),
    )


def _words(wrong: WrongLists) -> str:
    shown = [repr(begin) if begin else "everybody" for begin in wrong.beginnings[:FIRST_SHOWN]]
    more = len(wrong.beginnings) - len(shown)
    where = ", ".join(shown) + (f" and {more:,} more" if more else "")
    return f"Business {wrong.business_id}: {counted(wrong.customers, 'customer')}, in the lists of {where}."
