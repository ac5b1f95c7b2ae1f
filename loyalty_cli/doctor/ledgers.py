"""The books: whether the days of every shop are known, and whether every card is what its ledger adds up to."""

from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import Database, open_database
from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import Business, list_businesses
from loyalty_cli.doctor.findings import Check, Status
from loyalty_cli.output import counted


async def examine_books(settings: Settings) -> list[Check]:
    """Look at what the database holds; it must be there and have the newest schema."""
    database = open_database(settings)
    try:
        shops = await list_businesses(database)
        zones = _zones(shops)
        return [zones, *([await _ledger(database, shops)] if zones.status is Status.OK else [])]
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
    """Prove business after business, each on one state of the data."""
    proofs = [Proof(shop) for shop in shops]
    for proof in proofs:
        await database.read(proof.run)
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


def _details(proof: Proof) -> list[str]:
    shown = [f"{difference}." for difference in proof.differences]
    more = proof.found - len(shown)
    return [*shown, *([f"Business {proof.business.id}: and {more:,} more."] if more else [])]
