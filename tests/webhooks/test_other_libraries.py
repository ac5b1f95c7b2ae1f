"""What is sent here is taken by the libraries that receivers use, and what they sign is taken here."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
import standardwebhooks
from filelock import FileLock
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty_core.webhooks import make_secret, sign, verify
from testkit.servers import Missing
from tests.conftest import leg
from tests.webhooks.receiver import receiving
from tests.webhooks.sending import BODY, EVENT_ID, OLD_SECRET, SECRET, a_job, sending

NPM_PACKAGE = "standardwebhooks@1.1.1"
NPM_QUICKLY = ("--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--fetch-retries=0", "--silent")
NPM_SECONDS = 60
NODE_SCRIPT = """
const { Webhook, WebhookVerificationError } = require("standardwebhooks");
const { secret, headers, body } = JSON.parse(require("fs").readFileSync(0, "utf8"));
try {
    new Webhook(secret).verify(body, headers);
    console.log("taken");
} catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    console.log("refused");
}
"""

Takes: TypeAlias = Callable[[str, dict[str, str], bytes], bool]


def standardwebhooks_takes(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        standardwebhooks.Webhook(secret).verify(body, headers)
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def svix_takes(secret: str, headers: dict[str, str], body: bytes) -> bool:
    import svix  # noqa: PLC0415  # it takes long to load, and each test process would

    try:
        svix.Webhook(secret).verify(body, headers)
    except svix.WebhookVerificationError:
        return False
    return True


def install_for_node(home: Path) -> str:
    """Install the library for Node into the tests' home, once, and say where its modules lie."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Missing("no node and npm on PATH. Install Node.")
    with FileLock(home / "npm.lock"):
        if not (home / "npm" / "installed").exists():
            command = [npm, "install", *NPM_QUICKLY, "--prefix", str(home / "npm"), NPM_PACKAGE]
            (home / "npm").mkdir(exist_ok=True)
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=NPM_SECONDS)
            except subprocess.SubprocessError as reason:
                raise Missing(f"npm could not install {NPM_PACKAGE} ({type(reason).__name__}).") from reason
            (home / "npm" / "installed").touch()
    return str(home / "npm" / "node_modules")


@pytest.fixture(scope="session")
def node_takes(home: Path) -> Takes:
    modules = leg("Node's standardwebhooks", install_for_node, home, needed=False)

    def takes(secret: str, headers: dict[str, str], body: bytes) -> bool:
        told = json.dumps({"secret": secret, "headers": headers, "body": body.decode()})
        environment = {**os.environ, "NODE_PATH": modules}
        ran = subprocess.run(
            ["node", "-e", NODE_SCRIPT], input=told, env=environment, check=True, capture_output=True, text=True
        )
        return {"taken\n": True, "refused\n": False}[ran.stdout]

    return takes


@pytest.fixture(params=["standardwebhooks", "svix", "node"])
def takes(request: pytest.FixtureRequest) -> Takes:
    """Whether a library takes a delivery for genuine, with this secret."""
    if request.param == "node":
        found: Takes = request.getfixturevalue("node_takes")
        return found
    return {"standardwebhooks": standardwebhooks_takes, "svix": svix_takes}[request.param]


async def delivered_headers(*secrets: str) -> dict[str, str]:
    """The headers of a real delivery, as the receiver got them."""
    async with receiving() as receiver, sending() as sender:
        await sender.attempt(a_job(receiver.url, secrets=tuple(secret.encode() for secret in secrets)))
        return receiver.requests[0].headers


async def test_a_delivery_is_taken_with_its_secret_and_no_other(takes: Takes) -> None:
    headers = await delivered_headers(SECRET)

    assert takes(SECRET, headers, BODY)
    assert not takes(OLD_SECRET, headers, BODY)


async def test_while_a_secret_is_renewed_both_are_good(takes: Takes) -> None:
    headers = await delivered_headers(SECRET, OLD_SECRET)

    assert takes(SECRET, headers, BODY)
    assert takes(OLD_SECRET, headers, BODY)


async def test_a_changed_delivery_is_refused(takes: Takes) -> None:
    headers = await delivered_headers(SECRET)
    a_minute_ago = str(int(headers["webhook-timestamp"]) - 60)

    assert not takes(SECRET, headers, BODY.replace(b"1.0", b"10"))
    assert not takes(SECRET, headers | {"webhook-id": f"{EVENT_ID}0"}, BODY)
    assert not takes(SECRET, headers | {"webhook-timestamp": a_minute_ago}, BODY)


@pytest.mark.parametrize(("minutes", "recent"), [(-6, False), (-4, True), (4, True), (6, False)])
def test_all_agree_on_what_is_recent(takes: Takes, minutes: int, *, recent: bool) -> None:
    now = datetime.now(UTC)
    timestamp = int((now + timedelta(minutes=minutes)).timestamp())
    signature = sign(SECRET, EVENT_ID, timestamp, BODY)
    headers = {"webhook-id": EVENT_ID, "webhook-timestamp": str(timestamp), "webhook-signature": signature}

    assert takes(SECRET, headers, BODY) == recent


@given(st.binary(min_size=32, max_size=32))
@example(b"\xfb\xff" * 16)  # whose base64 is + and /
def test_every_secret_means_the_same_to_all(random: bytes) -> None:
    secret, now = make_secret(random), datetime.now(UTC)
    theirs = standardwebhooks.Webhook(secret).sign(EVENT_ID, now, BODY.decode())

    assert sign(secret, EVENT_ID, int(now.timestamp()), BODY) == theirs


def test_what_they_sign_is_taken_here() -> None:
    import svix  # noqa: PLC0415  # see above

    now = datetime.now(UTC)
    headers = {
        "Webhook-Id": EVENT_ID,
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": svix.Webhook(SECRET).sign(EVENT_ID, now, BODY.decode()),
    }

    verify(SECRET, headers, BODY, now=now)
