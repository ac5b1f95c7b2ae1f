"""The table of results: the results of all benchmarks, read from the files in `build/bench`."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from bench.goals import Line, at_least, at_most
from bench.rounds import RESULTS

Result = dict[str, Any]
OUTCOMES = {True: "met", False: "MISSED", None: ""}


def result_of(name: str) -> Result | None:
    """The stored result of a benchmark; None if it was not run yet."""
    path = RESULTS / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=Result) if path.exists() else None


def lines_of(result: Result) -> Iterator[Line]:
    """The lines of a result, including those of its rows."""
    yield from msgspec.convert(result.get("goals", []), list[Line])
    for row in result.get("rows", []):
        if row.get("question") and row["goal_ms"] is not None:
            yield at_most(f"{row['database']}: {row['question']}, ms", row["large_ms"], row["goal_ms"])
        elif row.get("label") and row["goal"] is not None and row["ratio"] is not None:
            yield at_least(f"{row['database']}: {row['label']} / {row['beside']}", row["ratio"], row["goal"])


def table(names: Iterable[str]) -> str:
    """The whole table, each line with its benchmark; the first line of a benchmark says when it was measured."""
    lines = [f"{'benchmark':<12}{'what':<68}{'reached':>10}  {'goal':<10}"]
    for name in names:
        result = result_of(name)
        at = "not run yet" if result is None else result["at"].replace("T", " ")[:16]
        lines.append(f"{name:<12}{at}")
        lines += [_written(line) for line in lines_of(result or {})]
    return "\n".join(lines)


def _written(line: Line) -> str:
    return f"{'':<12}{line.what[:67]:<68}{line.reached:>10.2f}  {line.wanted:<8}{OUTCOMES[line.met]}".rstrip()
