"""What tests of customers do and look at again and again."""

from typing import Any

from bots.scan import cards_in
from loyalty_app.chat.bots import BotRecord, new_secret, register
from loyalty_app.db import tables
from loyalty_app.shops.businesses import NewBusiness, open_business
from loyalty_core.access import Plan
from loyalty_core.customers import Customer
from testkit.builders import a_program
from testkit.clocks import Clock
from testkit.people import Person
from testkit.screens import Json, Shown
from testkit.shop import Shop
from testkit.town import BOT, Town

SENDS = {"sendMessage", "sendPhoto", "sendDocument"}


async def come_in(town: Town, shop: Shop, name: str = "Lena", **more: str) -> Person:
    """Somebody who has just opened the shop's link, and holds its card."""
    person = await town.person(name, **more)
    await person.start(f"j_{shop.business.slug}")
    return person


async def open_named(town: Town, name: str, **terms: object) -> Shop:
    """A shop of that name; ten stamps make a coffee, except for what is named."""
    new = NewBusiness(name=name, plan=Plan.PROFESSIONAL, timezone="UTC", country="US")
    business = await open_business(town.runtime.database, new, a_program(**terms).terms)
    return Shop(town.runtime.database, business, Clock(), town.runtime.counter)


async def give_own_bot(town: Town, shop: Shop, username: str) -> str:
    """Give a shop a bot of its own; it is there after a restart."""
    made = await town.sandbox.add_bot(username=username)
    record = BotRecord(
        bot_id=made["id"],
        business_id=shop.business.id,
        username=username,
        secret=new_secret(),
        token=made["token"],
    )
    await register(town.runtime.database, town.runtime.vault, record, now=town.clock())
    return username


async def stamp(town: Town, shop: Shop, customer: Customer, stamps: int = 1) -> int:
    """Stamp as a till does, and wait until the card in the chat shows it; gives the number of the entry."""
    stamped = await shop.stamp(customer.id, stamps)
    await town.idle()
    return stamped.transaction_id


async def only(shop: Shop) -> Customer:
    """The one customer of a shop."""
    [customer] = await shop.customers()
    return customer


async def card_of(person: Person) -> Shown:
    """The one card on a phone."""
    [card] = await cards_on(person)
    return card


async def cards_on(person: Person) -> list[Shown]:
    """All cards on a phone."""
    return [message for message in (await person.screen()).from_bot if message.photo]


async def code_on(person: Person, card: Shown) -> list[str]:
    """The codes that a camera reads off the picture."""
    return cards_in(await person.picture(card))


async def sent(town: Town, *, since: int = 0, bot: str = BOT) -> list[Json]:
    """What the bot has sent again."""
    return [call for call in await town.sandbox.calls(bot, since=since) if call["method"] in SENDS]


async def mark(town: Town) -> int:
    """Where the log of calls is now."""
    calls = await town.sandbox.calls()
    return int(calls[-1]["n"]) if calls else 0


async def silence(shop: Shop) -> None:
    """The shop wants no messages beside the cards."""
    change: Any = tables.business.update().where(tables.business.c.id == shop.business.id).values(card_notices=False)
    await shop.database.write(lambda connection: connection.execute(change).close())


async def restart(town: Town, *shops: Shop) -> list[Shop]:
    """Stop the bot and start it again; gives the shops as they are asked from then on."""
    await town.restart()
    return [Shop(town.runtime.database, shop.business, shop.clock, town.runtime.counter) for shop in shops]
