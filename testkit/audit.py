"""An audit: adds up all stored sums again from the ledger, by other means than the code that keeps them."""

from collections import Counter
from datetime import date, datetime

from msgspec.structs import replace

from loyalty_app.db import tables
from loyalty_core.analytics import DayTotals
from loyalty_core.ledger import Entry, EntryType, Folded, fold
from loyalty_core.programs import Program
from loyalty_core.rewards import RewardStatus
from testkit.shop import Shop

Days = dict[date, DayTotals]


CardKey = tuple[int, int | None]
"""A card: its customer, and its program as the ledger notes it."""


async def assert_books_balance(shop: Shop) -> None:
    """Assert that each card, each reward and each total equals what the ledger gives."""
    folded = await _folds(shop)
    await _assert_cards(shop, folded)
    await _assert_rewards(shop, folded)
    await _assert_totals(shop)
    await _assert_days(shop, folded)


async def _folds(shop: Shop) -> dict[CardKey, Folded]:
    """What the ledger of each card adds up to."""
    program, ledgers = await shop.program(), dict[CardKey, list[Entry]]()
    for customer in await shop.customers():
        ledgers[customer.id, None] = []
    for entry in await shop.ledger():
        ledgers.setdefault((entry.customer_id, entry.program_id), []).append(entry)
    return {key: fold(own, _program(program, key[1]), shop.business.zone) for key, own in ledgers.items()}


def _program(program: Program, program_id: int | None) -> Program:
    found = program.turned_to(program_id)
    assert found is not None
    return found


async def _assert_cards(shop: Shop, folded: dict[CardKey, Folded]) -> None:
    kept = {
        (customer.id, held.program_id): (customer, held.card)
        for customer in await shop.customers()
        for held in customer.cards
    }
    assert kept.keys() == folded.keys()
    for key, (customer, card) in kept.items():
        wanted = folded[key].card
        assert card == (wanted if customer.erased_at is None else replace(wanted, rewards_available=0)), key


async def _assert_rewards(shop: Shop, folded: dict[CardKey, Folded]) -> None:
    rewards, here = await shop.rewards(), {one.id: one for one in await shop.customers() if one.erased_at is None}
    for (number, program_id), one in folded.items():
        if number in here:
            own = [reward for reward in rewards if (reward.customer_id, reward.program_id) == (number, program_id)]
            kept = [reward for reward in own if reward.status is not RewardStatus.VOIDED]
            open_ones = sum(reward.status is RewardStatus.AVAILABLE for reward in own)
            earned = [(entry, text) for entry, texts in one.earned.items() for text in texts]
            assert Counter(each.transaction_id for each in kept) == Counter(entry for entry, _ in earned)
            unmoved = [each for each in kept if each.of_transaction is None]
            assert Counter((each.transaction_id, each.description) for each in unmoved) <= Counter(earned)
            assert open_ones == one.card.rewards_available


async def _assert_totals(shop: Shop) -> None:
    here = sum(customer.erased_at is None for customer in await shop.customers())
    owed = sum(reward.status is RewardStatus.AVAILABLE for reward in await shop.rewards())
    assert await shop.totals() == (here, owed)


async def _assert_days(shop: Shop, folded: dict[CardKey, Folded]) -> None:
    kept = {
        row.day: DayTotals(**{name: getattr(row, name) for name in DayTotals.__struct_fields__})
        for row in await shop.rows(tables.daily_total)
    }
    counted: Days = {}
    for customer in await shop.customers():
        _count(counted, _day(shop, customer.created_at), DayTotals(new_customers=1))
    earned = {number: len(texts) for one in folded.values() for number, texts in one.earned.items()}
    for entry in await shop.ledger():
        _count(counted, _day(shop, entry.occurred_at), _figures(entry, earned.get(entry.id, 0)))
    assert {day: totals for day, totals in kept.items() if totals != DayTotals()} == {
        day: totals for day, totals in counted.items() if totals != DayTotals()
    }


def _figures(entry: Entry, earned: int) -> DayTotals:
    stands = entry.voided_by is None
    match entry.type:
        case EntryType.STAMP:
            given, counting = entry.stamps + entry.stamps_voided, entry.stamps * stands
            return DayTotals(
                visits=int(stands), stamps_added=given, stamps_voided=given - counting, rewards_earned=earned
            )
        case EntryType.BONUS:
            return DayTotals(stamps_added=entry.stamps, rewards_earned=earned)
        case EntryType.IMPORT:
            return DayTotals(rewards_earned=earned)
        case EntryType.REDEEM:
            return DayTotals(rewards_redeemed=int(stands))
        case EntryType.EXPIRE:
            return DayTotals(rewards_expired=int(stands))
        case EntryType.VOID:
            return DayTotals()


def _count(days: Days, day: date, totals: DayTotals) -> None:
    days[day] = days.get(day, DayTotals()) + totals


def _day(shop: Shop, moment: datetime) -> date:
    return moment.astimezone(shop.business.zone).date()
