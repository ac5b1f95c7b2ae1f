"""The vault: secrets at rest tell nothing, its key is made once and kept close, and a wrong key is said to be wrong."""

import base64
import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.db.idempotency import KeyedRequest
from loyalty_app.runtime import open_runtime
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.shops.businesses import NewBusiness, open_business
from loyalty_app.vault import Vault, open_vault
from loyalty_app.webhooks.endpoints import NewWebhookView, Webhooks
from loyalty_core.access import Plan
from testkit.builders import a_program
from tests.webhooks.sending import SECRET

A_KEY, ANOTHER_KEY = "tulips are red and white", "tulips are white and red"
PROCESSES = 6
MAKE_KEY = """
import sys
from loyalty_app.settings import Settings
from loyalty_app.vault import open_vault

print("ready", flush=True)
sys.stdin.readline()
print(open_vault(Settings(database_url=sys.argv[1])).lock("tulip").decode())
"""


def on_sqlite(folder: Path, **values: str) -> Settings:
    return Settings(database_url=f"sqlite:///{folder / 'shop.db'}", **values)  # type: ignore[arg-type]  # texts all


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# What is locked.


@given(st.text(), st.text(min_size=16))
def test_what_was_locked_is_unlocked_with_the_same_key(text: str, key: str) -> None:
    assert Vault(key).unlock(Vault(key).lock(text)) == text


@given(st.text(min_size=16))
def test_the_key_that_encrypts_is_derived_as_rfc_5869_says(key: str) -> None:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"loyalty vault 1").derive(key.encode())
    assert Fernet(base64.urlsafe_b64encode(derived)).decrypt(Vault(key).lock("tulip")) == b"tulip"


def test_the_same_secret_locked_twice_does_not_look_the_same() -> None:
    assert Vault(A_KEY).lock(SECRET) != Vault(A_KEY).lock(SECRET)


def test_a_seed_is_the_same_for_the_same_parts_and_key_only() -> None:
    seeds = [
        Vault(A_KEY).seed("a", 1),
        Vault(A_KEY).seed("a", 2),
        Vault(A_KEY).seed("a1"),
        Vault(ANOTHER_KEY).seed("a", 1),
    ]
    assert len(set(seeds)) == len(seeds)
    assert Vault(A_KEY).seed("a", 1) == seeds[0]
    assert {len(seed) for seed in seeds} == {32}


def test_another_key_is_a_clear_error_that_shows_nothing() -> None:
    with pytest.raises(SettingsError, match=r"^LOYALTY_SECRET_KEY is not the key with which the secrets in") as refused:
        Vault(ANOTHER_KEY).unlock(Vault(A_KEY).lock(SECRET))
    assert not any(hidden in str(refused.value) for hidden in (SECRET, A_KEY, ANOTHER_KEY))


@pytest.mark.parametrize("place", [0, 1, 20, -1])
def test_what_was_changed_at_rest_is_not_unlocked(place: int) -> None:
    locked = bytearray(Vault(A_KEY).lock(SECRET))
    locked[place] ^= 1
    with pytest.raises(SettingsError):
        Vault(A_KEY).unlock(bytes(locked))


async def registered_and_renewed(webhooks: Webhooks, business_id: int) -> list[NewWebhookView]:
    """An endpoint, and the same with a new secret; both requests have a key, so that their answers are stored."""
    first, second = (KeyedRequest(business_id=business_id, key=key, fingerprint=b"f") for key in ("a", "b"))
    registered = await webhooks.register(first, "https://1.1.1.1/hook", ("stamp.added",))
    webhook_id = msgspec.json.decode(registered.body, type=NewWebhookView).id
    renewed = await webhooks.rotate_secret(second, webhook_id)
    assert await webhooks.rotate_secret(second, webhook_id) == (renewed.body, True)
    return [msgspec.json.decode(answer.body, type=NewWebhookView) for answer in (registered, renewed)]


async def test_no_file_of_the_database_holds_a_secret_old_or_new(tmp_path: Path) -> None:
    async with open_runtime(on_sqlite(tmp_path, secret_key=A_KEY), delivering=False) as held:
        new = NewBusiness(name="Bean & Leaf", plan=Plan.PROFESSIONAL)
        shop = await open_business(held.database, new, a_program().versions[0])
        registered, renewed = await registered_and_renewed(held.webhooks, shop.id)
        while_running = contents(tmp_path)

    afterwards = contents(tmp_path)
    assert any(b"https://1.1.1.1/hook" in kept for kept in while_running.values())
    for told in (registered.secret, renewed.secret):
        written = told.removeprefix("whsec_")
        bare = base64.b64decode(written)
        for form in (written.encode(), bare, bare.hex().encode(), A_KEY.encode()):
            assert [name for kept in (while_running, afterwards) for name in kept if form in kept[name]] == []


# The key.


def test_a_key_is_made_beside_the_sqlite_file_for_its_owner_only(tmp_path: Path) -> None:
    open_vault(on_sqlite(tmp_path))

    kept = tmp_path / "shop.db.key"
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db.key"]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(kept.read_text()) >= 43


def test_the_key_is_found_again_and_every_database_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    locked = open_vault(on_sqlite(tmp_path)).lock(SECRET)

    assert open_vault(on_sqlite(tmp_path)).unlock(locked) == SECRET
    with pytest.raises(SettingsError):
        open_vault(on_sqlite(tmp_path / "other")).unlock(locked)


def test_processes_that_make_the_key_at_once_agree_on_one(tmp_path: Path) -> None:
    settings = on_sqlite(tmp_path)
    command = [sys.executable, "-c", MAKE_KEY, settings.database_url]
    with ExitStack() as stack:
        makers = [
            stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
            for _ in range(PROCESSES)
        ]
        assert [maker.stdout.readline() for maker in makers if maker.stdout] == ["ready\n"] * PROCESSES
        for maker in makers:
            assert maker.stdin
            maker.stdin.write("go\n")
            maker.stdin.flush()
        locked = [maker.communicate()[0].strip().encode() for maker in makers]

    assert [open_vault(settings).unlock(one) for one in locked] == ["tulip"] * PROCESSES
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db.key"]


@pytest.mark.parametrize("content", ["", "\n", "too short"])
def test_a_key_file_that_holds_no_key_is_refused_and_left_alone(content: str, tmp_path: Path) -> None:
    kept = tmp_path / "shop.db.key"
    kept.write_text(content)

    with pytest.raises(SettingsError, match=r"shop\.db\.key must hold the key of this database"):
        open_vault(on_sqlite(tmp_path))
    assert kept.read_text() == content


def test_a_key_that_is_set_is_used_and_none_is_made(tmp_path: Path) -> None:
    locked = open_vault(on_sqlite(tmp_path, secret_key=A_KEY)).lock(SECRET)

    assert Vault(A_KEY).unlock(locked) == SECRET
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_set_must_have_16_characters(tmp_path: Path) -> None:
    open_vault(on_sqlite(tmp_path, secret_key="k" * 16))
    with pytest.raises(SettingsError, match=r"^LOYALTY_SECRET_KEY must have at least 16 characters\.$"):
        open_vault(on_sqlite(tmp_path, secret_key="k" * 15))


@pytest.mark.parametrize("url", ["postgresql://shop@localhost/loyalty", "postgres://shop@localhost/loyalty"])
def test_with_postgresql_a_key_is_required(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^LOYALTY_SECRET_KEY is required with PostgreSQL"):
        open_vault(Settings(database_url=url))
    assert Vault(A_KEY).unlock(open_vault(Settings(database_url=url, secret_key=A_KEY)).lock(SECRET)) == SECRET
