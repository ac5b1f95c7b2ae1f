"""The guide for receivers is true: its samples run, take what is genuine and nothing else, and its tables are right."""

import json
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec
import pytest

from loyalty_app.webhooks.sender import KINDS, UNREADABLE
from loyalty_core.delivery_retries import RETRY_SCHEDULE
from loyalty_core.events import EVENT_TYPES, Event
from loyalty_core.webhooks import make_secret, sign, signature_header
from testkit.servers import Missing, free_port
from tests.conftest import leg
from tests.webhooks.receiver import HOST
from tests.webhooks.sending import BODY, OLD_SECRET, a_job, sending

PAGE = (Path(__file__).parents[2] / "docs" / "howto" / "receive-webhooks.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
PORT_SHOWN = "9000"
PATIENCE_SECONDS = 30


def shown(language: str) -> list[str]:
    """The blocks of the page in one language."""
    return [text for name, text in BLOCKS if name == language]


def rows(head: str) -> list[list[str]]:
    """The rows of the page's table whose head begins so."""
    [table] = re.findall(rf"^\| {re.escape(head)}.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


# The worked example.


class Told(NamedTuple):
    """What a receiver has to judge: what it was sent, its secret, and its clock unless that is the real one."""

    headers: dict[str, str]
    body: bytes
    secret: str
    now: int | None

    def signed(self, *signatures: str) -> "Told":
        return self.saying("webhook-signature", " ".join(signatures))

    def saying(self, name: str, value: str) -> "Told":
        return self._replace(headers={**self.headers, name: value})


def worked_example() -> Told:
    [post] = shown("http")
    [secret] = set(re.findall(r"whsec_[\w+/]{20,}=*", PAGE))
    head, body = post.removesuffix("\n").split("\n\n")
    headers = dict(line.split(": ") for line in head.splitlines()[1:])
    return Told({name: headers[name] for name in NAMES}, body.encode(), secret, int(headers["webhook-timestamp"]))


GENUINE = worked_example()
ID, TIMESTAMP, SIGNATURE = (GENUINE.headers[name] for name in NAMES)
ANOTHER = sign(OLD_SECRET, ID, int(TIMESTAMP), GENUINE.body)


def test_the_worked_example_is_signed_as_the_page_says() -> None:
    assert signature_header([GENUINE.secret], ID, int(TIMESTAMP), GENUINE.body) == SIGNATURE
    assert shown("text") == [f"{ID}.{TIMESTAMP}.{GENUINE.body.decode()}\n", f"{SIGNATURE}\n"]


# The samples. Each is run as it stands, with an ending that asks it.


class Language(NamedTuple):
    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...]
    ending: str


LANGUAGES = {
    "python": Language(
        "Python",
        (sys.executable, "-ISc"),
        (),
        """
import json, sys
secret, headers, *now = sys.argv[1:]
taken = is_genuine(secret, json.loads(headers), sys.stdin.buffer.read(), *map(int, now))
print("taken" if taken else "refused")
""",
    ),
    "javascript": Language(
        "JavaScript",
        ("node", "-e"),
        ("node",),
        """
const [secret, headers, ...now] = process.argv.slice(1);
const taken = isGenuine(secret, JSON.parse(headers), require("node:fs").readFileSync(0), ...now.map(Number));
console.log(taken ? "taken" : "refused");
""",
    ),
    "php": Language(
        "PHP",
        ("php", "-r"),
        ("php",),
        """
$body = file_get_contents('php://stdin');
$taken = is_genuine($argv[1], json_decode($argv[2], true), $body, ...array_map('intval', array_slice($argv, 3)));
echo $taken ? "taken\n" : "refused\n";
""",
    ),
    "bash": Language(
        "bash",
        ("bash", "-c"),
        ("bash", "openssl"),
        'is_genuine "${@:2}" && echo taken || echo refused',
    ),
}

Takes: TypeAlias = Callable[[Told], bool]


def sample(language: str) -> str:
    return shown(language)[0].removeprefix("<?php\n")


def arguments(language: str, told: Told) -> list[str]:
    headers = [told.headers.get(name, "") for name in NAMES]
    what = ["is_genuine", "", told.secret, *headers] if language == "bash" else [told.secret, json.dumps(told.headers)]
    return what if told.now is None else [*what, str(told.now)]


def installed(language: str) -> str:
    for program in LANGUAGES[language].needs:
        if shutil.which(program) is None:
            raise Missing(f"{program} is not installed")
    return sample(language) + LANGUAGES[language].ending


@pytest.fixture(params=LANGUAGES)
def takes(request: pytest.FixtureRequest, home: Path) -> Takes:
    """Whether the sample of a language takes something for genuine."""
    language = request.param
    script = leg(LANGUAGES[language].name, lambda _: installed(language), home, needed=False)

    def ask(told: Told) -> bool:
        command = [*LANGUAGES[language].command, script, *arguments(language, told)]
        ran = subprocess.run(command, input=told.body, check=True, capture_output=True)
        assert ran.stderr == b""
        return {b"taken\n": True, b"refused\n": False}[ran.stdout]

    return ask


def test_every_sample_takes_the_worked_example(takes: Takes) -> None:
    assert takes(GENUINE)


def test_every_sample_refuses_a_changed_body(takes: Takes) -> None:
    for body in (GENUINE.body.replace(b'":5', b'":6'), GENUINE.body + b"\n"):
        assert not takes(GENUINE._replace(body=body))


def test_every_sample_refuses_a_changed_id_and_a_changed_timestamp(takes: Takes) -> None:
    assert not takes(GENUINE.saying("webhook-id", f"{ID}0"))
    assert not takes(GENUINE.saying("webhook-timestamp", str(int(TIMESTAMP) + 1)))


@pytest.mark.parametrize(("later", "recent"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_every_sample_takes_five_minutes_to_either_side_and_no_more(takes: Takes, later: int, *, recent: bool) -> None:
    assert takes(GENUINE._replace(now=int(TIMESTAMP) + later)) == recent


def test_every_sample_goes_by_the_real_clock_unless_it_is_told_another(takes: Takes) -> None:
    now = int(time.time())
    sent_now = GENUINE.saying("webhook-timestamp", str(now)).signed(sign(GENUINE.secret, ID, now, GENUINE.body))

    assert takes(sent_now._replace(now=None))
    assert not takes(GENUINE._replace(now=None))


def test_every_sample_takes_two_signatures_of_which_one_fits(takes: Takes) -> None:
    assert takes(GENUINE.signed(SIGNATURE, ANOTHER))
    assert takes(GENUINE.signed(ANOTHER, SIGNATURE))


def test_every_sample_refuses_signatures_of_which_none_fits(takes: Takes) -> None:
    assert not takes(GENUINE.signed(ANOTHER, SIGNATURE.replace("v1,", "v2,")))


@pytest.mark.parametrize("secret", [OLD_SECRET, "whsec_", ""])
def test_every_sample_refuses_with_another_secret_and_without_one(takes: Takes, secret: str) -> None:
    anybody = sign_without_a_key(GENUINE)
    assert not takes(GENUINE.signed(SIGNATURE, anybody)._replace(secret=secret))


def sign_without_a_key(told: Told) -> str:
    """What anybody can make for a receiver whose secret is empty: to HMAC no key is the same as a key of zeros."""
    return sign(make_secret(bytes(32)), told.headers["webhook-id"], int(told.headers["webhook-timestamp"]), told.body)


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_calmly_refuses_a_header_that_is_missing_or_nonsense(takes: Takes, name: str) -> None:
    without = {other: value for other, value in GENUINE.headers.items() if other != name}
    assert not takes(GENUINE._replace(headers=without))
    assert not takes(GENUINE.saying(name, "é *"))


def test_every_sample_goes_by_bytes_whatever_they_are(takes: Takes) -> None:
    body = "Zoë ☕\r\n".encode() + b"\xff\0\x80\n\n"
    secret = make_secret(b"\xfb\xff" * 16)  # + and / in its base64
    signature = sign(secret, ID, int(TIMESTAMP), body)
    assert takes(GENUINE.signed(signature)._replace(secret=secret, body=body))


# The receiver for one's own machine.


@contextmanager
def receiver_of_the_page() -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The receiver, run as the page says but at a free port; where it listens."""
    check, serve = shown("python")
    port = free_port()
    assert f"http://{HOST}:{PORT_SHOWN}/hook" in PAGE
    script = f"{check}\n\n{serve}".replace(PORT_SHOWN, str(port))
    environment = {"WEBHOOK_SECRET": GENUINE.secret, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            wait_for(port)
            yield f"http://{HOST}:{port}/hook", process
        finally:
            process.terminate()


def wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection((HOST, port)).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until, "the receiver of the page did not start"
            time.sleep(0.02)


async def test_the_receiver_of_the_page_takes_a_delivery_once_and_refuses_a_foreign_one() -> None:
    with receiver_of_the_page() as (url, process):
        async with sending() as sender:
            statuses = [
                (await sender.attempt(a_job(url, secrets=(secret.encode(),), event_id=event_id))).http_status
                for secret, event_id in ((GENUINE.secret, "a"), (GENUINE.secret, "a"), (OLD_SECRET, "b"))
            ]
        process.terminate()
        said, _ = process.communicate()

    assert statuses == [204, 204, 401]
    assert said.splitlines() == [json.loads(BODY)["type"]]


# What the page says of events, retries and failures.


def bodies_shown() -> list[Any]:
    """The events of the page; where it says "as above", the one whole customer of the page stands."""
    whole = next(written for written in map(json.loads, shown("json")) if written.get("type") == "stamp.added")
    customer = whole["data"]["customer"]
    texts = [*shown("json"), GENUINE.body.decode()]
    written = [json.loads(text, object_hook=lambda found: customer if "..." in found else found) for text in texts]
    return [one for one in written if "type" in one]


def test_the_page_shows_every_event_once() -> None:
    assert sorted(one["type"] for one in bodies_shown()) == sorted(EVENT_TYPES)
    assert sorted(row[0].strip("`") for row in rows("`type`")) == sorted(EVENT_TYPES)


@pytest.mark.parametrize("written", bodies_shown(), ids=lambda written: written["type"])
def test_an_event_of_the_page_has_the_fields_that_are_sent_and_no_other(written: Any) -> None:  # noqa: ANN401  # JSON
    assert json.loads(msgspec.json.encode(msgspec.convert(written, Event))) == written


def test_the_table_of_retries_is_the_schedule() -> None:
    tries = rows("try")
    waits = [cell.split() for _, cell in tries]
    assert [int(number) for number, _ in tries] == list(range(1, len(RETRY_SCHEDULE) + 1))
    assert waits[0] == ["at", "once"]
    assert [timedelta(0), *(timedelta(**{unit: int(count)}) for count, unit in waits[1:])] == list(RETRY_SCHEDULE)


def test_the_table_of_errors_has_every_word_that_the_sender_uses() -> None:
    words = {word for _, word in KINDS} | {"timeout", "address_not_public", UNREADABLE}
    assert {row[0].strip("`") for row in rows("`error`")} == words
