"""A crowd: shops with as many customers and as long a ledger as years of work would leave, made by the database itself.

`shape` says who did what and when, `statements` says it in SQL, `filling` runs that. All balances and totals are right:
the proof holds. Not made are events, answers under Idempotency-Keys and undone entries.
"""
