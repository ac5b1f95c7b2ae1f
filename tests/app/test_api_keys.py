"""API keys: recognised while they are good, refused at once when they are not, and kept as a digest only."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from loyalty_app.clock import utc_now
from loyalty_app.db.engine import open_database
from loyalty_app.db.sqlite.engine import open_engine
from loyalty_app.db.tables import api_key
from loyalty_app.settings import Settings
from loyalty_app.shops.api_key_check import REMEMBERED_SECONDS, ApiKeys
from loyalty_app.shops.api_keys import create_key, list_keys, revoke_key
from loyalty_app.shops.businesses import set_plan
from loyalty_core.access import Plan, Scope, make_key, public_id_of
from loyalty_core.errors import Busy, InvalidApiKey, InvalidRequest
from testkit.shop import Shop, found, open_next_door

UNKNOWN = make_key(b"\7" * 37).text


class Seconds:
    """The clock that a process measures spans with, standing still."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def a_key(shop: Shop, *scopes: Scope) -> str:
    shown = await create_key(shop.database, shop.business.id, now=utc_now(), name="Till", scopes=scopes or tuple(Scope))
    return shown.api_key


async def test_a_key_opens_its_business_with_its_scopes_and_no_more(shop: Shop) -> None:
    await a_key(await open_next_door(shop))
    text = await a_key(shop, Scope.STAMPS_WRITE, Scope.CUSTOMERS_READ)
    keys = ApiKeys(shop.database)
    holder = await keys.recognise(text)
    await keys.close()
    assert holder.business == shop.business
    assert holder.key.scopes == {Scope.STAMPS_WRITE, Scope.CUSTOMERS_READ}
    assert (holder.key.name, text[3:11]) == ("Till", holder.key.public_id)


async def test_unknown_mistyped_and_foreign_texts_are_refused_alike(shop: Shop) -> None:
    text = await a_key(shop)
    keys = ApiKeys(shop.database)
    mistyped = text[:-1] + ("0" if text[-1] != "0" else "1")
    refusals = []
    for wrong in (UNKNOWN, mistyped, text + "0", text.swapcase(), "", "ll_", "é" * 60, "\ud800"):
        with pytest.raises(InvalidApiKey) as refusal:
            await keys.recognise(wrong)
        refusals.append(str(refusal.value))
    assert len(set(refusals)) == 1


async def test_a_right_public_id_with_another_secret_is_refused(shop: Shop) -> None:
    text = await a_key(shop)
    await shop.database.write(lambda c: c.execute(update(api_key).values(public_id=public_id_of(UNKNOWN))).close())
    for wrong in (text, UNKNOWN):
        with pytest.raises(InvalidApiKey):
            await ApiKeys(shop.database).recognise(wrong)


async def test_a_mistyped_key_never_reaches_the_database(tmp_path: Path) -> None:
    nowhere = open_database(Settings(database_url=f"sqlite:///{tmp_path}/nowhere.db"))
    keys = ApiKeys(nowhere)
    with pytest.raises(InvalidApiKey):
        await keys.recognise(UNKNOWN[:-1] + "!")
    with pytest.raises(Busy):
        await keys.recognise(UNKNOWN)
    await nowhere.close()


async def test_a_revoked_key_is_refused_within_a_second_in_every_process(shop: Shop, seconds: Seconds) -> None:
    text = await a_key(shop)
    here, elsewhere = ApiKeys(shop.database, seconds=seconds), ApiKeys(shop.database, seconds=seconds)
    key_id = (await here.recognise(text)).key.key_id
    await elsewhere.recognise(text)
    await revoke_key(shop.database, shop.business.id, key_id, now=utc_now())
    seconds.now += REMEMBERED_SECONDS + 0.01
    assert REMEMBERED_SECONDS < 1
    for process in (here, elsewhere):
        with pytest.raises(InvalidApiKey):
            await process.recognise(text)
        await process.close()


async def test_a_key_that_was_just_recognised_is_not_looked_up_again(shop: Shop, seconds: Seconds) -> None:
    text = await a_key(shop)
    keys = ApiKeys(shop.database, seconds=seconds)
    holder = await keys.recognise(text)
    await set_plan(shop.database, shop.business.id, Plan.BASIC)
    assert await keys.recognise(text) == holder
    seconds.now += REMEMBERED_SECONDS + 0.01
    assert (await keys.recognise(text)).business.plan is Plan.BASIC
    await keys.close()


@pytest.fixture
def reads(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the database is asked."""
    glance, asked = shop.database.glance, list[object]()

    async def counted(work: Callable[[Connection], object]) -> object:
        asked.append(work)
        return await glance(work)

    monkeypatch.setattr(shop.database, "glance", counted)
    return asked


async def test_a_crowd_with_the_same_key_looks_it_up_once(shop: Shop, reads: list[object]) -> None:
    text, keys = await a_key(shop), ApiKeys(shop.database)
    holders = await asyncio.gather(*(keys.recognise(text) for _ in range(20)))
    await keys.close()
    assert len(reads) == 1
    assert holders == [holders[0]] * 20


async def test_keys_of_many_shops_that_come_while_others_are_looked_up_are_looked_up_together(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, keys, glance = [await a_key(shop) for _ in range(9)], ApiKeys(shop.database), shop.database.glance
    asked, late = list[object](), asyncio.Event()

    async def slow(work: Callable[[Connection], object]) -> object:
        asked.append(work)
        answer = await glance(work)
        await late.wait()
        return answer

    monkeypatch.setattr(shop.database, "glance", slow)
    coming = []
    for wave in (texts[:3], texts[3:5], texts[5:6], texts[6:], texts[:1]):
        coming += [asyncio.create_task(keys.recognise(text)) for text in wave]
        for _ in range(5):
            await asyncio.sleep(0)
    begun = len(asked)
    late.set()
    holders = await asyncio.wait_for(asyncio.gather(*coming), 20)
    await keys.close()
    assert (begun, len(asked)) == (2, 3), "two at once; the third is for all who came meanwhile"
    assert [holder.key.key_id for holder in holders] == [
        (await keys.recognise(text)).key.key_id for text in (*texts, texts[0])
    ]


async def test_who_waits_for_a_lookup_that_fails_is_told_and_the_next_one_is_served(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, keys = [await a_key(shop) for _ in range(3)], ApiKeys(shop.database)

    async def away(work: Callable[[Connection], object]) -> object:
        del work
        raise Busy

    with monkeypatch.context() as patched:
        patched.setattr(shop.database, "glance", away)
        told = await asyncio.gather(*map(keys.recognise, texts), return_exceptions=True)
    assert [type(one) for one in told] == [Busy] * 3
    assert [(await keys.recognise(text)).business.id for text in texts] == [shop.business.id] * 3
    await keys.close()


async def test_keys_in_use_are_looked_up_anew_all_at_once_before_they_are_forgotten(
    shop: Shop, seconds: Seconds, reads: list[object]
) -> None:
    texts, keys = [await a_key(shop) for _ in range(5)], ApiKeys(shop.database, seconds=seconds)
    holders = [await keys.recognise(text) for text in texts]
    await revoke_key(shop.database, shop.business.id, holders[1].key.key_id, now=utc_now())
    reads.clear()
    seconds.now += REMEMBERED_SECONDS * 0.4
    assert [await keys.recognise(text) for text in texts] == holders, "nothing is looked up so soon"
    seconds.now += REMEMBERED_SECONDS * 0.4
    assert [await keys.recognise(text) for text in texts] == holders, "nobody waits for it"
    await keys.close()
    seconds.now += REMEMBERED_SECONDS * 0.4
    for number, text in enumerate(texts):
        with pytest.raises(InvalidApiKey) if number == 1 else nullcontext():
            assert (await keys.recognise(text)).key.key_id == holders[number].key.key_id
    assert len(reads) == 2, "one for all that are in use, one for the caller with the revoked one"


async def test_keys_that_came_one_after_the_other_are_soon_looked_up_at_the_same_moments(
    shop: Shop, seconds: Seconds, reads: list[object]
) -> None:
    texts, keys = [await a_key(shop) for _ in range(10)], ApiKeys(shop.database, seconds=seconds)
    for text in texts:
        await keys.recognise(text)
        seconds.now += REMEMBERED_SECONDS / 25
    reads.clear()
    for _ in range(100):  # four times as long as a key is remembered
        for text in texts:
            await keys.recognise(text)
        await keys.close()
        seconds.now += REMEMBERED_SECONDS / 25
    assert 4 <= len(reads) <= 10


async def test_a_key_that_was_refused_is_not_brought_back_by_an_older_look(
    shop: Shop, seconds: Seconds, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, keys, glance = await a_key(shop), ApiKeys(shop.database, seconds=seconds), shop.database.glance
    holder = await keys.recognise(text)
    seen, late = asyncio.Event(), asyncio.Event()

    async def slow(work: Callable[[Connection], object]) -> object:
        monkeypatch.setattr(shop.database, "glance", glance)
        answer = await glance(work)
        seen.set()
        await late.wait()
        return answer

    monkeypatch.setattr(shop.database, "glance", slow)
    seconds.now += REMEMBERED_SECONDS * 0.8
    await keys.recognise(text)
    await asyncio.wait_for(seen.wait(), 20)
    await revoke_key(shop.database, shop.business.id, holder.key.key_id, now=utc_now())
    seconds.now += REMEMBERED_SECONDS * 0.4
    for _ in range(2):
        with pytest.raises(InvalidApiKey):
            await keys.recognise(text)
        late.set()
        await keys.close()


async def test_a_crowd_with_a_wrong_key_is_refused_to_a_man(shop: Shop) -> None:
    keys = ApiKeys(shop.database)
    outcomes = await asyncio.gather(*(keys.recognise(UNKNOWN) for _ in range(20)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [InvalidApiKey] * 20


@pytest.mark.parametrize(("minutes", "good"), [(1, True), (-1, False)])
async def test_a_key_whose_time_is_over_is_refused(shop: Shop, minutes: int, *, good: bool) -> None:
    text = await a_key(shop)
    expires_at = datetime.now(UTC) + timedelta(minutes=minutes)
    await shop.database.write(lambda c: c.execute(update(api_key).values(expires_at=expires_at)).close())
    keys = ApiKeys(shop.database)
    with nullcontext() if good else pytest.raises(InvalidApiKey):
        await keys.recognise(text)
    await keys.close()


async def last_used(shop: Shop) -> datetime | None:
    [key] = await list_keys(shop.database, shop.business.id)
    return key.last_used_at


async def test_that_a_key_is_used_is_noted_at_most_once_a_minute(shop: Shop, seconds: Seconds) -> None:
    text = await a_key(shop)
    assert await last_used(shop) is None
    noted = []
    for keys in (ApiKeys(shop.database, seconds=seconds), ApiKeys(shop.database, seconds=seconds)):
        for _ in range(3):
            await keys.recognise(text)
            seconds.now += 1
        await keys.close()
        noted.append(await last_used(shop))
    assert noted[0] == noted[1] is not None


async def test_that_a_key_is_used_again_after_a_minute_is_noted(shop: Shop) -> None:
    text = await a_key(shop)
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    await shop.database.write(lambda c: c.execute(update(api_key).values(last_used_at=long_ago)).close())
    keys = ApiKeys(shop.database)
    await keys.recognise(text)
    await keys.close()
    now_used = await last_used(shop)
    assert now_used is not None
    assert now_used > long_ago


async def test_a_note_that_cannot_be_written_harms_nobody(
    sqlite_settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_database(sqlite_settings)
    text = (await create_key(database, (await found(database)).id, now=utc_now(), name="Till")).api_key
    await database.write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 0").close())
    other = open_engine(sqlite_settings.sqlite_path)
    keys = ApiKeys(database)
    with other.begin():
        await keys.recognise(text)
        await keys.close()
    assert "database is locked" in caplog.text
    other.dispose()
    await database.close()


async def test_keys_are_listed_and_revoked_within_their_business_only(shop: Shop) -> None:
    next_door = await open_next_door(shop)
    await a_key(shop)
    [key] = await list_keys(shop.database, shop.business.id)
    assert await list_keys(shop.database, next_door.business.id) == []
    with pytest.raises(InvalidRequest, match=f"no key {key.key_id}"):
        await revoke_key(shop.database, next_door.business.id, key.key_id, now=utc_now())
    with pytest.raises(InvalidRequest, match="99"):
        await list_keys(shop.database, 99)
    first = await revoke_key(shop.database, shop.business.id, key.key_id, now=utc_now())
    assert first.revoked_at is not None
    assert await revoke_key(shop.database, shop.business.id, key.key_id, now=utc_now()) == first


async def test_a_key_wants_a_name_and_a_business(shop: Shop) -> None:
    with pytest.raises(InvalidRequest, match="name"):
        await create_key(shop.database, shop.business.id, now=utc_now(), name=" ")
    with pytest.raises(InvalidRequest, match="99"):
        await create_key(shop.database, 99, now=utc_now(), name="Till")


async def test_only_a_digest_of_a_key_is_kept(sqlite_settings: Settings, tmp_path: Path) -> None:
    database = open_database(sqlite_settings)
    shown = await create_key(database, (await found(database)).id, now=utc_now(), name="Till")
    [row] = await database.read(lambda c: c.execute(select(api_key)).all())
    await database.close()
    kept = contents(tmp_path)
    assert row.digest == hashlib.sha256(shown.api_key.encode()).digest()
    assert row.digest in kept
    assert shown.api_key[11:].encode() not in kept
    assert shown.api_key[11:54].encode() not in kept
