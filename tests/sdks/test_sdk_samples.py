"""The samples of the SDKs in the reference are true: each runs as it stands, all of a language in one process."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from api import examples
from api.reference.routes import calls, document
from api.reference.sdk_samples import method_of
from sdks.generator.contents import contents_of
from tests.api.live import Live
from tests.api.sampled import Things, assert_shown, furnish, of_here, sample, tidy
from tests.conftest import leg
from tests.sdks.driving import DRIVERS, SDKS, Json, can_run

EXAMPLES = {
    "customers": (examples.CUSTOMER.id, "customer"),
    "transactions": (examples.TRANSACTION.id, "transaction"),
    "webhooks": (examples.WEBHOOK.id, "webhook"),
    "imports": (examples.IMPORT.id, "imported"),
    "programs": (examples.OTHER_PROGRAM.id, "program"),
}


class Runner(NamedTuple):
    """What runs the samples of an SDK."""

    language: str
    command: tuple[str, ...]
    ending: str


RUNNERS = {
    "SDK for Python": Runner("Python", (sys.executable, str(DRIVERS / "samples.py")), "py"),
    "SDK for Node": Runner("Node", ("node", str(DRIVERS / "samples.mjs")), "mjs"),
    "SDK for PHP": Runner("PHP", ("php", str(DRIVERS / "samples.php")), "php"),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which each language finds its SDK where a program that was installed would."""
    shutil.copytree(SDKS / "node", tmp_path / "node_modules" / "@loyaltyloop" / "sdk")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "autoload.php").write_text(f"<?php require_once '{SDKS}/php/autoload.php';")
    return tmp_path


class Samples:
    """A process that runs samples."""

    def __init__(self, process: subprocess.Popen[str], runner: Runner, place: Path) -> None:
        self._process, self._ending, self._place, self._count = process, runner.ending, place, 0

    def run(self, text: str) -> Json:
        """What came of a sample; each is a new file, since Node imports a file once."""
        self._count += 1
        file = self._place / f"sample-{self._count}.{self._ending}"
        file.write_text(text, encoding="utf-8")
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{file}\n")
        self._process.stdin.flush()
        told: Json = json.loads(self._process.stdout.readline())
        return told


@contextmanager
def running(runner: Runner, place: Path, live: Live) -> Iterator[Samples]:
    environment = {**os.environ, "API": live.url, "KEY": live.key, "PYTHONPATH": str(SDKS / "python")}
    pipes: Json = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(runner.command, cwd=place, env=environment, **pipes) as process:
        try:
            yield Samples(process, runner, place)
        finally:
            process.kill()


def about(text: str, things: Things, live: Live) -> str:
    """A sample that asks for things that are there."""
    found = {**things._asdict(), "customer": things.customer["id"]}
    for resource, (example, name) in EXAMPLES.items():
        text = re.sub(rf"(\b{resource}(?:\.|->)\w+\(){example}\b", rf"\g<1>{found[name]}", text)
    return of_here(text, things, live)


def told(said: str) -> str:
    """What was printed, with the names of fields as the wire has them; a secret is printed alone."""
    if re.fullmatch(r"whsec_\S+\s*", said):
        return "id"
    return re.sub(r"\b[a-z]+(?:[A-Z][a-z]+)+\b", lambda found: snake(found[0]), said)


def snake(name: str) -> str:
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("label", RUNNERS)
def test_every_sample_of_an_sdk_runs_as_it_stands_and_shows_the_answer(
    label: str, live: Live, home: Path, place: Path
) -> None:
    leg(RUNNERS[label].language, lambda _: can_run(RUNNERS[label].language), home, needed=False)
    with running(RUNNERS[label], place, live) as samples:
        for call in calls():
            came = samples.run(about(sample(call, label), furnish(live), live))
            assert "answer" in came, f"{call.operation.name}: {came}"
            assert_shown(call, told(came["answer"]), place / "card.png")
            tidy(live)


def test_a_sample_calls_a_method_that_there_is() -> None:
    methods = {f"{one.name}.{method.name}" for one in contents_of(document()).resources for method in one.methods}
    assert {method_of(call.operation.name) for call in calls()} == methods
    for call in calls():
        assert f"client.{method_of(call.operation.name)}(" in sample(call, "SDK for Python")
