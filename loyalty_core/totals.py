"""Totals: the figures of a day, kept up with every change so that nobody has to count later."""

import msgspec


class DayTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one local day. An undone entry is taken off the day on which it was made."""

    visits: int = 0
    stamps_added: int = 0
    stamps_voided: int = 0
    new_customers: int = 0
    rewards_earned: int = 0
    rewards_redeemed: int = 0
    rewards_expired: int = 0

    def __add__(self, other: "DayTotals") -> "DayTotals":
        """Add field by field."""
        return DayTotals(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})
