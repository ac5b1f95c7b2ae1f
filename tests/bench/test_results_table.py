"""Gathering: one table of all that was measured, in which nothing is missing and nothing that was missed is hidden."""

from bench import __main__ as everything
from bench import results_table
from bench.goals import Line, at_least, at_most, found
from bench.profiler.parts import ELSE, PARTS, parts_of
from bench.results_table import lines_of
from tests.bench.test_commands import BENCHMARKS

NO_MEASUREMENT = {"cluster", "high_availability", "kills", "live", "messages", "peers"}
READ = {"database": "SQLite", "question": "a page", "large_ms": 3.0, "goal_ms": 2.0}
RATE = {"database": "SQLite", "label": "many", "beside": "few", "ratio": 0.9, "goal": 0.85}


def test_all_benchmarks_are_gathered() -> None:
    assert {*everything.BENCHMARKS} == {*BENCHMARKS} - NO_MEASUREMENT


def test_a_goal_is_met_or_missed() -> None:
    assert [at_most("s", 1.5, 1.5).met, at_most("s", 1.501, 1.5).met] == [True, False]
    assert [at_least("x", 1.2, 1.2).met, at_least("x", 1.199, 1.2).met] == [True, False]
    assert found("x", 7).met is None


def test_goals_and_rows_become_lines() -> None:
    goal = {"what": "s", "wanted": "≤ 1", "reached": 0.5, "met": True}
    told = lines_of({"goals": [goal], "rows": [READ, RATE, READ | {"goal_ms": None}, RATE | {"goal": None}]})
    assert list(told) == [
        Line(what="s", wanted="≤ 1", reached=0.5, met=True),
        Line(what="SQLite: a page, ms", wanted="≤ 2", reached=3.0, met=False),
        Line(what="SQLite: many / few", wanted="≥ 0.85", reached=0.9, met=True),
    ]


def test_what_was_not_run_is_said_not_to_be() -> None:
    assert results_table.table(["nonsense"]).splitlines()[-1].split(maxsplit=1) == ["nonsense", "not run yet"]


def test_the_innermost_frame_that_a_part_knows_decides_and_waiting_is_no_work() -> None:
    shares = parts_of(
        [
            "Runner.run (asyncio/runners.py);Counter._work (loyalty_app/counter/counter.py);len (builtins.py) 2",
            "Counter._work (loyalty_app/counter/counter.py);Row.all (sqlalchemy/row.py) 3",
            "Runner.run (asyncio/runners.py);DefaultDialect.do_commit (sqlalchemy/engine/default.py) 4",
            "run (threading.py);_worker (concurrent/futures/thread.py) 90",
            "main (somewhere.py) 1",
        ]
    )
    assert set(shares) == {*PARTS, ELSE}
    assert {name: share for name, share in shares.items() if share} == {
        "counter: collect, decide": 0.2,
        "SQLAlchemy": 0.3,
        "commit": 0.4,
        ELSE: 0.1,
    }
