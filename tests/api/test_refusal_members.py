"""Members of refusals: what a sentence names is there for programs too, so that none has to read the sentence."""

from datetime import datetime, timedelta

import msgspec
import pytest

from api.problems import FACTS, Problem, facts_of
from api.reference.errors import EXAMPLES
from loyalty_core.access import Plan, Scope
from loyalty_core.errors import LoyaltyError
from tests.api.till import Api, Till, given, refused
from tests.api.witness import Json

NOWHERE = 2**40


def knows(problem: Json, **members: object) -> None:
    """The problem has exactly these members, beside those that every problem has."""
    head = {"type", "title", "status", "detail", "code", "request_id"}
    assert {name: value for name, value in problem.items() if name not in head} == members


async def test_a_number_that_is_taken_names_the_customer_who_has_it(till: Till) -> None:
    lena, omar = await till.join(), await till.join("Omar")
    again = {"name": "Lena", "phone": lena["phone"]}
    knows(refused(await till.post("/customers", again), 409, "customer_exists"), customer_id=lena["id"])
    moved = await till.patch(f"/customers/{omar['id']}", {"phone": lena["phone"]})
    knows(refused(moved, 409, "customer_exists"), customer_id=lena["id"])


async def test_an_import_names_the_customer_who_is_there_already(till: Till) -> None:
    lena = await till.join()
    queued = given(await till.post("/customers/import", {"customers": [{"name": "L", "phone": lena["phone"]}]}), 202)
    seen = await till.get(f"/imports/{queued['id']}")
    while given(seen)["status"] != "done":
        seen = await till.get(f"/imports/{queued['id']}")
    assert [remark["customer_id"] for remark in given(seen)["report"]] == [lena["id"]]


async def test_an_order_that_was_stamped_names_its_transaction(till: Till) -> None:
    lena = await till.join()
    first = await till.stamp(lena["id"], order_ref="A-1")
    again = await till.post(f"/customers/{lena['id']}/stamps", {"order_ref": "A-1"})
    knows(refused(again, 409, "order_ref_used"), order_ref="A-1", transaction_id=first["transaction_id"])


async def test_what_was_undone_names_itself_and_what_undid_it(till: Till) -> None:
    lena = await till.join()
    stamped = (await till.stamp(lena["id"]))["transaction_id"]
    undone = await till.void(stamped)
    again = refused(await till.post(f"/transactions/{stamped}/void"), 409, "already_voided")
    knows(again, transaction_id=stamped, voided_by=undone["transaction_id"])
    undo = refused(await till.post(f"/transactions/{undone['transaction_id']}/void"), 409, "void_refused")
    knows(undo, transaction_id=undone["transaction_id"], reason="no_stamp_or_redemption")


async def test_an_undo_that_a_reward_bars_names_the_reward(till: Till) -> None:
    lena = await till.join()
    stamped = await till.stamp(lena["id"], 10)
    [reward] = stamped["rewards"]
    await till.redeem(lena["id"])
    problem = refused(await till.post(f"/transactions/{stamped['transaction_id']}/void"), 409, "void_refused")
    knows(problem, transaction_id=stamped["transaction_id"], reward_id=reward["id"], reason="reward_handed_out")


async def test_a_stamp_that_comes_too_soon_says_when_it_may_come_and_then_it_may(api: Api) -> None:
    till = await api.open_till(timezone="Asia/Kolkata", cooldown_seconds=600)
    lena = await till.join()
    await till.stamp(lena["id"])
    api.clock.wait(seconds=0.5)
    answer = await till.post(f"/customers/{lena['id']}/stamps")
    problem = refused(answer, 409, "stamp_too_soon")
    times = {"last_at": "2026-03-02T12:00:00Z", "next_at": "2026-03-02T12:10:00Z"}
    knows(problem, **times, by="Till at the door", retry_after=600)
    assert answer.headers["retry-after"] == "600"
    api.clock.wait(seconds=600)
    await till.stamp(lena["id"])


async def test_a_full_day_says_its_cap_and_when_the_next_begins(api: Api) -> None:
    till = await api.open_till(timezone="America/New_York", daily_stamp_cap=3)
    lena = await till.join()
    await till.stamp(lena["id"], 2)
    problem = refused(await till.post(f"/customers/{lena['id']}/stamps", {"stamps": 2}), 409, "daily_cap_reached")
    knows(problem, limit=3, given=2, next_at="2026-03-03T05:00:00Z", retry_after=17 * 3_600)
    api.clock.wait(seconds=problem["retry_after"])
    await till.stamp(lena["id"], 3)


async def test_a_reward_that_cannot_be_redeemed_names_itself_and_the_time(api: Api) -> None:
    till = await api.open_till(reward_valid_days=7)
    lena = await till.join()
    path = f"/customers/{lena['id']}/redeem"
    first, second, third = [(await till.stamp(lena["id"], 10)) for _ in range(3)]
    [one], [two], [three] = first["rewards"], second["rewards"], third["rewards"]
    await till.redeem(lena["id"], reward_id=one["id"])
    problem = refused(await till.post(path, {"reward_id": one["id"]}), 409, "reward_already_redeemed")
    knows(problem, reward_id=one["id"], redeemed_at="2026-03-02T12:00:00Z")
    await till.void(second["transaction_id"])
    problem = refused(await till.post(path, {"reward_id": two["id"]}), 409, "no_reward_available")
    knows(problem, reward_id=two["id"])
    api.clock.wait(days=8)
    problem = refused(await till.post(path, {"reward_id": three["id"]}), 409, "reward_expired")
    knows(problem, reward_id=three["id"], expires_at=three["expires_at"])
    knows(refused(await till.post(path, {"reward_id": NOWHERE}), 404, "reward_not_found"), reward_id=NOWHERE)


async def test_what_is_not_there_is_named_as_it_was_asked_for(till: Till) -> None:
    for method, path, code, member in (
        ("POST", "/transactions/{}/void", "transaction_not_found", "transaction_id"),
        ("DELETE", "/webhooks/{}", "webhook_not_found", "webhook_id"),
        ("GET", "/imports/{}", "import_not_found", "import_id"),
    ):
        knows(refused(await till.ask(method, path.format(NOWHERE)), 404, code), **{member: NOWHERE})


async def test_a_key_that_may_not_names_the_scope_or_the_plan(till: Till) -> None:
    reading = await till.api.another_till(till.business, [Scope.CUSTOMERS_READ])
    knows(refused(await reading.post("/customers/1/stamps"), 403, "scope_required"), scope="stamps:write")
    small = await till.api.open_till("Corner Shop", plan=Plan.BASIC, rate_limit=None)
    knows(refused(await small.get("/program"), 403, "plan_required"), plan="basic")


async def test_what_is_too_much_names_the_limit(till: Till) -> None:
    knows(refused(await till.get("/customers", page=101, limit=100), 400, "page_too_deep"), deepest=10_000)
    large = await till.ask("POST", "/customers", b" " * (256 * 1024 + 1))
    knows(refused(large, 413, "body_too_large"), limit=256 * 1024)


@pytest.mark.parametrize("refusal", EXAMPLES, ids=lambda refusal: refusal.code)
def test_a_member_has_the_type_that_is_promised_and_a_time_is_in_utc(refusal: LoyaltyError) -> None:
    facts = facts_of(refusal)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(Problem)}
    head = {"type": "", "title": "", "status": 0, "detail": "", "code": "", "request_id": ""}
    msgspec.convert({**head, **{names[name]: value for name, value in facts.items()}}, Problem)
    assert all(v.utcoffset() == timedelta(0) for v in facts.values() if isinstance(v, datetime))
    assert set(facts) <= set(FACTS)
