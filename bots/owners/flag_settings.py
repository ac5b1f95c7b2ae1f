"""Flag settings: which entries an owner wants to be told of, and whether each evening brings the figures of the day."""

from collections.abc import Iterator

import msgspec
from telegram import InlineKeyboardButton

from bots.buttons import GOOD, Rows, button
from bots.flag_texts import KINDS
from bots.owners.screens import back
from bots.turn import Turn
from bots.words import N_, Html
from loyalty_app.shops.flag_rules import change_flag_rules, read_flag_rules
from loyalty_app.shops.staff import Position
from loyalty_core.flags import FlagKind, FlagRules, FlagRulesChange

MOST = {
    "most_visits": (FlagKind.MANY_VISITS, "👣", N_("More visits of one card in a day than: {n}"), (2, 3, 4, 6, 10)),
    "most_undos": (FlagKind.MANY_UNDOS, "↩️", N_("More undos by one person in a day than: {n}"), (1, 2, 3, 5, 10)),
}
"""By the rule: the kind that it belongs to, its sign, its sentence, and the numbers that are offered."""


async def show_rules(turn: Turn, position: Position) -> None:
    """Show what is flagged, with a switch for each kind, the numbers, and the evening."""
    words, shop = turn.words, position.business
    rules = await turn.read(lambda connection: read_flag_rules(connection, shop.id))
    on = {kind: kind not in rules.off for kind in FlagKind}
    numbers = [words.say(sentence, n=getattr(rules, rule)) for rule, (kind, _, sentence, _) in MOST.items() if on[kind]]
    text = words.say(
        "⚙️ <b>What is flagged at {shop}</b>\n\nAt nine in the evening you get one message, only if there is something. "
        "Usual hours, and where the till stamps, are learned from the four weeks before; until there is enough, "
        "nothing is said about them.",
        shop=shop.name,
    )
    switches = [
        [button(f"{_mark(on=on[kind])} {words.label(label)}", "watchkind", shop.id, kind.value, int(not on[kind]))]
        for kind, label in KINDS.items()
    ]
    evening = button(
        f"{_mark(on=rules.evening_summary)} {words.label('Figures of the day each evening')}",
        "watchday",
        shop.id,
        int(not rules.evening_summary),
    )
    rows: Rows = [*switches, *_offers(shop.id, rules, on), [evening]]
    rows += [[button(words.label("🔎 All that is worth a look"), "flags", shop.id, 1)], back(words, position)]
    await turn.screen(Html("\n".join([text, "", *numbers])), rows)


def _mark(*, on: bool) -> str:
    return "✅" if on else "▫️"


def _offers(shop: int, rules: FlagRules, on: dict[FlagKind, bool]) -> Iterator[list[InlineKeyboardButton]]:
    for rule, (kind, sign, _, offered) in MOST.items():
        if on[kind]:
            now = getattr(rules, rule)
            yield [
                button(f"{sign} > {number}", "watchmost", shop, rule, number, look=GOOD if number == now else None)
                for number in offered
            ]


async def press_kind(turn: Turn, position: Position) -> None:
    """Switch a kind on or off."""
    name, shop = turn.press.text(1), position.business.id
    if name not in set(FlagKind):
        return
    rules = await turn.read(lambda connection: read_flag_rules(connection, shop))
    off = set(rules.off) - {FlagKind(name)} if turn.press.text(2) == "1" else {*rules.off, FlagKind(name)}
    await _change(turn, position, FlagRulesChange(off=tuple(off)))


async def press_most(turn: Turn, position: Position) -> None:
    """Take an offered number."""
    rule, number = turn.press.text(1), turn.press.number(2)
    if rule in MOST:
        try:
            change = msgspec.convert({rule: number}, FlagRulesChange)
        except msgspec.ValidationError:
            return
        await _change(turn, position, change)


async def press_evening(turn: Turn, position: Position) -> None:
    """Ask for the figures of the day, or no more."""
    await _change(turn, position, FlagRulesChange(evening_summary=turn.press.text(1) == "1"))


async def _change(turn: Turn, position: Position, change: FlagRulesChange) -> None:
    """Change the rules, and show them. Raises NotOnStaff or RoleRequired."""
    database, shop = turn.runtime.database, position.business.id
    await change_flag_rules(database, shop, change, by=position.staff_id)
    await show_rules(turn, position)
