"""Reading codes in hard photos of cards, beside zxing-cpp alone on the same photos, in the same run.

The photos are synthetic (`testkit/synthetic_photos.py`), the same ones each time. The time for a photo without a card
is measured too: it goes through every look.
"""

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from io import BytesIO

import msgspec
import zxingcpp
from PIL import Image

from bench.goals import found
from bench.rounds import keep
from bots.scan import read_codes
from testkit.synthetic_photos import KINDS, TABLE, Shot, deck, developed, film, wood

SEED, SHOTS, BLANKS = 2026, 200, 10

Reader = Callable[[bytes], list[str]]


def plain(picture: bytes) -> list[str]:
    """The obvious way to read codes."""
    return [code.text for code in zxingcpp.read_barcodes(Image.open(BytesIO(picture)))]


def read(reader: Reader, shots: list[Shot]) -> tuple[Counter[str], list[float]]:
    """How many shots of each kind were read completely and without errors, and the milliseconds of each."""
    right: Counter[str] = Counter()
    spent = []
    for shot in shots:
        begin = time.perf_counter()
        texts = reader(shot.picture)
        spent.append((time.perf_counter() - begin) * 1000)
        right[shot.kind] += sorted(texts) == sorted(shot.codes)
    return right, spent


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print a table and one line of JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.photos", description="How many photos are read, and how fast."
    )
    parser.add_argument("--shots", type=int, default=SHOTS)
    shots = list(film(deck(), seed=SEED, shots=parser.parse_args(arguments).shots))
    tables = (wood(random.Random(number)) for number in range(BLANKS))
    blanks = [Shot(kind="no card", picture=developed(table, 80), codes=()) for table in tables]
    report(shots, {"zxing-cpp alone": read(plain, shots), "ours": read(read_codes, shots)}, read(read_codes, blanks)[1])


def report(shots: list[Shot], readings: dict[str, tuple[Counter[str], list[float]]], blank: list[float]) -> None:
    """Print the results of each reader, by kind of photo, and the times."""
    of = Counter(shot.kind for shot in shots)
    print(f"{'hard photos, read whole':<34}" + "".join(f"{name:>17}" for name in readings))
    for kind in KINDS:
        print(f"{kind:<34}" + "".join(f"{right[kind]:>12} / {of[kind]:>2}" for right, _ in readings.values()))
    figures = {name: summary(*reading) for name, reading in readings.items()}
    for figure in ("share", "median_ms", "p95_ms"):
        print(f"{figure:<34}" + "".join(f"{figures[name][figure]:>17.3g}" for name in readings))
    print(f"{'a photo without a card, ms':<34}{'':>17}{statistics.median(blank):>17.3g}")
    goals = [found(f"{name}: photos read whole, %", figures[name]["share"] * 100) for name in figures]
    goals.append(found("ours: median of a photo, ms", figures["ours"]["median_ms"]))
    keep("photos", {"photos": len(shots), "size": TABLE, **figures, "goals": msgspec.to_builtins(goals)})


def summary(right: Counter[str], spent: list[float]) -> dict[str, float]:
    """The share read, and the median and 95th percentile in milliseconds."""
    return {
        "share": round(right.total() / len(spent), 4),
        "median_ms": round(statistics.median(spent), 2),
        "p95_ms": round(statistics.quantiles(spent, n=20)[-1], 2),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
