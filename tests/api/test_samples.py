"""The samples of the reference are true: each is run as it stands, in its language, against a live server.

All of a language run in one process, as in `tests/sdks/test_sdk_samples.py`; those of curl, and those that are to fail,
have a process each.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NamedTuple

import pytest

from api.reference.dialects import JAVASCRIPT, PHP, PYTHON
from api.reference.routes import calls, document
from api.reference.samples import LANGUAGES
from testkit.servers import Missing
from tests.api.live import Live, live_shop
from tests.api.sample_runs import Json, Runs, running
from tests.api.sampled import assert_shown, furnish, of_here, sample, tidy
from tests.conftest import leg

CALLS = calls()
PATIENCE_SECONDS = 60


class Runner(NamedTuple):
    """How a language runs a sample of its own, and what tells that it can."""

    command: tuple[str, ...]
    ending: str
    probe: tuple[str, ...]


RUNNERS = {
    "curl": Runner(("bash", "-e"), "sh", ("curl", "--fail-with-body", "--version")),
    "Python": Runner((sys.executable, "-I"), "py", (sys.executable, "-c", "import httpx")),
    "JavaScript": Runner(("node",), "mjs", ("node", "-e", "fetch")),
    "PHP": Runner(("php",), "php", ("php", "-r", "curl_init();")),
}


def runner_of(language: str) -> str:
    """The language, if it can be run here. Raises Missing."""
    probe = RUNNERS[language].probe
    if shutil.which(probe[0]) is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        message = (
            f"`{' '.join(probe)}` does not work. Install it, for PHP with its curl: `apt-get install php-cli php-curl`"
        )
        raise Missing(message)
    return language


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_shop(tmp_path_factory.mktemp("live")) as live:
        yield live


def variables(live: Live, folder: Path) -> dict[str, str]:
    """What a sample finds around it."""
    direct = {"NO_PROXY": "*", "no_proxy": "*"}
    return {"API": f"{live.url}/v1", "KEY": live.key, "CURL_HOME": str(folder), **direct}


def run_alone(language: str, text: str, folder: Path, live: Live) -> subprocess.CompletedProcess[str]:
    """Run a sample in a process of its own."""
    runner, script = RUNNERS[language], folder / f"sample.{RUNNERS[language].ending}"
    script.write_text(text, encoding="utf-8")
    (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n", encoding="utf-8")
    command, environment = [*runner.command, script.name], {**os.environ, **variables(live, folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )


def one_after_another(language: str, folder: Path, live: Live) -> AbstractContextManager[Runs]:
    """What runs many samples of a language."""
    if language != "curl":
        return running(RUNNERS[language].command, RUNNERS[language].ending, folder, **variables(live, folder))

    def run(text: str) -> Json:
        ended = run_alone(language, text, folder, live)
        return {"error": ended.stdout + ended.stderr} if ended.returncode else {"answer": ended.stdout}

    return nullcontext(run)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("language", RUNNERS)
def test_every_sample_of_a_language_runs_as_it_stands_and_shows_the_answer(
    language: str, live: Live, home: Path, tmp_path: Path
) -> None:
    leg(language, lambda _: runner_of(language), home, needed=False)
    with one_after_another(language, tmp_path, live) as run:
        for call in CALLS:
            came = run(of_here(sample(call, language), furnish(live), live))
            assert "answer" in came, f"{call.operation.name}: {came}"
            assert_shown(call, came["answer"], tmp_path / "card.png")
            tidy(live)
        assert_can_be_repeated(language, live, run)


def assert_can_be_repeated(language: str, live: Live, run: Runs) -> None:
    """A sample that is pasted a second time is a second request, and neither the first once more nor refused."""
    [call] = [call for call in CALLS if call.operation.name == "customers.stamp"]
    things = furnish(live)
    before = live.given("GET", f"/customers/{things.customer['id']}")["total_visits"]
    for _ in range(2):
        assert "answer" in run(of_here(sample(call, language), things, live))
    assert live.given("GET", f"/customers/{things.customer['id']}")["total_visits"] == before + 2


@pytest.mark.parametrize("language", RUNNERS)
def test_a_sample_that_is_refused_ends_in_an_error_that_shows_the_problem(
    language: str, live: Live, home: Path, tmp_path: Path
) -> None:
    leg(language, lambda _: runner_of(language), home, needed=False)
    [call] = [call for call in CALLS if call.operation.name == "customers.get"]
    ended = run_alone(language, sample(call, language).replace("/42", "/999999"), tmp_path, live)
    assert ended.returncode != 0
    assert "404" in ended.stdout + ended.stderr


def test_every_operation_has_a_sample_in_each_language_and_with_each_sdk() -> None:
    labels = [language.label for language in LANGUAGES]
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert [sample["label"] for sample in operation["x-codeSamples"]] == labels
    assert labels == [*RUNNERS, "SDK for Python", "SDK for Node", "SDK for PHP"]


def test_an_idempotency_key_is_made_where_the_sample_runs() -> None:
    made = ("$(uuidgen", "uuid.uuid4()", "randomUUID()", "random_bytes(16)")
    for call in CALLS:
        texts = [sample(call, language) for language in RUNNERS]
        there = [("Idempotency-Key" in text, new in text) for text, new in zip(texts, made, strict=True)]
        assert set(there) == {(call.operation.once_only, call.operation.once_only)}, call.operation.name


def test_values_are_written_as_each_language_writes_them() -> None:
    value = {"name": 'D\'Arc \\ "x"', "ok": True, "none": None, "many": [1, "é"]}
    assert PYTHON.write(value, 1) == (
        '{\n "name": "D\'Arc \\\\ \\"x\\"",\n "ok": True,\n "none": None,\n "many": [1, "é"],\n}'
    )
    assert JAVASCRIPT.write(value, 1) == (
        '{\n name: "D\'Arc \\\\ \\"x\\"",\n ok: true,\n none: null,\n many: [1, "é"],\n}'
    )
    assert PHP.write(value, 1) == (
        "[\n 'name' => 'D\\'Arc \\\\ \"x\"',\n 'ok' => true,\n 'none' => null,\n 'many' => [1, 'é'],\n]"
    )
