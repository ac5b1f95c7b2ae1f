"""Rate limits in one process: exact in any crowd, told on every answer, and no matter to the neighbours."""

import asyncio

import httpx
import pytest

from api.rate_limits import HourCounts, network_of
from loyalty_core.access import KEY_RANDOM_BYTES, Plan, make_key
from tests.api.till import Api, Till, given, refused

NEXT_HOUR = 1_772_456_400  # 2026-03-02T13:00:00Z


def standing(answer: httpx.Response) -> tuple[int, int, int]:
    """Limit, remaining and reset."""
    limit, remaining, reset = (int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset"))
    return limit, remaining, reset


def statuses(answers: list[httpx.Response]) -> list[int]:
    return [answer.status_code for answer in answers]


async def test_every_answer_says_what_is_left_until_the_next_whole_hour(api: Api) -> None:
    till = await api.open_till(plan=Plan.PROFESSIONAL)
    assert standing(await till.get("/program")) == (1_000, 999, NEXT_HOUR)
    api.clock.wait(minutes=59, seconds=59)
    assert standing(await till.get("/customers/999")) == (1_000, 998, NEXT_HOUR)
    assert standing(await till.get("/customers/x")) == (1_000, 997, NEXT_HOUR)
    api.clock.wait(seconds=1)
    assert standing(await till.get("/program")) == (1_000, 999, NEXT_HOUR + 3_600)


async def test_of_a_crowd_exactly_as_many_are_served_as_the_limit_says_and_no_two_hear_the_same(api: Api) -> None:
    till = await api.open_till(rate_limit=100)
    answers = list(await asyncio.gather(*(till.get("/program") for _ in range(200))))
    served = [answer for answer in answers if answer.status_code == 200]
    assert sorted(standing(answer)[1] for answer in served) == list(range(100))
    turned_away = [answer for answer in answers if answer.status_code == 429]
    assert (len(served), len(turned_away)) == (100, 100)
    assert {standing(answer) for answer in turned_away} == {(100, 0, NEXT_HOUR)}


async def test_stamps_beyond_the_limit_are_not_given(api: Api) -> None:
    till = await api.open_till(rate_limit=50)
    lena = await till.join()
    posts = (till.post(f"/customers/{lena['id']}/stamps") for _ in range(100))
    answers = list(await asyncio.gather(*posts))
    assert statuses(answers).count(200) == 49
    api.clock.wait(hours=1)
    assert (await till.show(lena["id"]))["total_stamps"] == 49


async def test_who_is_turned_away_is_told_when_to_come_back_and_is_served_then(api: Api) -> None:
    till = await api.open_till(rate_limit=1)
    api.clock.wait(minutes=20)
    await till.get("/program")
    answer = await till.get("/program")
    problem = refused(answer, 429, "rate_limited")
    assert (answer.headers["retry-after"], "2400 seconds" in problem["detail"]) == ("2400", True)
    api.clock.wait(seconds=int(answer.headers["retry-after"]) - 1)
    assert refused(await till.get("/program"), 429, "rate_limited")
    api.clock.wait(seconds=1)
    assert (await till.get("/program")).status_code == 200


async def test_each_key_has_a_limit_of_its_own(api: Api) -> None:
    till = await api.open_till(rate_limit=1)
    other = await api.another_till(till.business)
    assert statuses([await till.get("/program"), await till.get("/program")]) == [200, 429]
    assert (await other.get("/program")).status_code == 200


async def test_both_addresses_count_together_and_pages_without_a_key_not_at_all(api: Api) -> None:
    till = await api.open_till(rate_limit=3)
    await till.ask("GET", "/program", base="/v1")
    await till.ask("GET", "/program", base="/api/v1")
    for path in ("/health/live", "/health/ready", "/docs", "/openapi.json", "/nowhere"):
        await till.ask("GET", path, base="")
    assert standing(await till.get("/program")) == (3, 0, NEXT_HOUR)


async def test_a_limit_that_was_agreed_anew_counts_from_then_on(api: Api) -> None:
    many, few = await api.open_till(rate_limit=7), await api.open_till(rate_limit=None)
    assert standing(await many.get("/program"))[0] == 7
    assert standing(await few.get("/program"))[0] == 10_000


@pytest.mark.parametrize(
    "header", [{}, {"X-Api-Key": "ll_wrong"}, {"X-Api-Key": make_key(bytes(KEY_RANDOM_BYTES)).text}]
)
async def test_after_sixty_failed_sign_ins_in_a_minute_an_address_has_to_wait(
    till: Till, header: dict[str, str]
) -> None:
    async def sign_in() -> httpx.Response:
        return await till.api.client.get("/v1/program", headers=header)

    assert statuses(list(await asyncio.gather(*(sign_in() for _ in range(60))))) == [401] * 60
    till.api.clock.wait(seconds=40)
    answer = await sign_in()
    refused(answer, 429, "rate_limited")
    assert answer.headers["retry-after"] == "20"
    till.api.clock.wait(seconds=20)
    assert (await sign_in()).status_code == 401


async def test_valid_keys_go_on_working_while_their_address_fails_to_sign_in(till: Till) -> None:
    strangers = [till.api.client.get("/v1/program") for _ in range(70)]
    assert statuses(list(await asyncio.gather(*strangers))).count(429) == 10
    lena = await till.join()
    assert given(await till.post(f"/customers/{lena['id']}/stamps"))["total_stamps"] == 1
    assert standing(await till.get("/program"))[1] == 100_000 - 3


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("", ""), ("unix", "unix")],
)
def test_joining_is_counted_by_what_one_household_or_shop_has(address: str, network: str) -> None:
    assert network_of(address) == network


def test_the_requests_of_a_key_are_counted_by_the_hour_and_hours_before_are_not_kept() -> None:
    counts = HourCounts()
    assert [counts.add(1, 10, 2), counts.add(2, 10, 1), counts.add(1, 10, 1), counts.add(1, 10, -2)] == [2, 1, 3, 1]
    assert [counts.add(1, 11, 0), counts.add(2, 11, 1)] == [0, 1]
    assert counts.add(1, 12, 1) == 1
    assert counts.add(2, 10, 0) == 0


def test_a_request_that_is_counted_as_the_hour_turns_and_a_clock_set_back_begin_no_count_again() -> None:
    counts = HourCounts()
    assert [counts.add(1, 10, 5), counts.add(1, 11, 2)] == [5, 2]
    assert [counts.add(1, 10, 1), counts.add(1, 11, 1)] == [6, 3]
