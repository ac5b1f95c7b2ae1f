"""Merging over HTTP: two customers become one, and two again."""

from api.problems import RefusalReason
from loyalty_core.errors import MergeBar, VoidBar
from tests.api.till import Till, given, on_both_databases, refused, wrong_fields


@on_both_databases
async def test_two_customers_become_one_and_two_again(till: Till) -> None:
    lena, other = await till.join(), await till.join("Lena M.")
    await till.stamp(lena["id"], 3)
    await till.stamp(other["id"], 4)
    path, order = f"/customers/{lena['id']}", {"from_id": other["id"]}
    merged = given(await till.post(f"{path}/merge", order, once="merge"))
    assert (merged["customer"]["id"], merged["customer"]["current_stamps"]) == (lena["id"], 7)
    assert (merged["other"]["id"], merged["other"]["current_stamps"]) == (other["id"], 4)
    assert given(await till.post(f"{path}/merge", order, once="merge")) == merged
    for named in (other["id"], other["qr_code"], f"qr/{other['qr_code']}"):
        assert (await till.show(named))["id"] == lena["id"]
    assert (await till.get("/customers")).json()["pagination"]["total"] == 1
    theirs = (await till.get("/transactions", customer_id=other["qr_code"])).json()["data"]
    assert [entry["customer_id"] for entry in theirs] == [lena["id"]] * 2
    again = given(await till.post(f"{path}/unmerge", order))
    assert (again["customer"]["current_stamps"], again["other"]["current_stamps"]) == (3, 4)
    assert (await till.show(other["id"]))["name"] == "Lena M."
    told = (await till.get("/events")).json()["data"]
    assert {one["type"] for one in told} >= {"customer.merged", "customer.unmerged"}
    await till.assert_books_balance()


async def test_what_cannot_be_merged_is_refused_with_a_reason(till: Till) -> None:
    lena, other = await till.join(), await till.join("Lena M.")
    path, order = f"/customers/{lena['id']}", {"from_id": other["id"]}
    problem = refused(await till.post(f"{path}/unmerge", order), 409, "merge_refused")
    assert problem["reason"] == "not_merged"
    assert wrong_fields(await till.post(f"{path}/merge", {"from_id": lena["id"]})) == ["/from_id"]
    refused(await till.post(f"{path}/merge", {"from_id": 9_999}), 404, "customer_not_found")
    given(await till.post(f"{path}/merge", order))
    problem = refused(await till.post(f"{path}/merge", order), 409, "merge_refused")
    assert problem["reason"] == "already_merged"


async def test_a_customer_of_another_shop_is_not_found(till: Till) -> None:
    lena = await till.join()
    stranger = await (await till.api.open_till("Next Door")).join()
    refused(await till.post(f"/customers/{lena['id']}/merge", {"from_id": stranger["id"]}), 404, "customer_not_found")


def test_the_reasons_of_the_wire_are_those_of_the_core() -> None:
    assert {*RefusalReason} == {*VoidBar, *MergeBar}
