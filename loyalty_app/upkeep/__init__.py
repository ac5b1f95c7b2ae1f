"""Upkeep: what is done by the clock, beside serving people: expiry, retention, erasing, scheduled backups."""
