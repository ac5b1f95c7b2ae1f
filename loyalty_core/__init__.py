"""The rules of a stamp card: pure functions over plain data.

Nothing here reads a clock, rolls dice, opens a file or awaits. Time, identifiers and random bytes come in as arguments,
outcomes and events go out as values, refusals are raised as `LoyaltyError`.
"""
