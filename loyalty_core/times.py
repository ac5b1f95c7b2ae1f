"""Times in English words, as the sentences of refusals say them. Nothing else is said here."""

from datetime import datetime, timedelta


def clock_time(moment: datetime, now: datetime) -> str:
    """Say a local time in words: "10:40" on the same day, "2026-03-01 10:40" on another one."""
    return moment.strftime("%H:%M" if moment.date() == now.date() else "%Y-%m-%d %H:%M")


def time_span(span: timedelta) -> str:
    """Say a span in its largest whole unit: "40 seconds", "6 minutes", "3 hours", "2 days"."""
    seconds = max(0, int(span.total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "1 second" if seconds == 1 else f"{seconds} seconds"
