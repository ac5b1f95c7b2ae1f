"""Findings: what a check of the doctor says about one thing."""

from enum import StrEnum

import msgspec


class Status(StrEnum):
    """How a check came out; only problems make the doctor's exit code 1."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    status: Status = Status.OK
    message: str
    mend: str | None = None
    details: tuple[str, ...] = ()
