"""Staff work: what each member of the staff did today and in thirty days, and the entries behind it. For managers.

What counts is in `loyalty_app/customers/staff_work.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from textwrap import shorten

from msgspec.structs import replace

from bots.buttons import Rows, button
from bots.owners.screens import back
from bots.turn import Turn
from bots.words import TEXT, Html, Words, fitted, shortened
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.staff_work import StaffDeed, StaffWork, WorkCounts, read_staff_deeds, read_staff_work
from loyalty_app.shops.staff import Position
from loyalty_app.words import numbered
from loyalty_core.ledger import EntryType

PEOPLE_ON_A_PAGE, DEEDS_ON_A_PAGE = 15, 10
LAST_PAGE = 1_000
LONGEST_NAME, LONGEST_REWARD = 30, 60


async def show_work(turn: Turn, position: Position) -> None:
    """Show a page of the staff with what each did, and a button for each."""
    words, shop, now = turn.words, position.business, turn.now()
    people = _told_apart(await turn.read(lambda connection: read_staff_work(connection, shop, now=now)))
    page = min(max(1, turn.press.number(1)), max(1, -(-len(people) // PEOPLE_ON_A_PAGE)))
    shown = people[(page - 1) * PEOPLE_ON_A_PAGE : page * PEOPLE_ON_A_PAGE]
    head = words.say("🧾 <b>Who did what at {shop}</b>", shop=shop.name)
    text = fitted(head, [_person_lines(words, person) for person in shown], most=TEXT)
    names = [button(words.label("{name}", name=person.name), "deeds", shop.id, person.staff_id, 1) for person in shown]
    rows = [names[place : place + 2] for place in range(0, len(names), 2)]
    around = [
        *([button(words.label("‹ Back"), "work", shop.id, page - 1)] if page > 1 else []),
        *([button(words.label("More ›"), "work", shop.id, page + 1)] if len(people) > page * PEOPLE_ON_A_PAGE else []),
    ]
    await turn.screen(text, [*rows, around, back(words, position)])


def _told_apart(people: Sequence[StaffWork]) -> list[StaffWork]:
    """The people, with a number behind names that several have."""
    names = numbered(shortened(person.name, LONGEST_NAME) for person in people)
    return [replace(person, name=name) for person, name in zip(people, names, strict=True)]


def _person_lines(words: Words, person: StaffWork) -> Html:
    name = person.name
    head = (
        words.say("<b>{name}</b>, not on the staff any more", name=name)
        if person.gone
        else words.say("<b>{name}</b>", name=name)
    )
    return Html("\n".join(["", head, *_figures(words, person)]))


def _figures(words: Words, person: StaffWork) -> list[Html]:
    return [
        words.say("Today: {figures}", figures=words.join(_in_words(words, person.today))),
        words.say("30 days: {figures}", figures=words.join(_in_words(words, person.month))),
    ]


def _in_words(words: Words, counts: WorkCounts) -> list[str]:
    return [
        words.plain_count("{n} stamp", "{n} stamps", counts.stamps),
        words.plain_count("{n} reward handed out", "{n} rewards handed out", counts.rewards),
        words.plain_count("{n} undone", "{n} undone", counts.undos),
    ]


async def show_deeds(turn: Turn, position: Position) -> None:
    """Show a page of one person's entries, the newest first, below their figures."""
    words, shop, now = turn.words, position.business, turn.now(position.business)
    staff_id, page = turn.press.number(1), min(max(1, turn.press.number(2)), LAST_PAGE)
    people = _told_apart(await turn.read(lambda connection: read_staff_work(connection, shop, now=now)))
    person = next((person for person in people if person.staff_id == staff_id), None)
    if person is None:
        await show_work(turn, position)
        return
    skip, wanted = (page - 1) * DEEDS_ON_A_PAGE, DEEDS_ON_A_PAGE + 1
    deeds = await turn.read(
        lambda connection: read_staff_deeds(connection, shop, staff_id, now=now, skip=skip, limit=wanted)
    )
    head = Html("\n".join([words.say("🧾 <b>{name}</b> · {shop}", name=person.name, shop=shop.name), ""]))
    lines = [*_figures(words, person), Html(""), *_deed_lines(words, deeds[:DEEDS_ON_A_PAGE], now)]
    around = [
        *([button(words.label("‹ Newer"), "deeds", shop.id, staff_id, page - 1)] if page > 1 else []),
        *([button(words.label("Older ›"), "deeds", shop.id, staff_id, page + 1)] if len(deeds) == wanted else []),
    ]
    rows: Rows = [around, [button(words.label("« Who did what"), "work", shop.id, 1)], back(words, position)]
    await turn.screen(fitted(head, lines, most=TEXT), rows)


def _deed_lines(words: Words, deeds: Sequence[StaffDeed], now: datetime) -> list[Html]:
    nothing = words.say("Nothing in these 30 days.")
    return [_deed_line(words, deed, now) for deed in deeds] or [nothing]


def _deed_line(words: Words, deed: StaffDeed, now: datetime) -> Html:
    entry = deed.entry
    when = words.moment(entry.occurred_at.astimezone(now.tzinfo), now)
    name = first_name(deed.customer_name) or words.plain("deleted card")
    line = words.say("{time}: {what} · {name}", time=when, what=what_of(words, deed), name=name)
    return line if entry.voided_by is None else Html(f"<s>{line}</s> {words.say('undone')}")


def what_of(words: Words, deed: StaffDeed) -> Html:
    """What an entry did, as "+2", or "undid +2"."""
    about = deed.undone or deed.entry
    if about.type is EntryType.STAMP:
        done = words.say(
            "{amount}",
            amount=words.plus(deed.entry.stamps_voided if deed.undone and deed.entry.stamps_voided else about.stamps),
        )
    else:
        done = words.say("🎁 {reward}", reward=shorten(deed.reward or "", LONGEST_REWARD, placeholder="…"))
    return words.say("↩️ undid {what}", what=done) if deed.undone else done
