"""SQLite: all that is done differently there. Only what must know the dialect imports from here."""
