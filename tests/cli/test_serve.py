"""`loyalty serve` and `loyalty api`: they start, share a file with other commands, refuse clearly, and stop gently."""

import json
import signal
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from loyalty_app.settings import Settings
from loyalty_cli.serve import serve
from testkit.console import CAFE, Console, refused

CLOSED_SECONDS = 20
"""A revoked key opens nothing after a second; some more for the request itself."""
PATIENCE_SECONDS = 30


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """A terminal in a folder in which nothing is yet."""
    return Console(tmp_path)


def test_the_help_of_serve_names_all_that_runs() -> None:
    told = " ".join((serve.help or "").split())
    assert [
        part for part in ("the API", "bots", "LOYALTY_TELEGRAM_TOKEN", "delivers webhooks") if part not in told
    ] == []


def as_till(key: str) -> dict[str, str]:
    return {"X-Api-Key": key}


@pytest.mark.parametrize(
    ("command", "sign"), [("serve", signal.SIGTERM), ("serve", signal.SIGINT), ("api", signal.SIGTERM)]
)
def test_a_server_serves_until_it_is_asked_to_stop(tmp_path: Path, command: str, sign: signal.Signals) -> None:
    with Console(tmp_path, cold=True).serve(command) as (process, url):
        assert httpx.get(f"{url}/health/ready").status_code == 200
        process.send_signal(sign)

        assert process.communicate(timeout=PATIENCE_SECONDS) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize("command", ["serve", "worker", "bot"])
def test_where_the_log_is_json_a_server_says_nothing_else(console: Console, command: str) -> None:
    console.ask("business", "create", *CAFE)
    with console.start(command, LOYALTY_LOG_FORMAT="json", LOYALTY_PORT="0") as process:
        assert process.stderr is not None
        said = [json.loads(process.stderr.readline())]
        while "Ctrl-C" not in said[-1]["event"]:
            said.append(json.loads(process.stderr.readline()))
        process.terminate()
        said += map(json.loads, process.communicate(timeout=PATIENCE_SECONDS)[1].splitlines())
    assert {line["level"] for line in said} == {"info"}


def test_what_was_accepted_is_finished_before_a_server_stops(console: Console) -> None:
    key = console.ask("business", "create", *CAFE, "--plan", "professional")["api_key"]
    body = b'{"name": "Lena", "phone": "+14155552671"}'
    head = (
        f"POST /v1/customers HTTP/1.1\r\nHost: shop\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with console.serve("serve") as (process, url), connect(url) as till:
        till.sendall(head.encode())
        assert till.recv(1_000).startswith(b"HTTP/1.1 100 ")

        process.send_signal(signal.SIGTERM)
        while process.poll() is None and listens(url):
            pass
        till.sendall(body)

        assert till.recv(10_000).startswith(b"HTTP/1.1 201 ")
        assert process.wait(PATIENCE_SECONDS) == 0


def connect(url: str) -> socket.socket:
    place = urlsplit(url)
    return socket.create_connection((place.hostname or "", place.port or 0))


def listens(url: str) -> bool:
    try:
        httpx.get(f"{url}/health/live")
    except httpx.TransportError:
        return False
    return True


def test_a_second_server_on_the_same_file_is_refused_in_one_line(console: Console) -> None:
    with console.serve("serve") as (_, url):
        message = refused(console.run("serve", "--port", "0"), 2)

        assert "Another process already serves this SQLite file" in message
        assert httpx.get(f"{url}/health/ready").status_code == 200


def test_a_port_that_is_taken_is_said_to_be(console: Console) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert f"Port {port} is taken" in refused(console.run("serve", "--port", port), 1)
        assert f"Port {port} is taken" in refused(console.run("serve", LOYALTY_PORT=port), 1)


def test_a_host_that_does_not_exist_is_said_not_to(console: Console) -> None:
    assert "nowhere.invalid" in refused(console.run("serve", "--host", "nowhere.invalid"), 2)


def test_a_database_that_does_not_answer_keeps_a_server_from_starting(console: Console) -> None:
    message = refused(console.run("serve", "--port", "0", LOYALTY_DATABASE_URL="postgresql://127.0.0.1:1/shop"), 1)

    assert "does not answer" in message


def test_other_commands_work_while_a_server_runs_on_the_same_file(console: Console) -> None:
    with console.serve("serve") as (_, url):
        first = console.ask_process("business", "create", *CAFE, "--plan", "professional")
        second = console.ask_process("key", "create", "--business", "1", "--name", "Till")
        for key in (first["api_key"], second["api_key"]):
            assert httpx.get(f"{url}/v1/customers", headers=as_till(key)).status_code == 200

        console.ask_process("key", "revoke", "--business", "1", str(second["key_id"]))
        found = {check["name"]: check for check in console.ask_process("doctor")["checks"]}

        closed = time.monotonic() + CLOSED_SECONDS
        while httpx.get(f"{url}/v1/customers", headers=as_till(second["api_key"])).status_code != 401:
            assert time.monotonic() < closed
        assert "A server is running" in found["server"]["message"]
        assert found["ledger"]["status"] == "ok"


def test_several_processes_serve_one_postgresql_database(tmp_path: Path, postgres_database: str) -> None:
    console = Console(tmp_path, Settings(database_url=postgres_database))

    with console.serve("api", LOYALTY_WORKERS="2") as (process, url):
        assert httpx.get(f"{url}/health/ready", timeout=PATIENCE_SECONDS).status_code == 200
        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_SECONDS) == 0
