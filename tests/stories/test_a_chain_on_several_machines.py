"""A chain grows: two API processes, two workers and a bot on one PostgreSQL and one Redis keep every law together."""

import asyncio
from collections import Counter
from itertools import cycle
from pathlib import Path

import httpx
import msgspec

from bots.buttons import SECOND_TAP_SECONDS
from loyalty_app.settings import Settings
from loyalty_core.access import Role
from loyalty_core.ledger import EntryType
from testkit.concurrency import until
from testkit.shop import Shop
from testkit.town import BOT, employ
from tests.api.till import Till, given
from tests.stories.machines import Machines, machines
from tests.webhooks.receiver import Receiver, receiving

PRESSES = 4


async def test_a_chain_on_several_machines(postgres_settings: Settings, redis_url: str, tmp_path: Path) -> None:
    async with machines(tmp_path, postgres_settings, redis_url) as running, receiving() as receiver:
        door = await running.apis[0].open_till()
        tills = [door, door.moved(running.apis[1])]
        given(await door.post("/webhooks", {"url": receiver.url, "events": ["stamp.added"]}), 201)
        lena = await door.join()

        # Saturday: both tills and the chat stamp the same card, and many others.
        await asyncio.gather(
            two_hundred_stamps(tills, lena["id"]),
            the_same_keys_at_both(tills),
            presses_in_the_chat(running, door, lena["qr_code"]),
        )
        shown = [await till.show(lena["id"]) for till in tills]
        assert shown[0] == shown[1]
        assert shown[0]["total_stamps"] == shown[0]["total_visits"] == 100 + PRESSES

        # What a shop has agreed holds at both doors together.
        await one_stamp_in_an_hour(running)
        await one_hundred_requests_in_an_hour(running)

        await every_event_has_come(door, receiver, stamps=200 + 40 + PRESSES)
        await door.assert_books_balance()
        running.assert_all_alive()


async def two_hundred_stamps(tills: list[Till], lena: int) -> None:
    """A hundred of one card and five of each of twenty, at once, by turns at both: none is lost, none counts twice."""
    guests = [(await tills[0].join(f"Guest {number}"))["id"] for number in range(20)]
    cards = [card for guest in guests for card in (lena, guest) * 5]
    answers = await asyncio.gather(*(till.stamp(card) for till, card in zip(cycle(tills), cards, strict=False)))
    seen: dict[int, list[int]] = {}
    for answer in answers:
        seen.setdefault(answer["customer"]["id"], []).append(answer["total_stamps"])
    assert len(set(seen.pop(lena))) == 100
    assert sorted(seen) == sorted(guests)
    assert all(sorted(totals) == [1, 2, 3, 4, 5] for totals in seen.values())


async def the_same_keys_at_both(tills: list[Till]) -> None:
    """Forty stamps, each sent to both with one key: each counts once, and both are told the same."""
    mia = (await tills[0].join("Mia"))["id"]
    keys = [f"cup-{number}" for number in range(40)]
    posts = [till.post(f"/customers/{mia}/stamps", once=key) for key in keys for till in tills]
    answers = await asyncio.gather(*posts)
    assert [answer.status_code for answer in answers] == [200] * 80
    assert all(one.content == other.content for one, other in zip(answers[::2], answers[1::2], strict=True))
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 40
    assert (await tills[1].show(mia))["total_stamps"] == 40


async def presses_in_the_chat(running: Machines, door: Till, code: str) -> None:
    """Somebody of the staff presses [+1] again and again, and Telegram brings the last press twice."""
    shop = Shop(running.apis[0].database, door.business, running.apis[0].clock)
    ana = await running.sandbox.add_person("Ana", bot=BOT)
    await employ(shop, ana, Role.STAFF)
    await ana.say(code)
    await running.quiet()
    for _ in range(PRESSES):
        await asyncio.sleep(SECOND_TAP_SECONDS)  # a person reads the screen first, else the press is not meant
        await ana.press("+1")
        await running.quiet()
    await running.sandbox.redeliver(BOT)
    await running.quiet()
    await shop.counter.close()


async def one_stamp_in_an_hour(running: Machines) -> None:
    """A program with a cooldown, and a card that is held up at both: it is stamped once."""
    door = await running.apis[0].open_till("Slow Bean", cooldown_seconds=3_600)
    tills, paul = [door, door.moved(running.apis[1])], (await door.join("Paul"))["id"]
    answers = await asyncio.gather(*(till.post(f"/customers/{paul}/stamps") for till in tills for _ in range(20)))
    assert outcomes(answers) == {(200, ""): 1, (409, "stamp_too_soon"): 39}


async def one_hundred_requests_in_an_hour(running: Machines) -> None:
    """A limit is counted over both, to the last request."""
    door = await running.apis[0].open_till("Small Bean", rate_limit=100)
    tills = [door, door.moved(running.apis[1])]
    answers = await asyncio.gather(*(till.get("/program") for till in tills for _ in range(150)))
    assert Counter(answer.status_code for answer in answers) == {200: 100, 429: 200}
    left = sorted(int(one.headers["x-ratelimit-remaining"]) for one in answers if one.status_code == 200)
    assert left == list(range(100))


def outcomes(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    """How many answers there were of each status and code."""
    return Counter((answer.status_code, answer.json().get("code", "")) for answer in answers)


async def every_event_has_come(door: Till, receiver: Receiver, *, stamps: int) -> None:
    """The receiver was told of each entry of the ledger, once; two workers are no two letters."""

    async def all_there() -> bool:
        await asyncio.sleep(0)
        return len(receiver.requests) >= stamps

    await until(all_there)
    told = [msgspec.json.decode(request.body)["data"]["transaction_id"] for request in receiver.requests]
    shop = Shop(door.api.database, door.business, door.api.clock)
    assert sorted(told) == sorted(entry.id for entry in await shop.ledger() if entry.type is EntryType.STAMP)
    await shop.counter.close()
