"""The key of the secrets: another one is noticed, a new one takes over beside servers, and a lost one is survived."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from msgspec.structs import replace
from sqlalchemy import Connection, LargeBinary, delete, select

from loyalty_app.chat.bots import BotRecord, list_bots, register
from loyalty_app.db import tables
from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.db.tables import metadata
from loyalty_app.runtime import open_runtime, open_webhook_worker
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault import Vault
from loyalty_app.vault.fingerprint import fingerprint_of_database, kept_fingerprint, open_checked_vault
from loyalty_app.vault.rotation import rotate_secret_key
from testkit.builders import NOON
from testkit.console import Console, refused
from testkit.shop import Shop
from tests.cli.test_doctor import checks
from tests.webhooks.office import SECRET_KEY, Office
from tests.webhooks.receiver import receiving

NEW_KEY = "the new key of this installation"
TOKEN = "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz"
NOWHERE = "http://127.0.0.1:9/hook"
OLD, NEW, BOTH = Vault(SECRET_KEY), Vault(NEW_KEY), Vault(NEW_KEY, SECRET_KEY)


@pytest.fixture
async def locked(office: Office) -> Office:
    """An office with all that is encrypted: secrets, some rotated away, a bot's token, and an answer with a secret."""
    await fingerprint_of_database(office.database, office.vault)
    once = KeyedRequest(business_id=office.shop.business.id, key="once", fingerprint=b"f" * 32)
    await office.webhooks.register(once, "https://127.0.0.1/hook", ("stamp.added",))
    for _ in range(3):
        await office.rotate(1)
    bot = BotRecord(bot_id=7, business_id=1, username="cafe_bot", secret="s", token=TOKEN)
    await register(office.database, office.vault, bot, now=NOON)
    return office


def all_locked(connection: Connection) -> list[bytes]:
    """Every value in any table that looks encrypted, whichever column it stands in."""
    columns = [c for table in metadata.tables.values() for c in table.columns if isinstance(c.type, LargeBinary)]
    values = [value for column in columns for value in connection.scalars(select(column))]
    return [value for value in values if value is not None and value.startswith(b"gAAAA")]


async def kept(office: Office) -> bytes | None:
    return await office.database.read(kept_fingerprint)


async def test_after_a_change_of_keys_the_new_one_alone_reads_everything(locked: Office) -> None:
    before = await locked.database.read(all_locked)
    assert len(before) == 6  # the secret, an old one, two retired, a token, an answer
    done = await rotate_secret_key(locked.database, BOTH, kept=await kept(locked))
    after = await locked.database.read(all_locked)
    assert (done.changed, done.unreadable) == (len(before), ())
    assert sorted(map(NEW.unlock, after)) == sorted(map(OLD.unlock, before))
    assert not any(map(OLD.reads, after))
    assert await kept(locked) == NEW.fingerprint
    again = await rotate_secret_key(locked.database, BOTH, kept=await kept(locked))
    assert again.changed == 0


async def test_a_change_that_was_stopped_half_way_is_finished_by_the_next(
    locked: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def killed_at_the_third(self: Vault, value: bytes) -> bytes | None:
        seen.append(value)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return renew(self, value)

    renew = Vault.lock_again
    monkeypatch.setattr(Vault, "lock_again", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        await rotate_secret_key(locked.database, BOTH, kept=await kept(locked))
    monkeypatch.undo()
    half = await locked.database.read(all_locked)
    assert any(map(OLD.reads, half))
    assert any(map(NEW.reads, half))
    assert all(map(BOTH.reads, half))
    assert await fingerprint_of_database(locked.database, BOTH) == OLD.fingerprint
    with pytest.raises(SettingsError, match="LOYALTY_SECRET_KEY_OLD"):
        await fingerprint_of_database(locked.database, NEW)
    await rotate_secret_key(locked.database, BOTH, kept=await kept(locked))
    assert all(map(NEW.reads, await locked.database.read(all_locked)))


async def test_a_secret_that_is_rotated_while_the_key_changes_is_kept(
    locked: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that changed after it was read is left alone, and looked at again."""
    read, fresh = Vault.reads, OLD.lock("whsec_fresh")

    async def meanwhile() -> None:
        change = tables.webhook_endpoint.update().values(secret=fresh)
        await locked.database.write(lambda connection: connection.execute(change).close())

    rotations, original = 0, locked.database.write

    async def write(work: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever is written
        nonlocal rotations
        rotations += 1
        if rotations == 1:
            monkeypatch.setattr(locked.database, "write", original)
            await meanwhile()
        return await original(work, **options)

    monkeypatch.setattr(locked.database, "write", write)
    await rotate_secret_key(locked.database, BOTH, kept=await kept(locked))
    [secret] = await locked.database.read(lambda c: c.scalars(select(tables.webhook_endpoint.c.secret)).all())
    assert (NEW.unlock(secret), read(OLD, secret)) == ("whsec_fresh", False)


async def test_another_key_is_refused_by_every_process_at_its_start(settings: Settings, shop: Shop) -> None:
    del shop
    first = replace(settings, secret_key=SECRET_KEY)
    async with open_runtime(first):
        pass
    for other in (
        replace(settings, secret_key=NEW_KEY),
        replace(settings, secret_key=NEW_KEY, secret_key_old="x" * 20),
    ):
        with pytest.raises(SettingsError, match="LOYALTY_SECRET_KEY is not the key"):
            async with open_runtime(other):
                pass
        with pytest.raises(SettingsError, match="LOYALTY_SECRET_KEY is not the key"):
            async with open_webhook_worker(other):
                pass
    async with open_runtime(replace(settings, secret_key=NEW_KEY, secret_key_old=SECRET_KEY)):
        pass
    async with open_runtime(first):
        pass


async def test_a_database_from_before_fingerprints_takes_only_a_key_that_reads_its_secrets(locked: Office) -> None:
    await locked.database.write(lambda c: c.execute(delete(tables.vault)).close())
    with pytest.raises(SettingsError, match="LOYALTY_SECRET_KEY is not the key"):
        await fingerprint_of_database(locked.database, NEW)
    assert await kept(locked) is None
    assert await fingerprint_of_database(locked.database, OLD) == OLD.fingerprint


async def test_two_processes_that_write_the_first_fingerprint_at_once_agree(office: Office) -> None:
    found = await asyncio.gather(*(fingerprint_of_database(office.database, OLD) for _ in range(4)))
    assert set(found) == {OLD.fingerprint}


async def test_the_fingerprint_reads_and_signs_nothing(office: Office) -> None:
    del office
    with pytest.raises(ValueError, match="Fernet"):
        Fernet(OLD.fingerprint)
    assert OLD.fingerprint not in {OLD.seed(), OLD.seed("loyalty fingerprint 1")}
    assert OLD.fingerprint != NEW.fingerprint


def test_a_key_file_that_is_gone_is_named_and_no_other_is_made(sqlite_settings: Settings, tmp_path: Path) -> None:
    console, key = Console(tmp_path, sqlite_settings), Path(f"{sqlite_settings.sqlite_path}.key")
    with console.serve("serve"):
        pass
    key.unlink()
    line = refused(console.run("serve"), 2)
    assert str(key) in line
    assert "--old-key-is-lost" in line
    assert not key.exists()
    found = checks(console.run("doctor", "--json"))["secrets"]
    assert (found["status"], str(key) in found["message"]) == ("problem", True)


async def test_a_delivery_whose_secret_cannot_be_read_is_a_failed_attempt_and_the_owner_is_told(
    office: Office,
) -> None:
    await office.endpoint(NOWHERE)
    strange = {"secret": Vault("a key that nobody knows").lock("whsec_x")}
    await office.database.write(lambda c: c.execute(tables.webhook_endpoint.update().values(**strange)).close())
    await office.stamps(1)
    async with office.worker():
        await office.until_attempts(1)
        office.clock.wait(days=1, seconds=10)
        await office.until_attempts(2)
    assert {(one.error, one.http_status) for one in await office.attempts()} == {("secret_unreadable", None)}
    [told] = await office.notices()
    assert NOWHERE in told


async def test_a_secret_that_cannot_be_read_can_be_rotated_and_deliveries_go_on(office: Office) -> None:
    async with receiving() as receiver:
        made = await office.endpoint(receiver.url)
        strange = {"secret": Vault("a key that nobody knows").lock("whsec_x")}
        await office.database.write(lambda c: c.execute(tables.webhook_endpoint.update().values(**strange)).close())
        await office.rotate(made.id)
        await office.stamps(1)
        async with office.worker():
            await receiver.gets(1)


async def test_the_command_says_what_to_make_again_if_the_old_key_is_lost(locked: Office, settings: Settings) -> None:
    console = Console(Path.cwd(), settings)
    lines = {"LOYALTY_SECRET_KEY": NEW_KEY}
    assert "--old-key-is-lost" in refused(
        await asyncio.to_thread(lambda: console.run("key", "rotate-secret-key", **lines)), 2
    )
    said = await asyncio.to_thread(lambda: console.run("key", "rotate-secret-key", "--old-key-is-lost", **lines))
    assert said.returncode == 0
    assert "webhook 1 of business 1" in said.stdout
    assert "bot 7 of business 1" in said.stdout
    found = checks(await asyncio.to_thread(lambda: console.run("doctor", "--json", **lines)))["secrets"]
    assert (found["status"], found["details"]) == ("problem", ["webhook 1 of business 1", "bot 7 of business 1"])
    await fingerprint_of_database(locked.database, NEW)


async def test_the_command_changes_the_key_and_the_doctor_follows(locked: Office, settings: Settings) -> None:
    console, keys = Console(Path.cwd(), settings), {"LOYALTY_SECRET_KEY": NEW_KEY}
    both = {**keys, "LOYALTY_SECRET_KEY_OLD": SECRET_KEY}

    async def secrets(**variables: str) -> Any:  # noqa: ANN401  # JSON
        return checks(await asyncio.to_thread(lambda: console.run("doctor", "--json", **variables)))["secrets"]

    assert (await secrets(**keys))["status"] == "problem"
    assert "rotate-secret-key" in (await secrets(**both))["mend"]
    said = await asyncio.to_thread(lambda: console.run("key", "rotate-secret-key", **both))
    assert said.stdout.startswith("Encrypted 6 secrets again.")
    assert "LOYALTY_SECRET_KEY_OLD" in (await secrets(**both))["mend"]
    assert (await secrets(**keys))["status"] == "ok"
    assert [one.token for one in await list_bots(locked.database, NEW)] == [TOKEN]


async def test_a_server_that_reads_both_keys_says_what_is_left_to_do(
    locked: Office, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    both = replace(settings, secret_key=NEW_KEY, secret_key_old=SECRET_KEY)
    await open_checked_vault(both, locked.database)
    assert "rotate-secret-key" in caplog.text
