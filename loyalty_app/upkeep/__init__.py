"""Upkeep: periodic work beside serving people: expiry, retention, inactivity, older answers, scheduled backups."""
