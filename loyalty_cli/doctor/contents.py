"""The contents of the database, for the doctor: its schema, paused webhooks, time zones, cards against ledgers."""

from functools import partial

from sqlalchemy import Connection

from loyalty_app.customers.analytics import kept_totals
from loyalty_app.customers.ledger_spans import LedgerSpan, proven_spans
from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import Database, open_database
from loyalty_app.db.schema import schema_differences
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, list_businesses
from loyalty_app.shops.closing import has_whole_books, unfinished_closings
from loyalty_app.webhooks.pausing import Pause, list_pauses
from loyalty_cli.doctor.findings import Check, Status
from loyalty_cli.output import counted
from loyalty_core.access import PLANS
from loyalty_core.joining import newly_full

RESUMING = (
    "If this is the one installation that runs, `loyalty deliveries resume --all` sends what waits; "
    "with `--drop-waiting` that is given up."
)


async def examine_schema(settings: Settings) -> Check:
    """Compare tables, columns, indexes and constraints with what the code expects; the version must be the newest."""
    database = open_database(settings)
    try:
        found = await database.read(schema_differences)
    finally:
        await database.close()
    details = tuple(f"{one.text[0].upper()}{one.text[1:]}." for one in found)
    if not found:
        return Check(name="schema", message="Tables, columns, indexes and constraints are as this program made them.")
    if all(one.harmless for one in found):
        return Check(
            name="schema", status=Status.NOTE, message="There is more than this program made.", details=details
        )
    return Check(
        name="schema",
        status=Status.PROBLEM,
        message="The tables are not as this program needs them, although the version is the newest.",
        mend="Run `loyalty migrate --repair`, which adds what is missing and deletes nothing. What is named after that "
        "was changed by hand: restore a backup, or change it back.",
        details=details,
    )


async def examine_webhooks(settings: Settings) -> Check:
    """Check whose deliveries are paused; the database must exist and have the newest schema."""
    database = open_database(settings, unhurried=True)
    try:
        pauses = await list_pauses(database)
    finally:
        await database.close()
    paused = tuple(_pause_words(one) for one in pauses if one.paused_at is not None)
    if not paused:
        return Check(name="webhooks", message="None are paused.")
    message = "Some are paused, as after a restore: events are queued and nothing is sent."
    return Check(name="webhooks", status=Status.NOTE, message=message, mend=RESUMING, details=paused)


def _pause_words(pause: Pause) -> str:
    return f"Business {pause.business_id}, since {pause.paused_at:%Y-%m-%d %H:%M} UTC: {pause.waiting:,} waiting"


async def examine_plans(settings: Settings) -> Check:
    """Check whose plan is full or nearly so; the database must exist and have the newest schema."""
    database = open_database(settings)
    try:
        shops = [
            shop
            for shop in await list_businesses(database)
            if shop.test_of is None and PLANS[shop.plan].customers is not None
        ]
        counts = await database.read(partial(_customers, shops))
    finally:
        await database.close()
    full = tuple(words for shop in shops if (words := _room_words(shop, counts.get(shop.id, 0))))
    new = f"New shops start on {settings.new_shop_plan} (LOYALTY_NEW_SHOP_PLAN)."
    if not full:
        return Check(name="plans", message=f"None is full. {new}")
    return Check(
        name="plans",
        status=Status.NOTE,
        message=f"Some are full or nearly so. {new}",
        mend="Change a shop's plan with `loyalty business set-plan`.",
        details=full,
    )


def _customers(shops: list[Business], connection: Connection) -> dict[int, int]:
    """How many customers shops have; those are left out that are being deleted by now, or are gone."""
    there = [shop.id for shop in shops if has_whole_books(connection, shop.id)]
    return {number: kept_totals(connection, number).customers for number in there}


def _room_words(shop: Business, customers: int) -> str:
    """How full a shop's plan is; empty if it is not."""
    limit = PLANS[shop.plan].customers or 0
    is_full = newly_full(shop.plan, 0, customers) is not None
    return f"Business {shop.id}: {customers:,} of {counted(limit, 'customer')}, plan {shop.plan}" if is_full else ""


async def examine_closings(settings: Settings) -> list[Check]:
    """Look for shops whose deleting was begun and not finished; nothing if there is none."""
    database = open_database(settings, unhurried=True)
    try:
        shops = await unfinished_closings(database)
    finally:
        await database.close()
    if not shops:
        return []
    check = Check(
        name="deletions",
        status=Status.PROBLEM,
        message=f"That of {counted(len(shops), 'shop')} is under way, or was begun and left. Nobody is served there.",
        mend="If no such command runs any more, run it again: it deletes the rest.",
        details=tuple(f"`loyalty business delete --business {number}`" for number in shops),
    )
    return [check]


async def examine_ledgers(settings: Settings) -> list[Check]:
    """Check time zones, every card, and spans of ledgers; the database must exist and have the newest schema."""
    database = open_database(settings, unhurried=True)
    try:
        shops = await list_businesses(database)
        zones = _zones(shops)
        ledger = [await _ledger(database, shops)] if zones.status is Status.OK else []
        return [zones, *ledger, *await _spans(database, shops)]
    finally:
        await database.close()


def _zones(shops: list[Business]) -> Check:
    unknown = tuple(f"Business {shop.id}: {shop.timezone}" for shop in shops if not _zone_is_known(shop))
    if not unknown:
        return Check(name="time zones", message="Those of all businesses are known.")
    return Check(
        name="time zones",
        status=Status.PROBLEM,
        message="Some are not known here, so nobody can say when a day begins.",
        mend="Install the newest version of the package tzdata.",
        details=unknown,
    )


def _zone_is_known(shop: Business) -> bool:
    try:
        return bool(shop.zone)
    except (KeyError, ValueError, OSError):
        return False


async def _ledger(database: Database, shops: list[Business]) -> Check:
    """Prove the books of each business, each on one state of the data."""
    proofs = [Proof(shop) for shop in shops]
    for proof in proofs:
        await database.read(partial(_prove, proof))
    customers, entries = sum(proof.customers for proof in proofs), sum(proof.entries for proof in proofs)
    read = f"{counted(customers, 'customer')}, {counted(entries, 'transaction')}"
    found = sum(proof.found for proof in proofs)
    if not found:
        return Check(name="ledger", message=f"All cards and totals agree with it ({read}).")
    return Check(
        name="ledger",
        status=Status.PROBLEM,
        message=f"{counted(found, 'figure')} should be what it gives, and differ ({read}).",
        mend="Keep a copy of the database, set these figures to what the ledger gives, and report how it came about.",
        details=tuple(detail for proof in proofs for detail in _details(proof)),
    )


def _prove(proof: Proof, connection: Connection) -> None:
    """Prove the books of a shop, unless it is being deleted by now, or is gone: then they are not whole."""
    if has_whole_books(connection, proof.business.id):
        proof.run(connection)


async def _spans(database: Database, shops: list[Business]) -> list[Check]:
    """Prove the spans of the ledgers that have some."""
    proven = [(shop, *await database.read(partial(_prove_spans, shop))) for shop in shops]
    if not (spans := sum(count for _, count, _ in proven)):
        return []
    untrue = tuple(
        f"Business {shop.id}: transactions {one.first_id} to {one.end_id - 1}." for shop, _, one in proven if one
    )
    if not untrue:
        return [Check(name="ledger by time", message=f"It leads to all transactions ({counted(spans, 'span')}).")]
    message = "It does not lead to all transactions, so lists of a day may lack some. Nothing else is wrong with these."
    mend = "Delete all rows of the table ledger_span: a server makes them again. Please report how it came about."
    return [Check(name="ledger by time", status=Status.PROBLEM, message=message, mend=mend, details=untrue)]


def _prove_spans(shop: Business, connection: Connection) -> tuple[int, LedgerSpan | None]:
    """The same as `proven_spans`; none of a shop that is being deleted by now, whose entries go first."""
    return proven_spans(connection, shop.id) if has_whole_books(connection, shop.id) else (0, None)


def _details(proof: Proof) -> list[str]:
    shown = [f"{difference}." for difference in proof.differences]
    more = proof.found - len(shown)
    return [*shown, *([f"Business {proof.business.id}: and {more:,} more."] if more else [])]
