"""An audit: adds up all stored sums again from the ledger, by other means than the code that keeps them."""

from collections import Counter
from datetime import date, datetime

from msgspec.structs import replace

from loyalty_app.db import tables
from loyalty_core.analytics import DayTotals
from loyalty_core.ledger import Entry, EntryType, Folded, fold
from loyalty_core.rewards import RewardStatus
from testkit.shop import Shop

Days = dict[date, DayTotals]


async def assert_books_balance(shop: Shop) -> None:
    """Assert that each card, each reward and each total equals what the ledger gives."""
    folded = await _folds(shop)
    await _assert_cards(shop, folded)
    await _assert_rewards(shop, folded)
    await _assert_totals(shop)
    await _assert_days(shop, folded)


async def _folds(shop: Shop) -> dict[int, Folded]:
    program, ledger = await shop.program(), await shop.ledger()
    return {
        customer.id: fold([entry for entry in ledger if entry.customer_id == customer.id], program, shop.business.zone)
        for customer in await shop.customers()
    }


async def _assert_cards(shop: Shop, folded: dict[int, Folded]) -> None:
    for customer in await shop.customers():
        card = folded[customer.id].card
        if customer.erased_at is not None:
            card = replace(card, rewards_available=0)
        assert customer.card == card, f"customer {customer.id}"


async def _assert_rewards(shop: Shop, folded: dict[int, Folded]) -> None:
    rewards = await shop.rewards()
    for customer in await shop.customers():
        if customer.erased_at is None:
            own = [reward for reward in rewards if reward.customer_id == customer.id]
            kept = [reward for reward in own if reward.status is not RewardStatus.VOIDED]
            open_ones = sum(reward.status is RewardStatus.AVAILABLE for reward in own)
            earned = [(number, text) for number, texts in folded[customer.id].earned.items() for text in texts]
            assert Counter(one.transaction_id for one in kept) == Counter(number for number, _ in earned)
            unmoved = [one for one in kept if one.of_transaction is None]
            assert Counter((one.transaction_id, one.description) for one in unmoved) <= Counter(earned)
            assert open_ones == customer.card.rewards_available


async def _assert_totals(shop: Shop) -> None:
    here = sum(customer.erased_at is None for customer in await shop.customers())
    owed = sum(reward.status is RewardStatus.AVAILABLE for reward in await shop.rewards())
    assert await shop.totals() == (here, owed)


async def _assert_days(shop: Shop, folded: dict[int, Folded]) -> None:
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
