"""What is shown to be typed is typed: the shell blocks of README, quickstarts and how-tos, in their order, for real.

Each document has a scratch folder of its own, with the program installed and nothing else; the README clones this
repository into it. Servers are real, PostgreSQL, Redis and curl are, and the sandbox plays Telegram.
"""

import asyncio
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import httpx
import pytest

from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings
from loyalty_app.shops.invites import accept, invite
from loyalty_core.access import Role
from testkit.sandbox import open_sandbox
from testkit.servers import Missing
from tests.conftest import leg
from tests.documents import NAMES, ROOT, blocks, read
from tests.following import Terminal, last, lines_of

NOT_HERE = {
    "make setup": "installs from a package index, which takes a minute; this suite runs in what it has installed",
    "make test": "is what runs this",
    "make check": "reads the code, beside these tests, in .ci/run",
    "python3 -m venv": "installs from a package index; was tried by hand in a fresh clone",
    ".venv/bin/pip": "installs from a package index; was tried by hand in a fresh clone",
    "docker": "there is no Docker engine here; tests/test_deploy.py holds these lines to the files of the containers",
    "sudo": "changes the machine: its users, its services; tests/test_deploy.py reads the units",
    "loyalty move --business": "needs a second server with other shops; tests/cli/test_move_shops.py moves single ones",
    "WEBHOOK_SECRET=": "goes on without a word; tests/webhooks/test_receiving.py runs the receiver and sends to it",
}
"""Lines that are not run here, by how they begin, and why."""

SHOP = 'loyalty business create --name "Bean & Leaf" --reward "A free coffee" --plan professional --country DE'
BEFORE = {
    "docs/howto/back-up.md": [SHOP, "mkdir backups"],
    "docs/howto/grow.md": [SHOP],
    "docs/howto/import.md": [SHOP, r"printf 'Name;Telefon;Stempel\nZoë;0170 1234567;3\nBen;4,9E+11;1\n' > guests.csv"],
    "docs/howto/integrate.md": ["loyalty demo --port 0"],
    "docs/howto/open-a-chat.md": [SHOP],
    "docs/howto/rotating-codes.md": [SHOP],
    "docs/howto/receive-webhooks.md": [SHOP, "LOYALTY_WEBHOOK_ALLOW=127.0.0.0/8", "loyalty serve"],
}
"""What a document takes for granted."""

NEW_SERVER = {"docs/howto/grow.md": "loyalty doctor"}
"""Where a document moves on to PostgreSQL, and does not show the settings again."""

DOCUMENTS = [
    "README.md",
    *(name for name in NAMES if name.startswith(("docs/quickstart/", "docs/howto/"))),
]


def commands(name: str) -> list[str]:
    return [line for block in blocks(name) if block.language == "sh" for line in lines_of(block.text)]


def why_not(line: str) -> str | None:
    return next((why for begin, why in NOT_HERE.items() if line.startswith(begin)), None)


FOLLOWED = [name for name in DOCUMENTS if any(why_not(line) is None for line in commands(name))]


class Parts(NamedTuple):
    """The real parts to which a document's examples are turned."""

    postgres: str
    redis: str
    telegram: str
    hook: str


@contextmanager
def receiver() -> Iterator[str]:
    """Somebody who takes every webhook; where they listen."""

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Takes) as server:
        listening = Thread(target=server.serve_forever)
        listening.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()
        listening.join()


def programs(_home: Path) -> str:
    """What lines are typed into, and what they call. Raises Missing."""
    if missing := [name for name in ("bash", "curl", "git", "make") if shutil.which(name) is None]:
        message = f"{', '.join(missing)} cannot be found on the PATH. Install what is missing."
        raise Missing(message)
    return "bash"


@pytest.fixture
def databases(request: pytest.FixtureRequest) -> tuple[str, str]:
    """PostgreSQL and Redis, for the documents that speak of them."""
    if request.node.callspec.params["name"] not in {"docs/howto/run.md", "docs/howto/grow.md"}:
        return "", ""
    return request.getfixturevalue("postgres_database"), request.getfixturevalue("redis_url")


@pytest.fixture
async def parts(databases: tuple[str, str], home: Path, tools: None) -> AsyncIterator[Parts]:
    del tools
    leg("Documents", programs, home, needed=False)
    async with open_sandbox() as sandbox:
        sandbox.attended = False
        [token] = re.findall(r"LOYALTY_TELEGRAM_TOKEN=(\S+)", read("docs/howto/open-a-chat.md"))
        await sandbox.add_bot(token=token, username="stamp_bot", name="Stamps")
        await sandbox.add_bot(token=OWN_TOKEN, username="leaf_bot", name="Bean & Leaf")
        with receiver() as hook:
            yield Parts(*databases, sandbox.url, hook)


OWN_TOKEN = f"700001:{'a' * 35}"


def filled(parts: Parts, line: str, said: str) -> str:
    """A line with real values in the place of those that it was written with."""
    values = {
        r"<address of this repository>": shlex.quote(str(ROOT)),
        r"http://127\.0\.0\.1:8000(?=/v1$)": last(r"http://127\.0\.0\.1:\d+", said),
        r"(?<=KEY=)ll_\.\.\.": last(r"ll_\w+", said),
        r"(?<=CODE=)\w+": last(r'"qr_code":\s*"(\w+)"', said),
        r"(?<=\bID=)\d+": last(r'"data":\{"id":\s*(\d+),"qr_code"', said),
        r"(?<=WEBHOOK=)\d+": last(r'"data":\{"id":\s*(\d+),"url"', said),
        r"(?<=\"delivery_id\": )\d+": last(r'"delivery_id":\s*(\d+)', said),
        r"\$TRANSACTION": last(r'"data":\{"transaction_id":\s*(\d+)', said),
        r"(?<=\"since\": \")[^\"]+": f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        r"postgresql://\S+": parts.postgres or None,
        r"https://pos\.example\.com/hook": parts.hook,
    }
    for pattern, value in values.items():
        line = re.sub(pattern, lambda _, value=value: value, line) if value is not None else line  # type: ignore[misc]  # bound by default
    return line


def write_settings(terminal: Terminal, parts: Parts, text: str) -> None:
    """Add settings of a document to .env, with the servers of this test and fewer processes."""
    for pattern, value in {
        r"postgresql://\S+": parts.postgres,
        r"redis://\S+": parts.redis,
        r"(?<=HOST=)0\.0\.0\.0": "127.0.0.1",
        r"(?<=WORKERS=)\d+": "2",
    }.items():
        text = re.sub(pattern, lambda _, value=value: value, text)  # type: ignore[misc]  # bound by default
    with (terminal.folder / ".env").open("a", encoding="utf-8") as file:
        file.write(text)


async def make_true(terminal: Terminal, line: str) -> None:
    """Let that be so which a line presumes and only other people can bring about."""
    if line.startswith("loyalty staff list"):
        database = open_database(Settings(database_url=f"sqlite:///{terminal.folder / 'loyalty.db'}"))
        for number, name in enumerate(("Ana", "Ben"), start=1):
            offered = await invite(database, 1, Role.OWNER, now=datetime.now(UTC))
            await accept(database, offered, user_id=number, name=name, now=datetime.now(UTC))
        await database.close()
    if "/replay" in line and "delivery_id" in line:
        await asyncio.to_thread(until_delivered, terminal)


def until_delivered(terminal: Terminal) -> None:
    """Look until all that was sent has arrived."""
    known = terminal.environment
    url, headers = f"{known['API']}/webhooks/{known['WEBHOOK']}/deliveries", {"X-Api-Key": known["KEY"]}
    with httpx.Client(headers=headers, trust_env=False, timeout=10) as client:
        while any(one["status"] == "queued" for one in client.get(url).json()["data"]):
            pass


@pytest.mark.parametrize("name", FOLLOWED)
async def test_what_a_document_shows_can_be_typed_line_by_line(name: str, parts: Parts, tmp_path: Path) -> None:
    given = {"LOYALTY_TELEGRAM_API_URL": parts.telegram, "LOYALTY_BOT_TOKEN": OWN_TOKEN}
    terminal = Terminal(tmp_path, lambda line, said: filled(parts, line, said), cold=name == "README.md", **given)
    shutil.copy(ROOT / ".env.example", terminal.folder)
    try:
        for line in BEFORE.get(name, ()):
            await asyncio.to_thread(terminal.type, line)
        for block in blocks(name):
            if name in NEW_SERVER and block.text.startswith(NEW_SERVER[name]):
                terminal.environment["LOYALTY_DATABASE_URL"] = parts.postgres
            if block.language == "ini" and "LOYALTY_" in block.text:
                write_settings(terminal, parts, block.text)
            for line in lines_of(block.text) if block.language == "sh" else ():
                if why_not(line) is None:
                    await make_true(terminal, line)
                    await asyncio.to_thread(terminal.type, line)
    finally:
        await asyncio.to_thread(terminal.close)


def test_every_line_that_is_not_run_has_its_reason_and_every_reason_its_line() -> None:
    shown = [line for name in DOCUMENTS for line in commands(name)]
    assert {begin for begin in NOT_HERE if any(line.startswith(begin) for line in shown)} == NOT_HERE.keys()
    assert sum(why_not(line) is None for line in shown) > 2 * len(NOT_HERE)
