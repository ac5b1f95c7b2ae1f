"""Every benchmark is one command."""

import re
from importlib import import_module

import pytest

from bench.__main__ import BENCHMARKS as ALL
from tests.documents import ROOT, read

SOURCES = {path.stem: path.read_text() for path in (ROOT / "bench").glob("[!_]*.py")}
STARTED = {name for name in SOURCES if any(f'"-m", "bench.{name}"' in source for source in SOURCES.values())}
"""Processes that belong to a benchmark, as its load."""
PACKAGES = {path.parent.name for path in (ROOT / "bench").glob("*/__main__.py")}
BENCHMARKS = sorted(PACKAGES | {name for name in SOURCES.keys() - STARTED if "__main__" in SOURCES[name]})


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_is_a_target_of_make(name: str) -> None:
    makefile = read("Makefile")
    listed = re.search(r"^BENCHES := ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)

    assert listed
    target = f"bench-{name.replace('_', '-')}"
    assert target in listed[1].split()
    assert re.search(rf"^{target}: +## \w", makefile, re.MULTILINE)


@pytest.mark.parametrize("name", ["__main__", *BENCHMARKS])
def test_a_benchmark_that_is_asked_for_help_measures_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    whole = f"bench.{name}.__main__" if name in PACKAGES else f"bench.{name}"
    with pytest.raises(SystemExit) as ended:
        import_module(whole).main(["--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: python -m bench")


@pytest.mark.parametrize("name", ALL)
def test_what_a_benchmark_keeps_is_found_by_the_table(name: str) -> None:
    source = read(f"bench/{name}/__main__.py") if name in PACKAGES else SOURCES[name]
    kept = set(re.findall(r"\b(?:keep|report)\(\s*\"(\w+)\"", source))
    assert kept == {name}


def test_a_target_of_make_is_a_benchmark() -> None:
    targets = re.findall(r"^bench-([a-z-]+): +##", read("Makefile"), re.MULTILINE)
    assert {target.replace("-", "_") for target in targets} == set(BENCHMARKS)
