"""The benchmark of clusters: whose processor time is counted, and how the two places are compared."""

import asyncpg
import pytest

from bench import cluster
from bench.cluster_places import Place
from bench.http_load import Round
from bench.rounds import Standing
from loyalty_app.settings import Settings
from testkit.citus import VARIABLE

WORK = "SELECT count(*) FROM generate_series(1, 2_000_000)"


def place(*urls: str) -> Place:
    return Place(name="cluster", settings=Settings(database_url=urls[0]), cards=[], servers=[*urls])


async def test_what_sessions_of_the_database_use_is_counted(postgres_settings: Settings) -> None:
    url = postgres_settings.database_url
    session = await asyncpg.connect(url)
    here = place(url)
    before = await here.cpu_seconds()
    await session.fetchval(WORK)
    spent = await here.cpu_since(before)
    await session.close()
    assert before is not None
    assert spent is not None
    assert spent > 0


async def test_what_another_machine_uses_is_not_known_and_not_guessed(postgres_settings: Settings) -> None:
    both = place(postgres_settings.database_url, "postgresql://db1.example.com/loyalty")
    assert await both.cpu_seconds() is None
    assert await both.cpu_since(None) is None


def test_without_a_cluster_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(SystemExit, match=VARIABLE):
        cluster.main([])


def test_rates_are_compared_with_the_goal_and_processor_time_with_the_plain_server() -> None:
    def standing(place_name: str, answers: int, client: float) -> Standing:
        found = [Round(answers=answers, seconds=1.0, client=client, database=0.1)]
        return Standing(name=f"{place_name}-32", label="", database=place_name, rounds=found)

    known = {one.name: one for one in (standing("plain", 1_000, 0.1), standing("cluster", 400, 0.1))}
    rate, spent = cluster.lines_of(known, ["32"])
    assert (rate.reached, rate.met) == (0.4, False)
    assert spent.reached == 2.5
