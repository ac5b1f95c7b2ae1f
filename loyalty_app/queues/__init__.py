"""Queues in the database: how rows are leased and jobs are done. What waits in a queue is not known here."""
