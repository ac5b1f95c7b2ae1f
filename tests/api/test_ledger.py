"""The ledger of the shop, its branches and its key over HTTP: found, by pages, in this shop only."""

from datetime import timedelta
from itertools import product

from sqlalchemy import update

from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.db.tables import api_key
from loyalty_app.shops.branches import BranchChange, change_branch
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Plan, Scope
from tests.api.till import Api, Till, given, on_both_databases, refused, wrong_fields
from tests.api.witness import Json


async def rows(till: Till, path: str, **query: object) -> list[Json]:
    """What a list holds."""
    answer = await till.get(path, **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def listed(till: Till, **query: object) -> list[int]:
    """The ids of the transactions that are listed."""
    return [entry["id"] for entry in await rows(till, "/transactions", **query)]


@on_both_databases
async def test_a_part_of_a_stamp_is_undone_and_the_entry_counts_for_the_rest(till: Till) -> None:
    customer = await till.join()
    stamped = await till.stamp(customer["id"], 3)
    path = f"/transactions/{stamped['transaction_id']}"
    part = given(await till.post(f"{path}/void", {"stamps": 2}))
    assert (part["stamps_voided"], part["customer"]["current_stamps"]) == (2, 1)
    entry, undo = given(await till.get(path)), given(await till.get(f"/transactions/{part['transaction_id']}"))
    assert (entry["stamps"], entry["stamps_voided"], entry["voided_by"]) == (1, 2, None)
    assert (undo["stamps"], undo["stamps_voided"], undo["voids"]) == (0, 2, stamped["transaction_id"])
    problem = refused(await till.post(f"{path}/void", {"stamps": 2}), 409, "void_refused")
    assert problem["reason"] == "more_than_left"
    assert given(await till.get(path)) == entry


async def test_a_till_that_lost_its_memory_finds_what_it_did_for_an_order(till: Till) -> None:
    lena = await till.join()
    stamped = await till.stamp(lena["id"], 2, order_ref="till-1-2026-03-02-000123")
    await till.stamp(lena["id"], order_ref="till-1-2026-03-02-000124")
    [entry] = await rows(till, "/transactions", order_ref="till-1-2026-03-02-000123")
    assert (entry["id"], entry["stamps"], entry["customer_id"]) == (stamped["transaction_id"], 2, lena["id"])
    assert entry == given(await till.get(f"/transactions/{entry['id']}"))
    undone = await till.void(entry["id"])
    again = given(await till.get(f"/transactions/{entry['id']}"))
    assert again == {**entry, "voided_by": undone["transaction_id"]}
    assert await rows(till, "/transactions", order_ref="till-1-2026-03-02-000123") == [again]


async def test_the_ledger_is_walked_to_its_end_while_it_grows(till: Till) -> None:
    lena = await till.join()
    before = [(await till.stamp(lena["id"]))["transaction_id"] for _ in range(5)]
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await till.get("/transactions", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        seen += [entry["id"] for entry in answer["data"]]
        cursor = answer["pagination"]["next_cursor"]
        await till.stamp(lena["id"])
    assert seen == before[::-1]


async def test_a_period_is_asked_for_in_any_time_zone_even_if_the_plus_was_not_encoded(till: Till) -> None:
    lena = await till.join()
    first = (await till.stamp(lena["id"]))["transaction_id"]
    till.api.clock.wait(hours=1)
    second = (await till.stamp(lena["id"]))["transaction_id"]
    assert await listed(till, since="2026-03-02T18:30:00+05:30") == [second]
    answer = await till.ask("GET", "/transactions?until=2026-03-02T18:30:00+05:30&since=2026-03-02T13:00:00+01:00")
    assert [entry["id"] for entry in answer.json()["data"]] == [first]
    assert wrong_fields(await till.get("/transactions", since="2026-03-02T12:00:00")) == ["/since"]
    assert wrong_fields(await till.get("/transactions", until="yesterday")) == ["/until"]
    assert wrong_fields(await till.get("/transactions", type="gift")) == ["/type"]


@on_both_databases
async def test_a_period_may_reach_to_the_ends_of_the_calendar(till: Till) -> None:
    lena = await till.join()
    number = (await till.stamp(lena["id"]))["transaction_id"]
    begins = ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-07T00:00:00Z")
    ends = ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-12:00", "9999-12-25T00:00:00Z")
    for begin, end in product(begins, ends):
        assert await listed(till, since=begin, until=end) == [number]
        assert await listed(till, since=end, until=begin) == []
        assert [one["id"] for one in await rows(till, "/customers", updated_since=begin)] == [lena["id"]]
        assert await rows(till, "/customers", updated_since=end) == []
        assert [*await rows(till, "/flags", since=begin), *await rows(till, "/flags", since=end)] == []


async def test_the_entries_of_an_erased_customer_stay_without_a_name(till: Till) -> None:
    lena = await till.join("Lena Lovelace")
    stamped = await till.stamp(lena["id"])
    given(await till.delete(f"/customers/{lena['id']}"))
    answer = await till.get("/transactions")
    assert [entry["id"] for entry in answer.json()["data"]] == [stamped["transaction_id"]]
    assert "Lovelace" not in answer.text


@on_both_databases
async def test_customers_who_changed_since_then_are_listed_and_no_others(till: Till) -> None:
    lena, omar, mira = await till.join(), await till.join("Omar"), await till.join("Mira")
    till.api.clock.wait(minutes=1)
    await till.stamp(lena["id"])
    given(await till.patch(f"/customers/{mira['id']}", {"name": "Mira M"}))
    changed = await rows(till, "/customers", updated_since="2026-03-02T12:01:00Z")
    assert [one["id"] for one in changed] == [lena["id"], mira["id"]]
    assert await rows(till, "/customers", updated_since="2026-03-02T12:01:01Z") == []
    everybody = await rows(till, "/customers", updated_since="2020-01-01T00:00:00Z")
    assert [one["id"] for one in everybody] == [lena["id"], omar["id"], mira["id"]]


async def test_branches_are_those_that_a_stamp_may_name(till: Till) -> None:
    assert await rows(till, "/branches") == []
    await add_branch(till.api.database, till.business.id, name="At the station", now=till.api.clock.now)
    [branch] = await rows(till, "/branches")
    assert branch == {"id": branch["id"], "name": "At the station", "created_at": "2026-03-02T12:00:00Z"}
    lena = await till.join()
    stamped = await till.stamp(lena["id"], branch_id=branch["id"])
    await till.stamp(lena["id"])
    assert await listed(till, branch_id=branch["id"]) == [stamped["transaction_id"]]
    request, closed = KeyedRequest(business_id=till.business.id), BranchChange(closed=True)
    await change_branch(till.api.database, request, branch["id"], closed, now=till.api.clock.now)
    assert await rows(till, "/branches") == [{**branch, "closed_at": "2026-03-02T12:00:00Z"}]
    answer = await till.post(f"/customers/{lena['id']}/stamps", {"branch_id": branch["id"]})
    assert wrong_fields(answer) == ["/branch_id"]
    assert await listed(till, branch_id=branch["id"]) == [stamped["transaction_id"]]


async def test_a_key_can_ask_what_it_may_do_whatever_that_is(api: Api) -> None:
    shop = await api.open_till("Café Ada", plan=Plan.PROFESSIONAL, rate_limit=None, timezone="Europe/Berlin")
    till = await api.another_till(shop.business, [Scope.STAMPS_WRITE, Scope.CUSTOMERS_READ])
    answer = await till.get("/key")
    key = given(answer)
    assert key == {
        "id": till.key_id,
        "name": "Till at the door",
        "starts_with": till.key[:11],
        "scopes": ["customers:read", "stamps:write"],
        "limits": {"requests_per_hour": 1_000, "customers": None},
        "business": {
            "id": shop.business.id,
            "name": "Café Ada",
            "plan": "professional",
            "timezone": "Europe/Berlin",
            "country": "US",
            "test": False,
        },
        "created_at": key["created_at"],
        "expires_at": None,
    }
    assert till.key[12:] not in answer.text
    assert answer.headers["x-ratelimit-limit"] == "1000"


async def test_a_key_that_ends_says_when(till: Till) -> None:
    end = till.api.clock.now + timedelta(days=1)
    ends = update(api_key).where(api_key.c.id == till.key_id).values(expires_at=end)
    await till.api.database.write(lambda connection: connection.execute(ends))
    assert given(await till.get("/key"))["expires_at"] == "2026-03-03T12:00:00Z"


async def test_one_webhook_is_shown_as_in_the_list(till: Till) -> None:
    new = given(await till.post("/webhooks", {"url": "http://127.0.0.1:9/hook", "events": ["stamp.added"]}), 201)
    shown = given(await till.get(f"/webhooks/{new['id']}"))
    assert [shown] == await rows(till, "/webhooks")
    assert "secret" not in shown
    refused(await till.get(f"/webhooks/{new['id'] + 1}"), 404, "webhook_not_found")
