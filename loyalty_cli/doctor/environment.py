"""The environment: how the settings fit together and fit the machine that this runs on, for the doctor.

It changes nothing. It says nothing about what it cannot find out on a machine.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from loyalty_app.settings import Settings
from loyalty_cli.doctor.findings import Check, Status

CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
ONLY_HERE = ("127.0.0.1", "localhost", "::1")
FEWEST_FILES = 1_024


class Finding(NamedTuple):
    """One thing that does not fit, and what would."""

    status: Status
    message: str
    mend: str


def examine_settings(settings: Settings, unknown: Sequence[str] = ()) -> Check:
    """Check whether the settings fit together and fit the machine; `unknown` are variables that are no settings."""
    found = [*_unfit(settings), *map(_nobody_reads, unknown)]
    if not found:
        return Check(name="settings", message="All can be used, and they go together.")
    worst = Status.PROBLEM if any(one.status is Status.PROBLEM for one in found) else Status.NOTE
    if len(found) == 1:
        return Check(name="settings", status=worst, message=found[0].message, mend=found[0].mend)
    return Check(
        name="settings",
        status=worst,
        message=f"{len(found)} things do not go together.",
        mend=" ".join(one.mend for one in found),
        details=tuple(one.message for one in found),
    )


def _nobody_reads(variable: str) -> Finding:
    known = [f"LOYALTY_{name.upper()}" for name in Settings.__struct_fields__]
    near = get_close_matches(variable, known, n=1)
    mend = f"If you mean {near[0]}, write it so." if near else "docs/reference/settings.md has all that there are."
    return Finding(Status.NOTE, f"{variable} is no setting, and nobody reads it.", mend)


def _unfit(settings: Settings) -> Iterator[Finding]:
    if settings.workers > 1 and settings.redis_url is None:
        yield Finding(
            Status.NOTE,
            f"LOYALTY_WORKERS is {settings.workers}, and each process counts rate limits by itself.",
            "Set LOYALTY_REDIS_URL, so that they count together.",
        )
    if not settings.on_sqlite and settings.secret_key is None:
        yield Finding(
            Status.PROBLEM,
            "LOYALTY_SECRET_KEY is not set, and with PostgreSQL nothing starts without it.",
            "Set it to a long random text, the same for every process.",
        )
    if settings.public_url is not None and not settings.public_url.startswith("https://"):
        yield _insecure(settings)
    if in_container() and settings.host in ONLY_HERE:
        yield Finding(
            Status.NOTE,
            f"LOYALTY_HOST is {settings.host}, and in a container nobody outside it can reach that.",
            "Set LOYALTY_HOST=0.0.0.0, and publish the port to whom it is for.",
        )


def _insecure(settings: Settings) -> Finding:
    refused = settings.telegram_token is not None and settings.telegram_api_url is None
    why = "Telegram sends updates by https only" if refused else "what goes there can be read on the way"
    return Finding(
        Status.PROBLEM if refused else Status.NOTE,
        f"LOYALTY_PUBLIC_URL begins with http://, and {why}.",
        "Put a proxy with TLS before it, and set LOYALTY_PUBLIC_URL to its https address; or leave it empty.",
    )


def in_container() -> bool:
    """Whether this runs in a container, as far as can be seen."""
    return any(Path(mark).exists() for mark in CONTAINER_MARKS)


def examine_open_files() -> Iterator[Check]:
    """Check whether enough files and connections may be open at once, where the system limits them."""
    limit = _open_files()
    if limit is not None:
        yield _files(limit)


def _open_files() -> int | None:
    """How many files and connections this process may have open; None where there is no such limit."""
    try:
        import resource  # Windows has none
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def _files(limit: int) -> Check:
    if limit >= FEWEST_FILES:
        return Check(name="open files", message=f"{limit:,} files and connections may be open at once.")
    return Check(
        name="open files",
        status=Status.NOTE,
        message=f"Only {limit:,} files and connections may be open at once, and every till that is connected is one.",
        mend="Raise it: `ulimit -n 16384`, LimitNOFILE in a unit, or ulimits of a container.",
    )
