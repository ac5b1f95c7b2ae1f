"""Kills: `loyalty bot` is killed 200 times while a person stamps, and started again; no press may be lost or doubled.

`python -m bench.kills [kills]`. This is no measurement but a proof, which takes long; the tests run a short one.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from loyalty_app.db.migrate import migrate
from loyalty_app.settings import Settings
from testkit.killed_bots import check, open_stamper, press_and_kill
from testkit.sandbox import open_sandbox

KILLS = 200


async def run(settings: Settings, kills: int) -> dict[str, object]:
    """Kill and start again. Returns the counts. Raises AssertionError if a press was lost or doubled."""
    begun, dice = time.monotonic(), Random()
    async with open_sandbox() as sandbox, open_stamper(sandbox, settings) as (bot, stamper):
        for number in range(1, kills + 1):
            await press_and_kill(bot, stamper, dice)
            if number % 20 == 0:
                print(f"  {number} kills, {await stamper.stamps()} stamps of {stamper.pressed} presses", flush=True)
        await check(stamper)
        return {"kills": kills, "lost": 0, "doubled": 0, "seconds": round(time.monotonic() - begun)}


def main(arguments: Sequence[str] = ()) -> None:
    """Run it on SQLite, and print the result as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description="A bot is killed while somebody stamps.")
    parser.add_argument("kills", nargs="?", type=int, default=KILLS, help="how often")
    kills = parser.parse_args(arguments).kills
    folder = Path(tempfile.mkdtemp(prefix="loyalty-kills-"))
    settings = Settings(database_url=f"sqlite:///{folder / 'kills.db'}")
    migrate(settings)
    try:
        print(json.dumps(asyncio.run(run(settings, kills))))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1:])
