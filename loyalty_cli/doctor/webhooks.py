"""What goes out: whether webhooks are on their way or held back, as the doctor sees it."""

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from loyalty_app.webhooks.pausing import Pause, list_pauses
from loyalty_cli.doctor.findings import Check, Status

NAME = "webhooks"
MEND = (
    "If this is the one installation that runs, `loyalty deliveries resume --all` sends what waits; "
    "with `--drop-waiting` that is given up."
)


async def examine_outgoing(settings: Settings) -> Check:
    """Look whose deliveries are paused; the database must be there and have the newest schema."""
    database = open_database(settings)
    try:
        pauses = await list_pauses(database)
    finally:
        await database.close()
    paused = tuple(_words(one) for one in pauses if one.paused_at is not None)
    if not paused:
        return Check(name=NAME, message="None are paused.")
    message = "Some are paused, as after a restore: events are queued and nothing is sent."
    return Check(name=NAME, status=Status.NOTE, message=message, mend=MEND, details=paused)


def _words(pause: Pause) -> str:
    return f"Business {pause.business_id}, since {pause.paused_at:%Y-%m-%d %H:%M} UTC: {pause.waiting:,} waiting"
