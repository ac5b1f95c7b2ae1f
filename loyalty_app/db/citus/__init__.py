"""Citus: a PostgreSQL that is spread over several machines, and everything that is different there.

Rows of a business lie together in one shard, and a shard is a set of ordinary tables on one machine. What writes
cards or takes work from a queue says which shard: its statements go to that machine, as to a PostgreSQL of its own, and
are committed there alone. Everything else is asked of the coordinator, which knows all machines.
"""
