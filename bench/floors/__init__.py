"""Floors: what the databases alone can do, with the same writes for a stamp and one durable commit for each.

They work on the tables that our migrations make. There is no HTTP, no API key, no limit, no rule: a stamp of a customer
is written, and that is all. Tests check that they write the same rows as ours.
"""
