"""Upkeep: periodic work beside serving people: expiry, retention, erasing inactive customers, scheduled backups."""
