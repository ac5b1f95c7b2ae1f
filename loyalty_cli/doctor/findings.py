"""Findings: what a check of the doctor says about one thing, and how that is shown."""

from enum import StrEnum

import click
import msgspec


class Status(StrEnum):
    """The result of a check; only problems make the doctor's exit code 1."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was checked."""

    name: str
    status: Status = Status.OK
    message: str
    mend: str | None = None
    details: tuple[str, ...] = ()


COLOURS = {Status.OK: "green", Status.NOTE: "yellow", Status.PROBLEM: "red"}


def check_words(check: Check) -> str:
    """A finding in words for people, on one line or more."""
    lines = [f"{click.style(check.status.ljust(8), fg=COLOURS[check.status])} {check.name}: {check.message}"]
    lines += [f"{'':9}– {detail}" for detail in check.details]
    lines += [f"{'':9}{check.mend}"] if check.mend else []
    return "\n".join(lines)


def verdict(problems: int) -> str:
    """The last line of the report."""
    if not problems:
        return "All is well."
    return "1 problem found." if problems == 1 else f"{problems} problems found."
