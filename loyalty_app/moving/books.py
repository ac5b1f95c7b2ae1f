"""Books: the proof that at the new place every card is the fold of its ledger, and that all totals agree with it.

It is made once while the old place is open, which takes long. What changes after that is taken out of the sums before,
and put in again as it is then, so that at the end only the totals are left to compare.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, select

from loyalty_app.customers.histories import Seen
from loyalty_app.customers.proof import Proof
from loyalty_app.db.engine import Database
from loyalty_app.db.shards import is_spread
from loyalty_app.db.tables import (
    business,
    business_total,
    card,
    customer,
    daily_total,
    program_day,
    referral,
    reward,
    transaction,
)
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.provers import AT_A_TIME, MANY, ProofShare, ProvenShare, prove_shares, prover_count, shares_of
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import business_of

AT_ONCE = 1_000


class Books:
    """The proofs of the shops that moved, by their numbers at the new place."""

    tables = (customer, transaction, reward, card)
    """Those whose rows count."""
    read_whole = (customer, transaction, reward)
    """Those of which a proof reads each row with all columns."""

    of_shops = (business, business_total, daily_total, program_day, referral)
    """Those with totals, and what these are proven by. Their keys begin with the number of the shop."""

    def __init__(self, there: Cargo) -> None:
        self._there = there
        self._proofs: dict[int, Proof] = {}
        self._touched = set[int]()
        """The shops of which something has changed since their totals were compared."""

    async def prove(self, database: Database, seen: Seen) -> None:
        """Prove all shops; `check` says how it ended. All rows of the tables in `read_whole` are shown to `seen`."""

        def work(connection: Connection) -> None:
            self._read_shops(connection)
            for proof in self._proofs.values():
                proof.run(connection, seen=seen)

        await database.read(work)

    async def prove_beside(self, database: Database, place: Settings, found: Callable[[ProvenShare], None]) -> bool:
        """Do the same in provers if there are many customers; return whether it was done.

        `found` is told the sums of the rows that were read. Raises SettingsError.
        """

        def look(connection: Connection) -> list[ProofShare]:
            self._read_shops(connection)
            return [share for number in self._proofs for share in shares_of(connection, number)]

        shares = await database.read(look)
        if is_spread(database) or len(shares) * AT_A_TIME < MANY or prover_count() == 1:
            self._proofs.clear()
            return False

        def take(share: ProvenShare) -> None:
            self._proofs[share.proof.business.id].include(share.proof)
            found(share)

        await prove_shares(place, shares, take)
        self.touch(self._proofs)
        await self._compare_totals(database)
        return True

    def check(self) -> None:
        """Raise SettingsError if the books are wrong. Those of shops that are being deleted are not whole any more."""
        for proof in self._proofs.values():
            if not proof.business.is_closing:
                _check(proof)

    def _read_shops(self, connection: Connection) -> None:
        own = select(business).where(self._there.rows_of(business)).order_by(business.c.id)
        for row in connection.execute(own):
            shop = business_of(row)
            self._proofs.setdefault(shop.id, Proof(shop, at_once=AT_ONCE)).business = shop

    def touch(self, shops: Iterable[int]) -> None:
        """The totals of these shops have to be compared again."""
        self._touched.update(shops)

    async def take_out(self, database: Database, customers: Iterable[tuple[int, int]]) -> None:
        """Customers are about to change."""
        by_shop = _by_shop(customers)
        self.touch(by_shop)

        def work(connection: Connection) -> None:
            for shop, numbers in by_shop.items():
                if shop in self._proofs:
                    self._proofs[shop].take_out(connection, numbers)

        await database.read(work)

    async def put_in(self, database: Database, customers: Iterable[tuple[int, int]]) -> None:
        """Customers have changed."""
        by_shop = _by_shop(customers)

        def work(connection: Connection) -> None:
            self._read_shops(connection)
            for shop, numbers in by_shop.items():
                if shop in self._proofs:
                    self._proofs[shop].put_in(connection, numbers)

        await database.read(work)

    async def close(self, database: Database) -> None:
        """Compare the totals of the shops that have changed. Raises SettingsError if the books are wrong."""
        await self._compare_totals(database)
        self.check()

    async def _compare_totals(self, database: Database) -> None:

        def work(connection: Connection) -> None:
            for shop in sorted(self._touched & self._proofs.keys()):
                self._proofs[shop].prove_totals(connection)

        await database.read(work)
        self._touched.clear()


def _check(proof: Proof) -> None:
    if proof.found:
        message = f"The books were wrong before the move: {proof.differences[0]}. See `loyalty doctor`."
        raise SettingsError(message)


def _by_shop(customers: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for shop, number in sorted(customers):
        found[shop].append(number)
    return found
