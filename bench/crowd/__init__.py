"""A crowd: shops with as many customers and as long a ledger as years of work would leave, made by the database itself.

`shape` defines who did what and when, `statements` writes it as SQL, `fill` runs that. All balances and totals are
right: the proof holds. Events, answers under Idempotency-Keys and undone entries are not made.
"""
