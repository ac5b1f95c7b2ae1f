"""Rate limits shared through Redis: exact over several processes, and no reason to stop stamping when Redis is gone."""

import asyncio
import logging
import time

import httpx
import pytest
from msgspec.structs import replace

from api.rate_limits import RateLimits
from loyalty_app.clock import utc_now
from loyalty_app.settings import Settings, SettingsError
from testkit.tcp_wire import wired
from tests.api.till import Api, Till, given, open_api

PATIENCE_SECONDS = 1
PATIENT_SECONDS = 30
"""Long enough for a busy machine: a server that waits longer counts alone."""
REST_SECONDS = 5


def remaining(answer: httpx.Response) -> int:
    return int(answer.headers["x-ratelimit-remaining"])


async def readiness(api: Api) -> dict[str, str]:
    """What /health/ready says, which goes on saying that the process can serve."""
    answer = await api.client.get("/health/ready")
    assert answer.status_code == 200
    said: dict[str, str] = answer.json()
    return said


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers wait for Redis as long as it takes: for laws of exact numbers."""
    monkeypatch.setattr("api.redis_counts.PATIENCE_SECONDS", PATIENT_SECONDS)


@pytest.mark.usefixtures("patient")
async def test_two_processes_admit_exactly_as_many_requests_as_the_limit_says(
    postgres_settings: Settings, redis_url: str
) -> None:
    shared = replace(postgres_settings, redis_url=redis_url)
    async with open_api(shared) as first, open_api(shared) as second:
        till = await first.open_till(rate_limit=100)
        tills = [till, till.moved(second)]
        answers = await asyncio.gather(*(tills[number % 2].get("/program") for number in range(300)))
        served = [answer for answer in answers if answer.status_code == 200]
        assert sorted(map(remaining, served)) == list(range(100))
        assert [answer.status_code for answer in answers].count(429) == 200
        assert await readiness(first) == await readiness(second) == {"status": "ok", "database": "ok", "redis": "ok"}


async def test_what_was_used_is_remembered_over_a_restart(sqlite_settings: Settings, redis_url: str) -> None:
    shared = replace(sqlite_settings, redis_url=redis_url)
    async with open_api(shared) as api:
        till = await api.open_till(rate_limit=10)
        await till.get("/program")
    async with open_api(shared) as api:
        assert remaining(await till.moved(api).get("/program")) == 8


async def test_what_a_key_has_used_is_looked_up_over_all_processes_and_is_no_use(
    server_settings: Settings, redis_url: str
) -> None:
    shared = replace(server_settings, redis_url=redis_url)
    async with open_api(shared) as first, open_api(shared) as second:
        till = await first.open_till(rate_limit=10)
        await till.get("/program")
        [looked, again] = [await second.app.state.limits.look(till.key_id, 10) for _ in range(2)]
        assert (looked.remaining, again) == (9, looked)


async def test_when_redis_is_gone_stamping_goes_on_and_the_log_and_the_health_say_so(
    sqlite_settings: Settings, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with wired(redis_url) as wire, open_api(replace(sqlite_settings, redis_url=wire.url)) as api:
        till = await api.open_till(rate_limit=1_000)
        lena = await till.join()
        path = f"/customers/{lena['id']}/stamps"
        posts = [asyncio.create_task(till.post(path)) for _ in range(50)]
        await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        await wire.cut()
        posts += [asyncio.create_task(till.post(path)) for _ in range(50)]
        assert [answer.status_code for answer in await asyncio.gather(*posts)] == [200] * 100
        assert (await till.show(lena["id"]))["total_stamps"] == 100
        assert await readiness(api) == {"status": "ok", "database": "ok", "redis": "unreachable"}
        assert caplog.text.count("Redis cannot be reached") == 1


async def test_while_redis_is_gone_a_process_keeps_the_limit_by_itself(
    sqlite_settings: Settings, redis_url: str
) -> None:
    async with wired(redis_url) as wire, open_api(replace(sqlite_settings, redis_url=wire.url)) as api:
        till = await api.open_till(rate_limit=20)
        await wire.cut()
        answers = await asyncio.gather(*(till.get("/program") for _ in range(50)))
        assert [answer.status_code for answer in answers].count(200) == 20


async def test_when_redis_is_back_it_counts_again_after_a_rest(
    sqlite_settings: Settings, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with wired(redis_url) as wire, open_api(replace(sqlite_settings, redis_url=wire.url)) as api:
        till = await api.open_till(rate_limit=100)
        assert [remaining(await till.get("/program")) for _ in range(3)] == [99, 98, 97]
        await wire.cut()
        assert remaining(await till.get("/program")) == 99
        await wire.repair()
        assert remaining(await till.get("/program")) == 98
        api.clock.wait(seconds=REST_SECONDS)
        assert remaining(await till.get("/program")) == 96
        assert "Redis is back" in caplog.text


async def test_the_health_check_notes_first_that_redis_is_gone_and_that_it_is_back(
    sqlite_settings: Settings, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with wired(redis_url) as wire, open_api(replace(sqlite_settings, redis_url=wire.url)) as api:
        await wire.cut()
        assert (await readiness(api))["redis"] == "unreachable"
        assert "Redis cannot be reached" in caplog.text
        await wire.repair()
        assert (await readiness(api))["redis"] == "ok"
        assert "Redis is back" in caplog.text


async def test_a_redis_that_does_not_answer_costs_a_moment_once_and_not_every_stamp(
    sqlite_settings: Settings, redis_url: str
) -> None:
    async with wired(redis_url) as wire, open_api(replace(sqlite_settings, redis_url=wire.url)) as api:
        till = await api.open_till()
        lena = await till.join()
        wire.go_dead()
        began = time.monotonic()
        await stamp_often(till, lena["id"], 30)
        assert time.monotonic() - began < 20 * PATIENCE_SECONDS, "each of the thirty has not waited"
        assert (await readiness(api))["redis"] == "unreachable"


async def stamp_often(till: Till, customer: int, times: int) -> None:
    """One stamp after the other."""
    for _ in range(times):
        given(await till.post(f"/customers/{customer}/stamps"))


async def test_without_redis_the_health_says_nothing_is_wrong(api: Api) -> None:
    assert await readiness(api) == {"status": "ok", "database": "ok", "redis": "ok"}


@pytest.mark.parametrize(
    "wrong",
    [
        "redis",
        "http://cache:6379/0",
        "redis://:secret/part@cache/0",
        "redis://cache/0?socket_timeout=soon",
        "redis://cache/0?tiemout=1",
    ],
)
async def test_a_url_that_cannot_work_is_refused_before_anybody_is_served_and_its_password_is_not_told(
    wrong: str,
) -> None:
    with pytest.raises(SettingsError, match=r"^LOYALTY_REDIS_URL must be as redis://host:6379/0, ") as refusal:
        RateLimits(wrong, utc_now)
    assert "secret" not in str(refusal.value)
