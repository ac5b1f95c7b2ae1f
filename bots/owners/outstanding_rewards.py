"""Outstanding rewards, which the shop owes: those that customers can redeem, the oldest first, ten on a page.

The first page begins with their sums: by age, by branch, in money.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from textwrap import shorten

from bots.buttons import button
from bots.owners.screens import back
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.customers.card_pictures import first_name
from loyalty_app.customers.lists import Owed, list_owed
from loyalty_app.customers.owed import read_rewards_summary
from loyalty_app.pagination import PageRequest
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.staff import Position
from loyalty_core.owed import OwedAge, OwedBranch, OwedProgram, RewardsSummary

ON_A_PAGE = 10
LAST_PAGE = 1_000
LONGEST_LINE = 80
MOST_BRANCHES = 12


async def show_owed(turn: Turn, position: Position) -> None:
    """Show a page of the outstanding rewards."""
    words, shop, now = turn.words, position.business, turn.now()
    page_request = PageRequest(page=min(max(1, turn.press.number(1)), LAST_PAGE), limit=ON_A_PAGE)
    rewards = await turn.read(lambda connection: list_owed(connection, shop, now=now, wanted=page_request))
    total, page = rewards.pagination.total, page_request.page
    if not total:
        text = words.say("🎁 No reward is open at <b>{shop}</b>. All cards are still being filled.", shop=shop.name)
    else:
        head = words.count(
            "🎁 <b>{n} open reward</b> at {shop}", "🎁 <b>{n} open rewards</b> at {shop}", total, shop=shop.name
        )
        sums = _sums(words, await turn.read(lambda c: read_rewards_summary(c, shop, now=now))) if page == 1 else []
        text = Html("\n".join([head, *sums, "", *(_line(words, shop, owed) for owed in rewards.data)]))
    around = [
        *([button(words.label("‹ Older"), "owed", shop.id, page - 1)] if page > 1 else []),
        *([button(words.label("Newer ›"), "owed", shop.id, page + 1)] if rewards.pagination.next_cursor else []),
    ]
    await turn.screen(text, [around, back(words, position)])


def _sums(words: Words, summary: RewardsSummary) -> list[Html]:
    """What is owed in money, by age, by branch, and the share that is redeemed: what there is to say."""
    money, branches, share = _money(words, summary.programs), summary.branches, summary.redeemed.share
    ages = words.join(_age(words, age) for age in summary.ages if age.outstanding)
    days = summary.redeemed.days
    return [
        *([words.say("In money: <b>{money}</b>", money=money)] if money else []),
        words.say("By age: {ages}", ages=ages),
        *([words.say("By branch: {branches}", branches=_by_branch(words, branches))] if branches else []),
        *([_share(words, days, share)] if share is not None else []),
    ]


def _money(words: Words, programs: Sequence[OwedProgram]) -> str:
    """What the open rewards cost, in each currency."""
    costs = Counter[str]()
    for one in programs:
        if one.cost is not None and one.currency is not None:
            costs[one.currency] += one.cost
    return words.join(words.money(cost, currency) for currency, cost in costs.items()) if costs else ""


def _age(words: Words, age: OwedAge) -> str:
    if age.to_days is None:
        return words.plain("{number} older", number=age.outstanding)
    return words.plain_count("{number} up to {n} day", "{number} up to {n} days", age.to_days, number=age.outstanding)


def _by_branch(words: Words, branches: Sequence[OwedBranch]) -> str:
    return words.join(
        words.plain("{name}: {number}", name=shorten(one.name, LONGEST_LINE, placeholder="…"), number=one.outstanding)
        if one.name is not None
        else words.plain("at no branch: {number}", number=one.outstanding)
        for one in branches[:MOST_BRANCHES]
        if one.outstanding
    )


def _share(words: Words, days: int, share: float) -> Html:
    percent = words.percent(share)
    return words.count(
        "Handed out in the last {n} day: {percent} of what could have been",
        "Handed out in the last {n} days: {percent} of what could have been",
        days,
        percent=percent,
    )


def _line(words: Words, business: Business, owed: Owed) -> Html:
    name, reward = first_name(owed.customer_name), shorten(owed.description, LONGEST_LINE, placeholder="…")
    since = words.date(owed.earned_at.astimezone(business.zone))
    if owed.expires_at is None:
        return words.say("• <b>{name}</b>: {reward}, since {since}", name=name, reward=reward, since=since)
    # It expires at the midnight after its last day.
    until = words.date((owed.expires_at - timedelta(seconds=1)).astimezone(business.zone))
    return words.say(
        "• <b>{name}</b>: {reward}, since {since}, until {until}", name=name, reward=reward, since=since, until=until
    )
