"""Uploaded lists: tried beside a server that stamps, kept for a day, and started once."""

import asyncio
from datetime import timedelta

from msgspec.structs import replace

from loyalty_app.db.tables import import_job
from loyalty_app.importing.candidates import Candidate, Setting, candidate_of
from loyalty_app.importing.import_jobs import ImportQueue, read_import
from loyalty_app.importing.kept_trials import TRIALS_KEPT, Start, discard_trial, keep_trial, read_upload, start_trial
from loyalty_app.importing.run import DEFAULTS, import_file
from loyalty_app.importing.sheet import read_sheet
from loyalty_app.importing.trials import Upload, try_upload
from loyalty_app.upkeep.retention import prune
from testkit.builders import ANA
from testkit.shop import Shop

SHEET = """name,phone,email,birthday,stamps,joined
Ana,0151 23456789,ana@example.com,17.05.1990,3,2024-11-30
"  Zoë   Ito ",+52 1 55 1234 5678,,,,
लेना,,lena@example.com,,12,1.2.2020
,,,,,
Tom,12,,,,
"""


async def trial_of(shop: Shop, text: str = SHEET, *, key: str | None = None) -> int:
    given = Upload(name="guests.csv", content=text.encode())
    tried = await try_upload(shop.database, shop.business, given, clock=shop.clock)
    return await keep_trial(shop.database, shop.caller(key), given, tried, now=shop.clock.now)


async def start(shop: Shop, number: int) -> Start:
    return await start_trial(shop.database, shop.business.id, number, actor=ANA, now=shop.clock.now)


async def claimed(shop: Shop) -> list[int]:
    queue, now = ImportQueue(), shop.clock.now
    there = shop.database.shard_of(shop.business.id)
    jobs = await shop.database.write(lambda c: queue.claim(c, shop.database, now=now, room=1), shard=there)
    return [job.id for job in jobs]


async def test_a_list_that_was_tried_is_read_again_as_the_same_people(shop: Shop) -> None:
    for country in (None, "DE", "MX", "AR"):
        setting = Setting(country, shop.business.zone, shop.clock.now)
        sheet = [one for one in read_sheet(SHEET.encode(), setting).lines if isinstance(one, Candidate)]
        here = replace(shop.business, country=country)
        tried = await try_upload(shop.database, here, Upload(name="x", content=SHEET.encode()), clock=shop.clock)
        places = zip(tried.customers, tried.trial.lines, strict=True)
        again = [candidate_of(one, place, setting) for one, place in places]
        assert again == sheet


async def test_a_trial_says_what_the_command_does(shop: Shop) -> None:
    await shop.join("Zoë Ito", phone="+525512345678")
    tried = await try_upload(shop.database, shop.business, Upload(name="x", content=SHEET.encode()), clock=shop.clock)
    done = await import_file(shop.database, shop.business.id, SHEET.encode(), clock=shop.clock, options=DEFAULTS)
    trial = tried.trial
    assert (trial.imported, trial.already_there, trial.left_out) == (done.imported, done.already_there, done.left_out)
    assert trial.columns == done.columns


async def test_nobody_takes_a_trial_before_it_is_started_and_programs_do_not_see_it(shop: Shop) -> None:
    number, own, now = await trial_of(shop), shop.business.id, shop.clock.now
    assert await claimed(shop) == []
    assert await shop.database.read(lambda c: read_import(c, own, number, now=now)) is None
    assert [await start(shop, number) for _ in range(2)] == [Start.STARTED, Start.BEFORE]
    assert await claimed(shop) == [number]
    assert await discard_trial(shop.database, own, number) is False
    view = await shop.database.read(lambda c: read_import(c, own, number, now=now))
    assert view is not None


async def test_of_many_who_start_one_trial_at_once_one_does(shop: Shop) -> None:
    number = await trial_of(shop)
    came = await asyncio.gather(*(start(shop, number) for _ in range(5)))
    assert sorted(came) == sorted([Start.STARTED, *[Start.BEFORE] * 4])


async def test_a_second_list_waits_for_the_first(shop: Shop) -> None:
    first, second = await trial_of(shop), await trial_of(shop, "name\nTom\n")
    assert [await start(shop, one) for one in (first, second)] == [Start.STARTED, Start.WAITS]
    assert await start(shop, 999_999) is Start.GONE


async def test_a_form_that_is_sent_again_keeps_one_trial(shop: Shop) -> None:
    assert await trial_of(shop, key="k" * 20) == await trial_of(shop, key="k" * 20)


async def test_once_started_no_name_is_kept_but_in_the_list_itself(shop: Shop) -> None:
    number = await trial_of(shop, "name\nMüller\n".encode("windows-1252").decode("latin-1"))
    await start(shop, number)
    [row] = await shop.rows(import_job)
    assert b"ller" not in row.sheet


async def test_a_trial_that_nobody_starts_is_gone_after_a_day_and_a_started_one_stays(shop: Shop) -> None:
    kept, left = await trial_of(shop), await trial_of(shop, "name\nTom\n")
    await start(shop, kept)
    await prune(shop.database, shop.clock.now + TRIALS_KEPT)
    assert {row.id for row in await shop.rows(import_job)} == {kept, left}
    await prune(shop.database, shop.clock.now + TRIALS_KEPT + timedelta(seconds=1))
    assert {row.id for row in await shop.rows(import_job)} == {kept}
    own, now = shop.business.id, shop.clock.now
    assert await shop.database.read(lambda c: read_upload(c, own, left, now=now)) is None


async def test_while_a_long_file_is_read_others_are_answered(shop: Shop) -> None:
    lines = "".join(f"Guest {n},+4915112{n:06},g{n}@example.com\n" for n in range(1_000))
    given = Upload(name="x", content=f"name,phone,email\n{lines}".encode())
    trial = asyncio.create_task(try_upload(shop.database, shop.business, given, clock=shop.clock))
    turns = 0
    while not trial.done():
        await asyncio.sleep(0)
        turns += 1
    assert (await trial).trial.imported == 1_000
    assert turns > 100
