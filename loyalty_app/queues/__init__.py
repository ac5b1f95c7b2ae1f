"""Queues that lie in the database: how they are leased and worked off. What waits in them is not known here."""
