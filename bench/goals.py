"""Goals: the results of a benchmark, line by line, beside what was wanted. `results_table` makes one table of all."""

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A figure; `wanted` is the goal in words and `met` whether it was reached, if there is one."""

    what: str
    reached: float
    wanted: str = ""
    met: bool | None = None


def found(what: str, reached: float) -> Line:
    """A figure without a goal."""
    return Line(what=what, reached=round(reached, 3))


def at_most(what: str, reached: float, wanted: float) -> Line:
    """A figure that should be at most `wanted`."""
    return Line(what=what, reached=round(reached, 3), wanted=f"≤ {wanted:g}", met=reached <= wanted)


def at_least(what: str, reached: float, wanted: float) -> Line:
    """A figure that should be at least `wanted`."""
    return Line(what=what, reached=round(reached, 3), wanted=f"≥ {wanted:g}", met=reached >= wanted)
