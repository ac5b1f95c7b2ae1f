"""Backups: the whole database in one file, proven before it counts, and the way back.

`archive` is the file: a zip with a manifest. `sqlite` and `postgres` make copies and put them back; `proving` adds up
the ledger of a copy; `making` (in `drafts`) and `restoring` lead through it; `schedule` makes one every so many hours.
"""
