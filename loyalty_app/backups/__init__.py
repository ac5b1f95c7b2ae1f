"""Backups: the whole database in one file, proven before it counts, and the way back.

`archive` is the file: a zip with a manifest. `sqlite` and `postgres` make copies and put them back. `verify` adds up
the ledger of a copy. `create` and `restore` go through all steps. `__main__` makes a backup in its own process,
for those by the clock (`upkeep`).
"""
