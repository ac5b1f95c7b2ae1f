"""Backups: the whole database in one file, proven before it counts, and how to restore it.

`archive` is the file: a zip with a manifest. `sqlite` and `postgres` copy databases and put them in place. `verify`
proves the ledger of a copy. `create` and `restore` are the whole procedures. `__main__` makes a backup in its own
process. `upkeep` decides when one is due.
"""
