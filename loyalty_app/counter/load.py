"""Loading: a book is filled with all that the requests of a batch are about.

Rows are locked first: customers, then totals, each in the order of their ids, so that two processes cannot wait for
each other. Whatever else is needed is asked at once, when all locks are held. Where all are stamps, locks and questions
may go together: an answer is as old as the locks then, or by milliseconds older (see `Database.gather`). Nothing is
decided here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from loyalty_app.counter.book import Book, Key
from loyalty_app.counter.orders import (
    ChangeProfile,
    Claim,
    CustomerRef,
    Erase,
    Expire,
    GiveStamp,
    Join,
    Redeem,
    Request,
    Void,
)
from loyalty_app.db import tables
from loyalty_app.db.lookups import Lookup, Wanted
from loyalty_app.db.rows import customer_of, entry_of, reward_of, terms_of
from loyalty_app.ids import Ids
from loyalty_app.shops.businesses import business_of

OWN_KEY = ("business_id", "id")

Keeping = tuple[Lookup, Callable[[Any], None]]
"""What is asked, and who keeps each row of the answer."""


def load(book: Book, requests: list[Request], ids: Ids) -> None:
    """Lock and read what the requests are about."""
    if all(isinstance(request.order, GiveStamp) for request in requests):
        _load_rest(book, requests, ids, locked=_named(book, requests))
    else:
        _load_targets(book, requests)
        _lock_customers(book, requests)
        _lock_totals(book, requests)
        _load_rest(book, requests, ids)
    _load_versions(book)
    _load_holdings(book, requests)


def _load_targets(book: Book, requests: list[Request]) -> None:
    wanted = [(r.business_id, r.order.transaction_id) for r in requests if isinstance(r.order, Void)]
    for row in book.database.fetch(book.connection, tables.transaction, OWN_KEY, wanted):
        book.keep_entry(entry_of(row))


def _lock_customers(book: Book, requests: list[Request]) -> None:
    by_id, by_code = _named(book, requests)
    found = book.database.fetch(book.connection, tables.customer, by_code.columns, by_code.wanted)
    book.claimable = book.holdings.look_ahead(requests)
    ids = {*by_id.wanted, *((row.business_id, row.id) for row in found), *book.claimable}
    for row in book.database.fetch(book.connection, tables.customer, OWN_KEY, ids, lock=True):
        book.keep_customer(customer_of(row))


def _named(book: Book, requests: list[Request]) -> tuple[Lookup, Lookup]:
    """The customers whom requests name, by their ids and by their codes."""
    refs = [(r.business_id, ref) for r in requests if (ref := _ref(book, r)) is not None]
    ids = [(business, ref) for business, ref in refs if isinstance(ref, int)]
    codes = [(business, ref) for business, ref in refs if isinstance(ref, str)]
    return Lookup(tables.customer, OWN_KEY, ids), Lookup(tables.customer, ("business_id", "qr_code"), codes)


def _ref(book: Book, request: Request) -> CustomerRef | None:
    match request.order:
        case Join() | Claim():
            return None
        case Void(transaction_id=target):
            entry = book.entries.get((request.business_id, target))
            return entry.customer_id if entry else None
        case order:
            return order.customer


def _lock_totals(book: Book, requests: list[Request]) -> None:
    """Count customers if their number or what they hold may change.

    All totals that may change are locked then, in the order of their ids.
    """
    if not any(isinstance(r.order, Join | Claim) for r in requests):
        return
    wanted = {(r.business_id,) for r in requests}
    for row in book.database.fetch(book.connection, tables.business_total, ("business_id",), wanted, lock=True):
        book.counts[row.business_id] = row.customers


def _load_rest(book: Book, requests: list[Request], ids: Ids, *, locked: Sequence[Lookup] = ()) -> None:
    asked = [*_about_shops(book, requests), *_about_customers(book, requests), *_about_names(book, requests)]
    questions = [question for question, _ in asked]
    found = book.database.gather(book.connection, questions, ids=ids, locked=locked)
    for row in found.locked:
        book.keep_customer(customer_of(row))
    for (_, keep), rows in zip(asked, found.answers, strict=True):
        for row in rows:
            keep(row)


def _about_shops(book: Book, requests: list[Request]) -> Iterator[Keeping]:
    """The shops, their webhook endpoints and who of those that ask is on the staff."""

    def keep_business(row: Any) -> None:  # noqa: ANN401  # a row
        book.businesses[row.id] = business_of(row)

    ids = {(request.business_id,) for request in requests}
    yield Lookup(tables.business, ("id",), ids), keep_business
    yield Lookup(tables.webhook_endpoint, ("business_id",), ids), book.endpoints.append
    yield book.rights.question(requests), book.rights.keep


def _about_customers(book: Book, requests: list[Request]) -> Iterator[Keeping]:
    """The history of customers for whom something is undone, and the rewards of those for whom it matters."""
    columns = ("business_id", "customer_id")
    book.whole = _found(book, (r for r in requests if isinstance(r.order, Void)))
    yield Lookup(tables.transaction, columns, book.whole), lambda row: book.keep_entry(entry_of(row))
    some = _found(book, (r for r in requests if isinstance(r.order, Void | Redeem | Erase | Expire)))
    yield Lookup(tables.reward, columns, some | book.claimable), lambda row: book.keep_reward(reward_of(row))


def _found(book: Book, requests: Iterable[Request]) -> set[Key]:
    found = (book.find(request.business_id, _ref(book, request)) for request in requests)
    return {(customer.business_id, customer.id) for customer in found if customer}


def _about_names(book: Book, requests: list[Request]) -> Iterator[Keeping]:
    """What is known under the idempotency keys, order references, branches and phone numbers that requests name."""

    def keep_answer(row: Any) -> None:  # noqa: ANN401  # a row
        book.answers[row.business_id, row.key] = (row.fingerprint, row.answer)

    def keep_order_ref(row: Any) -> None:  # noqa: ANN401  # a row
        if row.voided_by is None:
            book.order_refs[row.business_id, row.order_ref] = row.id

    def keep_phone(row: Any) -> None:  # noqa: ANN401  # a row
        book.phones[row.business_id, row.phone] = row.id

    keys: list[Wanted] = [(r.business_id, r.caller.key) for r in requests if r.caller.key is not None]
    yield Lookup(tables.idempotency, ("business_id", "key"), keys), keep_answer
    stamps = [(r.business_id, r.order.order) for r in requests if isinstance(r.order, GiveStamp)]
    refs: list[Wanted] = [(business, order.order_ref) for business, order in stamps if order.order_ref]
    yield Lookup(tables.transaction, ("business_id", "order_ref"), refs), keep_order_ref
    branches: list[Wanted] = [(business, order.branch_id) for business, order in stamps if order.branch_id]
    yield Lookup(tables.branch, OWN_KEY, branches), lambda row: book.branches.add((row.business_id, row.id))
    phones: list[Wanted] = [(r.business_id, phone) for r in requests if (phone := _phone(r))]
    yield Lookup(tables.customer, ("business_id", "phone"), phones), keep_phone


def _phone(request: Request) -> str | None:
    match request.order:
        case Join(profile=profile):
            return profile.phone
        case ChangeProfile(change=change):
            return change.phone if isinstance(change.phone, str) else None
        case Claim(phone=phone):
            return phone
        case _:
            return None


def _load_versions(book: Book) -> None:
    """Read the programs of shops that have a version which is not known yet."""
    known = ((number, len(book.versions.get(number, ()))) for number in book.businesses)
    stale = [(number,) for number, versions in known if versions < book.businesses[number].program_version]
    rows = book.database.fetch(book.connection, tables.program, ("business_id",), stale)
    for (number,) in stale:
        terms = (terms_of(row) for row in rows if row.business_id == number)
        book.versions[number] = tuple(sorted(terms, key=lambda version: version.version))


def _load_holdings(book: Book, requests: list[Request]) -> None:
    """Load who holds which cards. A card that was not to be locked may be looked at, and no more."""
    unknown = book.holdings.load(requests, book.claimable) - book.customers.keys()
    for row in book.database.fetch(book.connection, tables.customer, OWN_KEY, unknown):
        book.keep_customer(customer_of(row))
