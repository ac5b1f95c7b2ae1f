"""`loyalty doctor` in each world: on a laptop, in a container, behind a proxy, with PostgreSQL and with bots."""

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty_app.chat.bot_identity import Webhook
from loyalty_app.settings import Settings, unknown_variables
from loyalty_app.upkeep.backup_folder import STAMP, forget_failure, note_failure
from loyalty_cli.doctor import environment, storage, telegram
from loyalty_cli.doctor.environment import examine_open_files, examine_settings
from loyalty_cli.doctor.findings import Status
from loyalty_cli.doctor.postgresql import examine_clock, examine_postgresql
from loyalty_cli.doctor.storage import examine_backups, examine_storage
from testkit.builders import NOON
from testkit.console import A_KEY, Console
from testkit.sandbox import open_sandbox
from tests.cli.test_doctor import checks

POSTGRES = Settings(database_url="postgresql://shop@db/loyalty", secret_key=A_KEY)
TOKEN = "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz"


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run in a container; only those that say so are about one."""
    monkeypatch.setattr(environment, "CONTAINER_MARKS", ())


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({}, Status.OK, ""),
        ({"workers": 2}, Status.NOTE, "LOYALTY_REDIS_URL"),
        ({"workers": 2, "redis_url": "redis://cache"}, Status.OK, ""),
        ({"secret_key": None}, Status.PROBLEM, "LOYALTY_SECRET_KEY"),
        ({"public_url": "https://cards.example.com"}, Status.OK, ""),
        ({"public_url": "http://cards.example.com"}, Status.NOTE, "LOYALTY_PUBLIC_URL"),
        ({"public_url": "http://cards.example.com", "telegram_token": TOKEN}, Status.PROBLEM, "https"),
    ],
)
def test_settings_that_do_not_go_together_are_named(changes: dict[str, Any], status: Status, named: str) -> None:
    check = examine_settings(replace(POSTGRES, **changes))
    assert check.status is status
    assert named in f"{check.message}{check.mend}"


def test_a_variable_that_is_no_setting_is_named_with_the_one_that_was_meant() -> None:
    given = {"LOYALTY_PROT": "8000", "LOYALTY_PORT": "1", "LOYALTY_BOT_TOKEN": "t", "LOYALTY_TEST_X": "1", "HOME": "/"}
    unknown = unknown_variables(given)
    check = examine_settings(POSTGRES, unknown)
    assert unknown == ["LOYALTY_PROT"]
    assert (check.status, "LOYALTY_PROT" in check.message) == (Status.NOTE, True)
    assert "LOYALTY_PORT" in str(check.mend)


@pytest.mark.parametrize(
    ("hours_old", "status", "said"),
    [
        (1, Status.OK, "newest"),
        (49, Status.PROBLEM, "newest"),
        (-1, Status.NOTE, "none yet"),
        (None, Status.NOTE, "none yet"),
    ],
)
def test_backups_that_do_not_come_are_noticed(tmp_path: Path, hours_old: int | None, status: Status, said: str) -> None:
    if hours_old is not None:
        (tmp_path / (NOON - timedelta(hours=hours_old)).strftime(STAMP)).touch()
    check = examine_backups(Settings(backup_folder=str(tmp_path)), NOON)
    assert (check.status, said in check.message) == (status, True)


def test_a_backup_that_failed_is_a_problem_with_its_reason_until_one_is_made(tmp_path: Path) -> None:
    (tmp_path / NOON.strftime(STAMP)).touch()
    note_failure(tmp_path, "pg_dump failed: no route to postgresql://shop:hunter2@db/loyalty.", NOON)
    check = examine_backups(Settings(backup_folder=str(tmp_path)), NOON)
    assert (check.status, check.details) == (
        Status.PROBLEM,
        ("pg_dump failed: no route to postgresql://…@db/loyalty.",),
    )
    forget_failure(tmp_path)
    assert examine_backups(Settings(backup_folder=str(tmp_path)), NOON).status is Status.OK


def test_a_folder_for_backups_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    check = examine_backups(Settings(backup_folder=str(tmp_path / "no")), NOON)
    assert (check.status, bool(check.mend)) == (Status.PROBLEM, True)
    assert examine_backups(Settings(), NOON).status is Status.OK


def test_several_things_are_told_one_by_one() -> None:
    check = examine_settings(replace(POSTGRES, secret_key=None, workers=2))
    assert (check.status, len(check.details)) == (Status.PROBLEM, 2)


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", Status.NOTE), ("0.0.0.0", Status.OK)])  # noqa: S104  # as in an image
def test_in_a_container_an_address_that_nobody_outside_can_reach_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, status: Status
) -> None:
    (tmp_path / "mark").touch()
    monkeypatch.setattr(environment, "CONTAINER_MARKS", (str(tmp_path / "mark"),))
    assert examine_settings(replace(POSTGRES, host=host)).status is status
    monkeypatch.setattr(environment, "CONTAINER_MARKS", ())
    assert examine_settings(replace(POSTGRES, host=host)).status is Status.OK


def test_a_key_that_others_may_read_is_a_problem(tmp_path: Path) -> None:
    settings = Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db")
    key = tmp_path / "loyalty.db.key"
    assert machine(settings)["key"].status is Status.OK
    for mode, status in ((0o600, Status.OK), (0o640, Status.PROBLEM), (0o604, Status.PROBLEM)):
        key.touch()
        key.chmod(mode)
        assert machine(settings)["key"].status is status
    assert "chmod 600" in str(machine(settings)["key"].mend)


@pytest.mark.parametrize(("needed", "status"), [(1, Status.OK), (10**18, Status.NOTE)])
def test_a_disk_that_is_nearly_full_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: int, status: Status
) -> None:
    monkeypatch.setattr(storage, "LITTLE_SPACE", needed)
    assert machine(Settings(database_url=f"sqlite:///{tmp_path}/loyalty.db"))["disk"].status is status


def test_too_few_open_files_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine(POSTGRES)["open files"].status is Status.OK
    monkeypatch.setattr(environment, "FEWEST_FILES", 10**12)
    assert machine(POSTGRES)["open files"].status is Status.NOTE


def machine(settings: Settings) -> dict[str, Any]:
    return {check.name: check for check in [*examine_storage(settings), *examine_open_files()]}


async def test_postgresql_is_asked_for_its_version_its_clock_and_its_promises(
    tmp_path: Path, postgres_settings: Settings
) -> None:
    found = {check.name: check for check in await examine_postgresql(postgres_settings)}
    assert found["clock"].status is Status.OK
    assert found["PostgreSQL"].status is Status.OK
    many = replace(postgres_settings, workers=50)
    assert "max_connections" in str((await examine_postgresql(many))[0].mend)
    asked = checks(Console(tmp_path, postgres_settings).run("doctor", "--json"))
    assert {"PostgreSQL", "clock"} <= asked.keys()


@pytest.mark.parametrize(
    ("seconds", "status"), [(0.5, Status.OK), (-30, Status.NOTE), (30, Status.NOTE), (90, Status.PROBLEM)]
)
def test_a_clock_that_differs_is_noticed(seconds: float, status: Status) -> None:
    assert examine_clock(timedelta(seconds=seconds)).status is status


PUBLIC = replace(POSTGRES, public_url="https://cards.example.com")
THERE = "https://cards.example.com/telegram/1"
NOW = -1
"""Stands for the moment at which the test runs."""


@pytest.mark.parametrize(
    ("settings", "webhook", "said"),
    [
        (POSTGRES, Webhook(), []),
        (PUBLIC, Webhook(url=THERE), []),
        (POSTGRES, Webhook(url=THERE), ["LOYALTY_PUBLIC_URL is not set"]),
        (PUBLIC, Webhook(), ["does not send them to LOYALTY_PUBLIC_URL"]),
        (PUBLIC, Webhook(url=THERE, pending_update_count=1_500), ["1,500 wait"]),
        (PUBLIC, Webhook(THERE, 0, 1, "Connection refused"), []),
        (PUBLIC, Webhook(THERE, 0, NOW, "Connection refused"), ["Connection refused"]),
    ],
)
def test_what_telegram_complains_of_is_told_while_it_is_fresh(
    settings: Settings, webhook: Webhook, said: list[str]
) -> None:
    if webhook.last_error_date == NOW:
        webhook = replace(webhook, last_error_date=int(time.time()))
    complaints = list(telegram._complaints(webhook, settings))  # noqa: SLF001  # Telegram complains rarely
    assert len(complaints) == len(said)
    assert all(part in complaint for part, complaint in zip(said, complaints, strict=True))


async def test_telegram_is_asked_where_the_updates_go(sqlite_settings: Settings) -> None:
    async with open_sandbox() as sandbox:
        bot = await sandbox.add_bot(username="stamp_bot")
        settings = replace(sqlite_settings, telegram_token=bot["token"], telegram_api_url=sandbox.url)
        [fine] = await telegram.examine_updates(settings)
        [wrong] = await telegram.examine_updates(replace(settings, public_url="https://cards.example.com"))
    assert fine.status is Status.OK
    assert wrong.status is Status.NOTE
    assert bot["token"] not in json.dumps(wrong.details)
