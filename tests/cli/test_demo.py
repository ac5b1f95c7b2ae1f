"""`loyalty demo`: a café that is alive, that touches nothing of anybody's, and whose commands can be pasted."""

import json
import re
import shlex
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from loyalty_cli.demo.cafe import REGULARS
from loyalty_cli.demo.telegram import CUSTOMER, OWNER
from testkit.concurrency import until
from testkit.console import Console
from testkit.warm_process import Process

PATIENCE_SECONDS = 30
WIDTH = 80


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


@contextmanager
def demo(console: Console, *words: str, **variables: str) -> Iterator[tuple[Process, dict[str, Any]]]:
    """A demo that is open, and what it has said of itself."""
    with console.start("demo", "--json", *words, **variables) as process:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())


def paste(command: str) -> dict[str, Any]:
    """What a curl command is answered."""
    program, *words = shlex.split(command)
    assert program == "curl"
    method = words.pop(words.index("-X") + 1) if "-X" in words else "GET"
    header = words.pop(words.index("-H") + 1)
    [url] = [word for word in words if word.startswith("http")]
    name, _, value = header.partition(": ")
    answer = httpx.request(method, url, headers={name: value})
    assert answer.is_success, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def assert_lead_to_a_reward(commands: list[str]) -> None:
    found, stamped, redeemed = map(paste, commands)
    assert (found["current_stamps"], found["rewards_available"]) == (found["stamps_required"] - 1, 0)
    assert stamped["reward_earned"] is True
    assert redeemed["reward"]["status"] == "redeemed"


def test_its_three_commands_lead_to_a_reward_one_after_the_other(console: Console) -> None:
    with demo(console, "--port", "0") as (_, cafe):
        assert httpx.get(cafe["url"]).headers["location"] == "/sandbox", "the address itself leads to the phones"
        assert httpx.get(cafe["url"], follow_redirects=True).headers["content-type"].startswith("text/html")
        assert_lead_to_a_reward(cafe["try"])
        assert httpx.get(cafe["url"], headers={"X-Big": "a" * 40_000}).status_code == 431, (
            "what is refused leads nowhere"
        )


def test_what_it_says_to_people_fits_a_terminal_and_can_be_pasted(tmp_path: Path) -> None:
    with Console(tmp_path, cold=True).start("demo", "--port", "0") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break
        assert max(map(len, lines)) <= WIDTH
        assert "\x1b" not in "".join(lines)
        commands = re.findall(r"^curl(?:.*\\\n)*.*$", "\n".join(lines), flags=re.MULTILINE)

        assert_lead_to_a_reward([command.replace("\\\n", "") for command in commands])


def test_its_weeks_are_full_of_life_and_true_to_the_ledger(console: Console) -> None:
    with demo(console, "--port", "0") as (_, cafe):
        key = {"X-Api-Key": cafe["api_key"]}
        summary = httpx.get(f"{cafe['url']}/v1/analytics", headers=key).json()["data"]
        guests = httpx.get(f"{cafe['url']}/v1/customers", headers=key).json()["data"]
        checked = console.run("doctor", LOYALTY_DATABASE_URL=cafe["database"])

    assert sum(day["visits"] > 0 for day in summary["daily"]) >= 20
    assert summary["rewards"]["redeemed"] > 5
    assert any(guest["rewards_available"] for guest in guests)
    assert cafe["customer_id"] in {guest["id"] for guest in guests}
    assert checked.returncode == 0, checked.stdout


def test_the_reference_is_there_without_a_key(console: Console) -> None:
    with demo(console, "--port", "0") as (_, cafe):
        assert httpx.get(cafe["docs"]).status_code == 200
        assert httpx.get(cafe["openapi"]).json()["openapi"].startswith("3.")
        assert httpx.get(f"{cafe['url']}/clock").status_code == 404, "only a demo with --clock has one"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGHUP])
def test_its_data_is_gone_when_it_ends(console: Console, sign: signal.Signals) -> None:
    with demo(console, "--port", "0") as (process, cafe):
        folder = Path(cafe["database"].removeprefix("sqlite:///")).parent
        assert folder.exists()
        process.send_signal(sign)

        assert process.communicate(timeout=PATIENCE_SECONDS) == ("", "")
    assert process.returncode == 0
    assert not folder.exists()


async def test_its_phones_are_answered_and_open_the_pages_of_the_bot(console: Console) -> None:
    with demo(console, "--port", "0") as (_, cafe):
        async with httpx.AsyncClient(base_url=cafe["sandbox"]) as sandbox:
            [bot], people = [(await sandbox.get(f"control/{kind}")).json() for kind in ("bots", "people")]
            [owner] = [each["id"] for each in people if each["first_name"] == OWNER]

            async def answered() -> bool:
                seen = (await sandbox.get(f"control/chats/{owner}/{bot['username']}")).json()
                return "bot" in {message["from"] for message in seen["messages"]}

            await until(answered)
            for link, name in ((f"{bot['username']}?startapp", "card"), (f"{bot['username']}/scan", "scan")):
                asked = {"person_id": owner, "link": f"https://t.me/{link}"}
                page = (await sandbox.post("control/open", json=asked)).json()["app"]["url"]
                assert page == f"{cafe['url']}/app/{bot['id']}/{name}"
                shown = await sandbox.get(page)
                assert shown.status_code == 200
                assert f"{cafe['sandbox']}js/telegram-web-app.js" in shown.text
                assert cafe["url"] in shown.headers["Content-Security-Policy"].partition("frame-ancestors")[2]


def test_webhooks_may_go_to_the_same_machine(console: Console) -> None:
    with demo(console, "--port", "0") as (_, cafe):
        order = {"url": "http://127.0.0.1:9000/hook", "events": ["stamp.added"]}
        answer = httpx.post(f"{cafe['url']}/v1/webhooks", json=order, headers={"X-Api-Key": cafe["api_key"]})
        assert answer.status_code == 201, answer.text


def test_no_two_people_in_it_have_the_same_name() -> None:
    names = [CUSTOMER, OWNER, *(regular.name.split()[0] for regular in REGULARS)]
    assert len({*names}) == len(names)


def test_no_setting_makes_it_touch_what_is_real(console: Console, tmp_path: Path) -> None:
    real = {
        "LOYALTY_DATABASE_URL": f"sqlite:///{tmp_path}/real.db",
        "LOYALTY_REDIS_URL": "redis://127.0.0.1:1/0",
        "LOYALTY_WORKERS": "nonsense",
    }
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in real.items()))

    with demo(console, "--port", "0", **real) as (_, cafe):
        assert httpx.get(f"{cafe['url']}/health/ready").json()["redis"] == "ok"

    assert [path.name for path in tmp_path.iterdir()] == [".env"]


def test_a_port_of_its_own_is_found_if_the_usual_one_is_taken(console: Console) -> None:
    with ExitStack() as stack:
        with suppress(OSError):  # somebody else has it, which is as good
            stack.enter_context(socket.create_server(("127.0.0.1", 8000)))
        _, cafe = stack.enter_context(demo(console))
        assert not cafe["url"].endswith(":8000")


def test_a_port_that_was_asked_for_and_is_taken_is_refused(console: Console) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = console.run("demo", "--port", port)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"Port {port} is taken" in ended.stderr
