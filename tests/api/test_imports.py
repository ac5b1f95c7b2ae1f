"""Imports over HTTP: answered at once, done soon, once only, and never lost."""

import asyncio

import pytest
from msgspec import convert
from msgspec.json import encode
from sqlalchemy import update

from loyalty_app.db.tables import import_job
from loyalty_app.importing.candidates import ListedCustomer
from loyalty_app.settings import Settings
from tests.api.till import Api, Till, given, on_both_databases, open_api, refused, wrong_fields
from tests.api.witness import Json

LIST = [
    {"name": "Ana", "phone": "+14155550101", "stamps": 3, "joined_at": "2024-05-17"},
    {"name": "Ben", "email": "ben@example.com", "birthday": "17.05.1990"},
    {"name": "", "phone": "call me", "stamps": -1},
    {"name": "Ana again", "phone": "(415) 555-0101"},
]


async def queue(till: Till, customers: object = LIST, *, once: str | None = None) -> Json:
    return given(await till.post("/customers/import", {"customers": customers}, once=once), 202)


async def done(till: Till, number: int) -> Json:
    """What became of an import, once it is over."""
    async with asyncio.timeout(60):
        while (seen := given(await till.get(f"/imports/{number}")))["status"] != "done":  # noqa: ASYNC110  # polled
            await asyncio.sleep(0.02)
    return seen


@on_both_databases
async def test_a_list_is_taken_at_once_and_imported_soon(till: Till) -> None:
    queued = await queue(till)
    assert queued == {"id": queued["id"], "status": "queued", "url": f"/v1/imports/{queued['id']}"}
    seen = await done(till, queued["id"])
    assert [seen[name] for name in ("total", "done", "imported", "already_there", "left_out")] == [4, 4, 2, 1, 1]
    assert [(one["index"], one["outcome"], one["field"]) for one in seen["report"]] == [
        (2, "left_out", "name"),
        (2, "left_out", "phone"),
        (2, "left_out", "stamps"),
        (3, "already_there", None),
    ]
    [ana] = (await till.get("/customers", phone="+14155550101")).json()["data"]
    assert (ana["current_stamps"], ana["created_at"]) == (3, "2024-05-17T00:00:00Z")
    await till.assert_books_balance()


@on_both_databases
async def test_the_same_key_takes_a_list_once(till: Till) -> None:
    first = await till.post("/customers/import", {"customers": LIST}, once="monday")
    again = await till.post("/customers/import", {"customers": LIST}, once="monday")
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    other = await till.post("/customers/import", {"customers": LIST[:1]}, once="monday")
    refused(other, 422, "idempotency_key_reused")
    refused(
        await till.post("/customers", {"name": "Cy", "phone": "+14155550199"}, once="monday"),
        422,
        "idempotency_key_reused",
    )


async def test_a_list_that_is_sent_twice_brings_nobody_twice(till: Till) -> None:
    await done(till, (await queue(till))["id"])
    seen = await done(till, (await queue(till))["id"])
    assert (seen["imported"], seen["already_there"]) == (0, 3)


@on_both_databases
async def test_an_import_goes_on_after_a_restart_and_counts_each_customer_once(place: Settings) -> None:
    many = [{"name": f"Guest {n}"} for n in range(1_000)]
    async with open_api(place) as api:
        till = await api.open_till()
        queued = await queue(till, many)
        while not given(await till.get(f"/imports/{queued['id']}"))["done"]:  # noqa: ASYNC110  # polled
            await asyncio.sleep(0.01)
    async with open_api(place) as again:
        seen = await done(till.moved(again), queued["id"])
        assert (seen["imported"], seen["already_there"], seen["left_out"]) == (1_000, 0, 0)


async def test_a_part_that_was_done_but_not_noted_counts_as_imported(till: Till) -> None:
    """As after a kill: the customers are there, and the job does not know it."""
    queued = await queue(till)
    before = await done(till, queued["id"])
    body = encode([convert(one, ListedCustomer) for one in LIST])
    forgotten = update(import_job).values(
        status="running", done=0, imported=0, already_there=0, report=b"[]", customers=body, finished_at=None
    )
    await till.api.database.write(lambda c: c.execute(forgotten).close())
    assert await done(till, queued["id"]) == before


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["/customers"]),
        ({"customers": []}, ["/customers"]),
        ({"customers": [{"name": "Ana"}] * 1_001}, ["/customers"]),
        ({"customers": "Ana"}, ["/customers"]),
        ({"customers": [{"phone": "+14155550101"}]}, ["/customers/0/name"]),
        ({"customers": [{"name": 7}]}, ["/customers/0/name"]),
        ({"customers": [{"name": "Ana", "age": 7}]}, ["/customers/0/age"]),
        ({"customers": [{"name": "Ana"}, 7, {"name": "Ben", "a/b~": 1}]}, ["/customers/1", "/customers/2/a~1b~0"]),
        (
            {
                "customers": [*([{"name": "Ana"}] * 600), {"name": "Ben", "phone": 7, "stamps": "3"}, {"email": None}],
                "x": 1,
            },
            ["/x", "/customers/600/phone", "/customers/600/stamps", "/customers/601/name"],
        ),
    ],
)
async def test_what_is_no_list_of_customers_is_refused_as_a_whole(till: Till, body: object, wrong: list[str]) -> None:
    assert wrong_fields(await till.post("/customers/import", body)) == wrong


async def test_an_import_that_there_is_not_is_not_found(till: Till) -> None:
    refused(await till.get("/imports/99"), 404, "import_not_found")


async def test_a_list_is_gone_once_it_is_done(api: Api, till: Till) -> None:
    await done(till, (await queue(till))["id"])
    [job] = (await api.dump())["import_job"]
    assert b"Ana" not in b"".join(part for part in job if isinstance(part, bytes) and b"api_key" not in part)
