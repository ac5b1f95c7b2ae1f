"""The samples of the reference are true: each is run as it stands, in its language, against a live server."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from api import examples
from api.reference.calls import Call
from api.reference.routes import calls, document
from api.reference.samples import JAVASCRIPT, LANGUAGES, PHP, PYTHON
from testkit.servers import Missing
from tests.api.live import NOBODY, Live, live_shop
from tests.api.witness import Json
from tests.conftest import leg

CALLS = calls()
HOOK = "https://example.com/hook"
PATIENCE_SECONDS = 60


class Runner(NamedTuple):
    """How a language runs a sample, and what tells that it can."""

    command: tuple[str, ...]
    ending: str
    probe: tuple[str, ...]


RUNNERS = {
    "Shell": Runner(("bash", "-e"), "sh", ("curl", "--fail-with-body", "--version")),
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


class Things(NamedTuple):
    """What the samples can be about; a reward is there to redeem."""

    customer: Json
    transaction: int
    reward: int
    webhook: int
    imported: int

    def instead(self, live: Live) -> dict[str, str]:
        """What stands in the samples → what stands for it here."""
        return {
            f"/customers/{examples.CUSTOMER.id}": f"/customers/{self.customer['id']}",
            f"/transactions/{examples.TRANSACTION.id}": f"/transactions/{self.transaction}",
            f"/webhooks/{examples.WEBHOOK.id}": f"/webhooks/{self.webhook}",
            f"/imports/{examples.IMPORT.id}": f"/imports/{self.imported}",
            examples.CUSTOMER.qr_code: self.customer["qr_code"],
            str(examples.CUSTOMER.phone): live.free_phone(),
            HOOK: NOBODY,
        }


def furnish(live: Live) -> Things:
    """Somebody new with a full card, and a webhook that is switched off while something waits for it."""
    customer = live.given("POST", "/customers", {"name": "Lena", "phone": live.free_phone()})
    stamped = live.given("POST", f"/customers/{customer['id']}/stamps", {"stamps": 10})
    webhook = live.given("POST", "/webhooks", {"url": NOBODY, "events": ["customer.deleted"]})
    live.given("PATCH", f"/webhooks/{webhook['id']}", {"active": False})
    live.given("POST", f"/webhooks/{webhook['id']}/test")
    imported = live.given("POST", "/customers/import", {"customers": [{"name": "Mira"}]})
    return Things(customer, stamped["transaction_id"], stamped["rewards"][0]["id"], webhook["id"], imported["id"])


def tidy(live: Live) -> None:
    """A shop can have 20 webhooks at most."""
    for webhook in live.given("GET", "/webhooks"):
        live.given("DELETE", f"/webhooks/{webhook['id']}")


def of_here(text: str, things: Things, live: Live) -> str:
    """A sample that asks for things that are there. All else stays as it is written."""
    for shown, here in things.instead(live).items():
        text = text.replace(shown, here)
    text = re.sub(r"""(reward_id\W+)7\b""", rf"\g<1>{things.reward}", text)
    return text.replace("2026-03-01T09:30:00Z", things.customer["created_at"])


def run(language: str, text: str, folder: Path, live: Live) -> subprocess.CompletedProcess[str]:
    runner, script = RUNNERS[language], folder / f"sample.{RUNNERS[language].ending}"
    script.write_text(text, encoding="utf-8")
    (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n", encoding="utf-8")
    direct = {"API": f"{live.url}/v1", "KEY": live.key, "CURL_HOME": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
    command, environment = [*runner.command, script.name], {**os.environ, **direct}
    return subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )


def sample(call: Call, language: str) -> str:
    """The sample as the document shows it."""
    shown = document()["paths"][call.path][call.method.lower()]["x-codeSamples"]
    [text] = [one["source"] for one in shown if one["lang"] == language]
    return str(text)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("language", RUNNERS)
def test_every_sample_of_a_language_runs_as_it_stands_and_shows_the_answer(
    language: str, live: Live, home: Path, tmp_path: Path
) -> None:
    leg(language, lambda _: runner_of(language), home, needed=False)
    for call in CALLS:
        ended = run(language, of_here(sample(call, language), furnish(live), live), tmp_path, live)
        assert ended.returncode == 0, f"{call.operation.name}: {ended.stdout}{ended.stderr}"
        assert_shown(call, ended.stdout, tmp_path / "card.png")
        tidy(live)
    assert_can_be_repeated(language, live, tmp_path)


def assert_can_be_repeated(language: str, live: Live, folder: Path) -> None:
    """A sample that is pasted a second time is a second request, and neither the first once more nor refused."""
    [call] = [call for call in CALLS if call.operation.name == "customers.stamp"]
    things = furnish(live)
    before = live.given("GET", f"/customers/{things.customer['id']}")["total_visits"]
    for _ in range(2):
        ended = run(language, of_here(sample(call, language), things, live), folder, live)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert live.given("GET", f"/customers/{things.customer['id']}")["total_visits"] == before + 2


def assert_shown(call: Call, said: str, picture: Path) -> None:
    """The answer has come: a picture as a file, else the first of the fields that are promised."""
    if call.operation.picture:
        assert picture.read_bytes().startswith(b"\x89PNG")
        picture.unlink()
    else:
        example = msgspec.to_builtins(call.operation.example)
        rows = example["data"] if call.operation.listed else example if call.operation.many else [example]
        [field, *_] = rows[0]
        assert re.search(rf"\b{field}\b", said), call.operation.name


@pytest.mark.parametrize("language", RUNNERS)
def test_a_sample_that_is_refused_ends_in_an_error_that_shows_the_problem(
    language: str, live: Live, home: Path, tmp_path: Path
) -> None:
    leg(language, lambda _: runner_of(language), home, needed=False)
    [call] = [call for call in CALLS if call.operation.name == "customers.get"]
    ended = run(language, sample(call, language).replace("/42", "/999999"), tmp_path, live)
    assert ended.returncode != 0
    assert "404" in ended.stdout + ended.stderr


def test_every_operation_has_a_sample_in_each_of_the_four_languages() -> None:
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert [sample["lang"] for sample in operation["x-codeSamples"]] == list(RUNNERS)
    assert [language.name for language in LANGUAGES] == list(RUNNERS)


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
