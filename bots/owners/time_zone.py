"""Time zone: its midnight begins the shop's day. The owner types a city; the country follows from it."""

import asyncio
from zoneinfo import ZoneInfo

from msgspec.structs import replace
from telegram import InlineKeyboardButton

from bots.buttons import button
from bots.owners import cities
from bots.owners.city_search import TimeZoneChoice, find_zones
from bots.owners.screens import below
from bots.owners.shop import show_position
from bots.rights import TypedAnswer
from bots.turn import Draft, Turn
from bots.words import Html, Words
from loyalty_app.chat.card_queue import repaint
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.businesses import Business, BusinessChange, change_business
from loyalty_app.shops.staff import Position
from loyalty_core.access import Role

ZONE = "zone"
LONGEST_PLACE = 48


async def ask_zone(turn: Turn, position: Position, *, wrong: Html | None = None) -> None:
    """Ask for a city, and show the present time zone with its time."""
    question = question_of(turn, position.business)
    rows = [[button(turn.words.label("« Settings"), "settings", position.business.id)]]
    await turn.screen(below(wrong, question), rows)


def question_of(turn: Turn, business: Business) -> Html:
    """The question for the city of a shop; the next text that is typed is the answer."""
    turn.ask(Draft(ZONE, {"business": business.id}))
    return turn.words.say(
        "🕓 <b>{city}</b>, where it is {time} now.\n\n"
        "Which city is the shop in? Send its name, or that of a large city with the same time.",
        city=cities.city(business.timezone, turn.words.locale),
        time=turn.words.time(turn.now(business)),
    )


def keep_button(words: Words, business: Business) -> list[InlineKeyboardButton]:
    """The button that keeps the time zone that was guessed; none if nothing was."""
    if business.timezone == cities.UNKNOWN:
        return []
    place = cities.city_and_country(business.timezone, words.locale)
    return [button(f"✅ {place}", "zoned", business.id, business.timezone)]


def question_for_newcomer(turn: Turn, position: Position) -> Html | None:
    """The question for an owner who has just come to a shop whose city is not known; None for everybody else."""
    unknown = position.role is Role.OWNER and position.business.timezone == cities.UNKNOWN
    return question_of(turn, position.business) if unknown else None


async def take_zone(turn: Turn, answer: TypedAnswer) -> None:
    """Take a typed city: a single match is set, several are offered, without a match the question is repeated."""
    words, position = turn.words, answer.position
    found = await asyncio.to_thread(find_zones, answer.text, now=turn.now())
    if len(found) == 1:
        await _take(turn, position, found[0].timezone)
    elif found:
        choices = [[_choice_button(turn, choice, position)] for choice in found]
        rows = [*choices, [button(words.label("« Settings"), "settings", position.business.id)]]
        await turn.screen(words.say("Which one do you mean? You can also send another name."), rows)
    else:
        wrong = words.say("☝️ I do not know “{name}”. Please try a larger city nearby.", name=answer.text[:60])
        await ask_zone(turn, position, wrong=wrong)


def _choice_button(turn: Turn, choice: TimeZoneChoice, position: Position) -> InlineKeyboardButton:
    """A place with the time there, which tells places of one country apart."""
    time = turn.words.time(turn.now().astimezone(ZoneInfo(choice.timezone)))
    place = choice.label(turn.words.locale)[:LONGEST_PLACE]
    return button(f"{place} · {time}", "zoned", position.business.id, choice.timezone)


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
