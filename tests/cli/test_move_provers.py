"""Where there is much to prove, several processes prove it: they find what one would find, and end with the command."""

import asyncio
import os
import struct
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import update

from loyalty_app.db.migrate import migrate
from loyalty_app.db.tables import customer
from loyalty_app.moving import books, provers
from loyalty_app.moving.belongings import Cargo
from loyalty_app.moving.books import Books
from loyalty_app.moving.carrying import TableSum, locked_columns
from loyalty_app.moving.provers import ENDED, ProofShare, ProvenShare, prove_shares, shares_of
from loyalty_app.moving.snapshots import pages, snapshot
from loyalty_app.settings import Settings, SettingsError
from tests.cli.test_move_disturbed import a_shop, errand, moved, opened, prove, shop_at


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few customers are many, on a machine with two cores."""
    monkeypatch.setattr(provers, "AT_A_TIME", 2)
    for module in (provers, books):
        monkeypatch.setattr(module, "prover_count", lambda: 2)
    monkeypatch.setattr(books, "MANY", 1)


async def furnished(settings: Settings) -> None:
    """A shop with five customers, one of whom has earned and taken a reward."""
    await a_shop(settings, guests=5)
    async with opened(settings) as database:
        shop = await shop_at(database)
        await shop.stamp(2, 9)
        await shop.redeem(2)
        await shop.counter.close()


@pytest.mark.usefixtures("split")
@pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)  # a cluster is proven by one process
async def test_processes_find_together_what_one_would_find(settings: Settings) -> None:
    await furnished(settings)
    together, found = Books(Cargo((1,))), {table.name: TableSum() for table in Books.read_whole}

    def add(share: ProvenShare) -> None:
        for name, summed in share.sums.items():
            found[name].include(summed)

    async with opened(settings) as database:
        assert await database.read(lambda c: shares_of(c, 1)) == [
            ProofShare(1, 0, 2),
            ProofShare(1, 2, 4),
            ProofShare(1, 4, 5),
        ]
        assert await together.prove_beside(database, settings, add)
        alone = await prove(database, 1)
    together.check()
    (proof,) = together._proofs.values()  # noqa: SLF001  # what it holds is compared
    assert (proof.customers, proof.entries) == (alone.customers, alone.entries) == (5, 7)
    async with snapshot(settings) as reader:
        for table in Books.read_whole:
            summed = TableSum()
            async for rows in pages(reader, table, Cargo((1,)).rows_of(table)):
                summed.add(rows)
            assert found[table.name] == summed


@pytest.mark.usefixtures("split")
async def test_a_card_that_a_process_finds_wrong_ends_the_move_and_the_old_place_goes_on(
    sqlite_settings: Settings, tmp_path: Path
) -> None:
    target = Settings(database_url=f"sqlite:///{tmp_path}/there.db")
    await asyncio.to_thread(migrate, target)
    await furnished(sqlite_settings)
    wrong = update(customer).where(customer.c.id == 5).values(total_stamps=customer.c.total_stamps + 1)
    async with opened(sqlite_settings) as old:
        await old.write(lambda connection: connection.execute(wrong).close())
    with pytest.raises(SettingsError, match="books were wrong"):
        await moved(errand(sqlite_settings, target))
    async with opened(sqlite_settings) as old:
        shop = await shop_at(old)
        await shop.stamp(1)
        await shop.counter.close()


@pytest.mark.usefixtures("split")
async def test_a_process_that_ends_early_is_noticed(tmp_path: Path) -> None:
    nowhere = Settings(database_url=f"sqlite:///{tmp_path}/nowhere.db")
    with pytest.raises(SettingsError, match=ENDED):
        await prove_shares(nowhere, [ProofShare(1, 0, 2), ProofShare(1, 2, 4)], lambda _: None)


def test_a_process_that_ends_in_the_middle_of_what_it_sends_is_noticed() -> None:
    reading, writing = get_context("spawn").Pipe(duplex=False)
    os.write(writing.fileno(), struct.pack("!i", 1_000) + b"some of it")
    writing.close()
    with pytest.raises(SettingsError, match=ENDED):
        provers._gather([reading], 1, lambda _: None)  # noqa: SLF001  # what waits for the processes
    reading.close()


async def test_a_process_whose_command_was_killed_ends_after_its_share(sqlite_settings: Settings) -> None:
    await furnished(sqlite_settings)
    reading, writing = get_context("spawn").Pipe(duplex=False)
    reading.close()  # as the system does when the command is killed
    with pytest.raises(BrokenPipeError):
        await provers._prove(sqlite_settings, [ProofShare(1, 0, 2)], writing)  # noqa: SLF001  # what runs in the process
    writing.close()


def test_provers_have_no_key_and_read_no_secrets() -> None:
    assert not any(locked_columns(table) for table in Books.read_whole)
