"""`python -m loyalty_app.backups FILE`: makes one backup in a process of its own, for the schedule.

Settings arrive on stdin as JSON, so that no variable carries a secret. SIGTERM removes an unfinished backup. A failure
is one line on stderr and exit code 1.
"""

import signal
import sys
from pathlib import Path

import msgspec

from loyalty_app.backups.archive import BackupRefused
from loyalty_app.backups.create import make_backup
from loyalty_app.clock import utc_now
from loyalty_app.settings import Settings, SettingsError


def main() -> int:
    """Make the backup; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = msgspec.json.decode(sys.stdin.buffer.read(), type=Settings)
    try:
        make_backup(settings, Path(sys.argv[1]), now=utc_now())
    except (BackupRefused, SettingsError) as error:
        return _failed(str(error))
    except Exception as error:  # noqa: BLE001  # every failure must reach the log
        return _failed(f"{type(error).__name__}: {' '.join(str(error).split())}")
    except KeyboardInterrupt:
        return _failed("The backup was stopped.")
    return 0


def _failed(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
