"""Provers: processes that read the new place beside the command. Each folds the cards of its share, and adds rows up.

Why: a million customers take minutes, on one core alone. A share is some customers of one shop in the order of their
numbers. What is found is sent back and added up, so it does not matter who proved what. Nothing is written here.
A prover whose command has ended cannot send what it found, so it ends too, at the latest after its present share.
"""

import asyncio
import gc
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

import msgspec
from sqlalchemy import Connection, Table, select

from loyalty_app.customers.proof import Proof
from loyalty_app.db.plain_rows import PlainRow
from loyalty_app.db.tables import customer
from loyalty_app.moving.carrying import TableSum
from loyalty_app.moving.snapshots import Reader, snapshot
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import find_business

MANY = 20_000
"""With so many customers or more, provers are worth their start, which takes a second."""
MOST = 4
"""More provers than these are never started."""
AT_A_TIME, AT_ONCE = 2_000, 1_000
"""How many customers a share has, and how many of them are read at once."""
ENDED = "A process that proved the books has ended early. Nothing was closed; run this again."


class ProofShare(msgspec.Struct, frozen=True):
    """Customers of a shop: those whose numbers come after one, up to another."""

    business_id: int
    after: int
    until: int


class ProvenShare(msgspec.Struct, frozen=True):
    """What was found in a share: a proof of its cards, without totals, and the sums of all rows that were read."""

    proof: Proof
    sums: dict[str, TableSum]


def shares_of(connection: Connection, business_id: int) -> list[ProofShare]:
    """The shares of a shop."""
    found, last = list[ProofShare](), 0
    while True:
        own = select(customer.c.id).where(customer.c.business_id == business_id, customer.c.id > last)
        page = own.order_by(customer.c.id).limit(AT_A_TIME).subquery()
        numbers = list(connection.scalars(select(page.c.id).order_by(page.c.id)))
        if not numbers:
            return found
        found.append(ProofShare(business_id, last, numbers[-1]))
        last = numbers[-1]


def prover_count() -> int:
    """How many provers there should be: as many as this process may use cores."""
    return min(MOST, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


async def prove_shares(place: Settings, shares: Sequence[ProofShare], found: Callable[[ProvenShare], None]) -> None:
    """Prove all shares in processes; what they find is given to `found`, in a thread. Raises SettingsError."""
    spawn, started = get_context("spawn"), dict[Pipe, BaseProcess]()
    try:
        for number in range(prover_count()):
            reading, writing = spawn.Pipe(duplex=False)
            own = shares[number :: prover_count()]
            process: BaseProcess = spawn.Process(target=_run, args=(place, own, writing), daemon=True)
            started[reading] = process
            await asyncio.to_thread(process.start)
            writing.close()  # so that the end of the process is seen
        await asyncio.to_thread(_gather, list(started), len(shares), found)
    finally:
        for reading, process in started.items():
            if process.pid is not None:
                process.kill()
                await asyncio.to_thread(process.join)
            reading.close()


def _gather(pipes: list[Pipe], shares: int, found: Callable[[ProvenShare], None]) -> None:
    """Take what comes until all shares are there."""
    open_ones = pipes.copy()
    while shares:
        for pipe in wait(open_ones):
            assert isinstance(pipe, Pipe)  # noqa: S101  # it is one of them
            try:
                found(pipe.recv())
            except (EOFError, OSError):  # it ended, between two messages or within one
                open_ones.remove(pipe)
            else:
                shares -= 1
        if shares and not open_ones:
            raise SettingsError(ENDED)


def _run(place: Settings, shares: Sequence[ProofShare], told: Pipe) -> None:
    """Prove some shares, and tell what was found, in a process of its own, which the command ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: it is for the command
    gc.freeze()  # hundreds of thousands of values live at once; to look for cycles among them costs a seventh
    gc.set_threshold(100_000, 50, 50)
    with suppress(BrokenPipeError):  # the command has ended
        asyncio.run(_prove(place, shares, told))


async def _prove(place: Settings, shares: Sequence[ProofShare], told: Pipe) -> None:
    async with snapshot(place) as reader:
        for one in shares:
            told.send(await prove_share(reader, one))


async def prove_share(reader: Reader, one: ProofShare) -> ProvenShare:
    """Prove the cards of a share, and add up the rows of it."""
    sums: dict[str, TableSum] = {}

    def seen(table: Table, rows: list[PlainRow]) -> None:
        sums.setdefault(table.name, TableSum()).add(rows)

    def work(connection: Connection) -> Proof:
        proof = Proof(find_business(connection, one.business_id), at_once=AT_ONCE)
        proof.run_cards(connection, seen=seen, after=one.after, until=one.until)
        return proof

    return ProvenShare(await reader.read(work), sums)
