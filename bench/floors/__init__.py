"""Floors: what the databases alone can do, with the same writes for a stamp and one durable commit for each.

They work on the tables that our migrations make. No HTTP, no keys of tills, no limits, no rules: a stamp of a customer
is written, and that is all. Tests hold them to the same rows as ours.
"""
