"""Flag texts: how a flagged entry is told, in the evening's message and on the owner's screen. They accuse nobody."""

from datetime import datetime

from bots.buttons import Rows, button
from bots.words import N_, Html, Words, shortened
from loyalty_app.shops.notice_facts import EveningFacts, EveningFigures, Facts, FlagLine
from loyalty_core.flags import FlagKind

KINDS = {
    FlagKind.OWN_CARD: N_("Stamps on one's own card"),
    FlagKind.MANY_VISITS: N_("Many visits of one card in a day"),
    FlagKind.MANY_UNDOS: N_("Many undos by one person in a day"),
    FlagKind.UNUSUAL_HOUR: N_("Stamps at unusual hours"),
    FlagKind.BY_HAND: N_("Stamps by hand where the till stamps"),
}


def flag_line(words: Words, line: FlagLine, now: datetime) -> Html:
    """Who did what, and when; `now` decides whether the day is said. Both times are in the zone of the shop."""
    time, by = words.moment(line.at, now), shortened(line.by or words.plain("the till"))
    amount = words.plus(line.stamps)
    match line.kind:
        case FlagKind.OWN_CARD:
            return words.say("{time}: {by} gave {amount} to a card of their own", time=time, by=by, amount=amount)
        case FlagKind.MANY_VISITS:
            return words.count(
                "{time}: a card had {n} visit that day; this one by {by}",
                "{time}: a card had {n} visits that day; this one by {by}",
                line.number,
                time=time,
                by=by,
            )
        case FlagKind.MANY_UNDOS:
            return words.count(
                "{time}: {by} undid {n} entry that day",
                "{time}: {by} undid {n} entries that day",
                line.number,
                time=time,
                by=by,
            )
        case FlagKind.UNUSUAL_HOUR:
            return words.say(
                "{time}: {by} gave {amount} when the shop is usually closed, as the last four weeks tell",
                time=time,
                by=by,
                amount=amount,
            )
        case FlagKind.BY_HAND:
            return words.say(
                "{time}: {by} gave {amount} by hand, where the till usually does, as the last four weeks tell",
                time=time,
                by=by,
                amount=amount,
            )


def numbered_lines(words: Words, lines: tuple[FlagLine, ...], now: datetime) -> list[Html]:
    """The lines with their numbers, which their buttons have too."""
    return [
        words.say("{number}. {line}", number=number, line=flag_line(words, line, now))
        for number, line in enumerate(lines, start=1)
    ]


def evening_text(words: Words, shop_name: str, facts: EveningFacts) -> Html:
    """The message of an evening: the figures of the day if they were asked for, then what was flagged."""
    texts = [words.say("🌙 <b>{shop}</b>", shop=shop_name)]
    if facts.figures is not None:
        texts.append(_figures(words, facts.figures))
    if facts.flags:
        end = facts.flags[-1].at
        texts.append(words.say("🔎 Worth a look. There may be a good reason for each:"))
        texts.append(Html("\n".join(numbered_lines(words, facts.flags, end))))
    if facts.more:
        texts.append(words.count("… and {n} more.", "… and {n} more.", facts.more))
    return Html("\n\n".join(texts))


def _figures(words: Words, figures: EveningFigures) -> Html:
    said = words.join(
        [
            words.plain_count("{n} visit", "{n} visits", figures.visits),
            words.plain_count("{n} stamp", "{n} stamps", figures.stamps),
            words.plain_count("{n} new customer", "{n} new customers", figures.new_customers),
            words.plain_count("{n} reward handed out", "{n} rewards handed out", figures.rewards_redeemed),
        ]
    )
    lines = [
        words.say("Today: {figures}", figures=said),
        words.count("{n} reward is open.", "{n} rewards are open.", figures.outstanding),
    ]
    if figures.cost is not None and figures.currency is not None:
        lines.append(words.say("In money: <b>{money}</b>", money=words.money(figures.cost, figures.currency)))
    return Html("\n".join(lines))


def evening_rows(words: Words, facts: Facts | None) -> Rows:
    """For each flagged entry a button that leads to it, and one to undo it where it can be; for other notices none."""
    if not isinstance(facts, EveningFacts) or not facts.flags:
        return []
    shop, rows = facts.business_id, []
    for number, line in enumerate(facts.flags, start=1):
        show = button(words.label("{number}. Show", number=number), "flagged", shop, line.transaction_id)
        undo = button(words.label("{number}. ↩️ Undo", number=number), "unflag", shop, line.transaction_id)
        rows.append([show, undo] if line.can_be_undone else [show])
    return [*rows, [button(words.label("🔎 All that is worth a look"), "flags", shop, 1)]]
