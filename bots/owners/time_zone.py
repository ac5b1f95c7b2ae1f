"""Time zone: its midnight begins the shop's day. The owner types a city; the country follows from it."""

from msgspec.structs import replace

from bots.buttons import button
from bots.owners import cities
from bots.owners.screens import below
from bots.owners.shop import show_position
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import Html
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.businesses import BusinessChange, change_business
from loyalty_app.shops.staff import Position

ZONE = "zone"


async def ask_zone(turn: Turn, position: Position, *, wrong: Html | None = None) -> None:
    """Ask for a city, and show the present time zone with its time."""
    words, business = turn.words, position.business
    turn.ask(Draft(ZONE, {"business": business.id}))
    question = words.say(
        "🕓 <b>{city}</b>, where it is {time} now.\n\n"
        "Which city is the shop in? Send its name, or that of a large city with the same time.",
        city=cities.city(business.timezone, words.locale),
        time=words.time(turn.now(business)),
    )
    rows = [[button(words.label("« Settings"), "settings", business.id)]]
    await turn.screen(below(wrong, question), rows)


async def take_zone(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed city: a single match is set, several are offered, without a match the question is repeated."""
    words, position = turn.words, answer.position
    zones = cities.find_zones(answer.text, words.locale)
    if len(zones) == 1:
        await _take(turn, position, zones[0])
    elif zones:
        choices = [
            [button(cities.city_and_country(zone, words.locale)[:60], "zoned", position.business.id, zone)]
            for zone in zones
        ]
        rows = [*choices, [button(words.label("« Settings"), "settings", position.business.id)]]
        await turn.screen(words.say("Which one do you mean? You can also send another name."), rows)
    else:
        wrong = words.say("☝️ I do not know “{name}”. Please try a larger city nearby.", name=answer.text[:60])
        await ask_zone(turn, position, wrong=wrong)


async def press_zone(turn: Turn, position: Position) -> None:
    """Set the time zone that was pressed."""
    await _take(turn, position, turn.press.text(1))


async def _take(turn: Turn, position: Position, zone: str) -> None:
    """Set the time zone. Raises InvalidRequest, NotOnStaff or RoleRequired."""
    change = BusinessChange(timezone=zone, country=cities.country_of(zone) or position.business.country)
    database, shop = turn.runtime.database, position.business.id
    business = await change_business(database, shop, change, now=turn.now(), repaint=repaint, by=position.staff_id)
    turn.note(ChatChange(draft=None))
    said = turn.words.say(
        "✅ The shop's days are those of <b>{city}</b> now, where it is {time}.",
        city=cities.city(zone, turn.words.locale),
        time=turn.words.time(turn.now(business)),
    )
    await show_position(turn, replace(position, business=business), said)
