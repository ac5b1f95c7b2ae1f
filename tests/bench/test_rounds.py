"""A contest is fair, and its ratios are calculated as documented."""

import json
from pathlib import Path

import pytest

from bench import rounds
from bench.http_load import Round
from bench.rounds import Contestant, Standing, compete, keep, ratio
from bench.stamp_ratios import goals, told


def standing(name: str, *rates: int, p99_ms: float | None = None) -> Standing:
    database = "SQLite" if "sqlite" in name else "PostgreSQL"
    rounds = [Round(answers=rate, seconds=1.0, p99_ms=p99_ms) for rate in rates]
    return Standing(name=name, label=name, database=database, rounds=rounds)


def standings(*given: Standing) -> dict[str, Standing]:
    return {one.name: one for one in given}


def test_contestants_take_turns() -> None:
    turns: list[str] = []

    def contestant(name: str) -> Contestant:
        def measure(seconds: float) -> Round:
            turns.append(name)
            return Round(answers=1, seconds=seconds)

        return Contestant(name=name, label=name, database="SQLite", measure=measure)

    found = compete([contestant("a"), contestant("b")], 3, 2.0)

    assert turns == ["a", "b"] * 4  # the first time is for warming up
    assert [len(one.rounds) for one in found.values()] == [3, 3]


def test_a_rate_is_the_median_of_its_rounds() -> None:
    assert standing("ours-sqlite", 10, 1_000, 20).rate == 20


def test_a_ratio_is_the_median_of_the_ratios_of_rounds() -> None:
    """Medians on their own would compare a good moment of one with a bad moment of the other."""
    found = standings(standing("ours-sqlite", 200, 20, 40), standing("floor-sqlite", 100, 10, 40))

    assert ratio(found, "ours-sqlite", "floor-sqlite") == 2.0


def test_a_ratio_to_somebody_who_was_not_measured_is_none() -> None:
    assert ratio(standings(standing("ours-sqlite", 1)), "ours-sqlite", "floor-sqlite") is None


def test_each_database_is_compared_with_its_own_floor() -> None:
    found = standings(
        standing("floor-sqlite", 100),
        standing("floor-postgres", 1_000),
        standing("ours-sqlite", 150),
        standing("ours-postgres", 500),
    )

    written = told(found, {})["standings"]

    assert (written["ours-sqlite"]["× floor"], written["ours-postgres"]["× floor"]) == (1.5, 0.5)


def test_a_goal_is_met_or_missed_by_what_was_measured_and_told_for_nobody_else() -> None:
    found = standings(standing("floor-postgres", 1_000), standing("ours-postgres", 1_200))
    paced = standings(standing("ours-postgres", 600, p99_ms=51.0))

    judged = {goal.what: goal.met for goal in goals(found, paced)}

    assert judged == {"ours-postgres / floor-postgres": True, "ours-postgres, p99 ms at half rate": False}


def test_a_result_is_printed_and_kept_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rounds, "RESULTS", tmp_path / "bench")

    path = keep("stamps", {"rounds": 5})

    assert json.loads(path.read_text()) == json.loads(capsys.readouterr().out)
    assert json.loads(path.read_text())["benchmark"] == "stamps"
