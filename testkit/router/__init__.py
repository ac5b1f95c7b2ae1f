"""The router check: whether each statement of the product would reach the rows of one shard, if there were a cluster.

Statements are heard while tests run, on whatever database (`hearing`), put as the coordinator of a cluster would get
them (`saying`), parsed (`reading`) and judged (`judging`), each once for all test processes (`verdicts`). The few that
go to all shards are named, with the reason, in `across_shards`. No database is asked here.
"""
