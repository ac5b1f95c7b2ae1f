"""The samples of the SDKs in the reference are true: each runs as it stands, all of a language in one process."""

import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from api import examples
from api.reference.routes import calls, document
from api.reference.sdk_samples import method_of
from sdks.generator.contents import contents_of
from tests.api.live import Live
from tests.api.sample_runs import running
from tests.api.sampled import Things, assert_shown, furnish, of_here, sample, tidy
from tests.conftest import leg
from tests.sdks.driving import SDKS, can_run

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
    program: str
    ending: str


RUNNERS = {
    "SDK for Python": Runner("Python", sys.executable, "py"),
    "SDK for Node": Runner("Node", "node", "mjs"),
    "SDK for PHP": Runner("PHP", "php", "php"),
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder in which each language finds its SDK where a program that was installed would."""
    shutil.copytree(SDKS / "node", tmp_path / "node_modules" / "@loyaltyloop" / "sdk")
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "autoload.php").write_text(f"<?php require_once '{SDKS}/php/autoload.php';")
    return tmp_path


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
    language, program, ending = RUNNERS[label]
    leg(language, lambda _: can_run(language), home, needed=False)
    variables = {"API": live.url, "KEY": live.key, "PYTHONPATH": str(SDKS / "python")}
    with running([program], ending, place, **variables) as run:
        for call in calls():
            came = run(about(sample(call, label), furnish(live), live))
            assert "answer" in came, f"{call.operation.name}: {came}"
            assert_shown(call, told(came["answer"]), place / "card.png")
            tidy(live)


def test_a_sample_calls_a_method_that_there_is() -> None:
    methods = {f"{one.name}.{method.name}" for one in contents_of(document()).resources for method in one.methods}
    assert {method_of(call.operation.name) for call in calls()} == methods
    for call in calls():
        assert f"client.{method_of(call.operation.name)}(" in sample(call, "SDK for Python")
