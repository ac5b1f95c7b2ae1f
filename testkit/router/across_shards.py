"""The files that may speak to all shards at once, each with the reason; any other that names no shop fails a test.

They are named by their files, below the folder of the project.
"""

from collections.abc import Mapping

READERS: Mapping[str, str] = {
    "loyalty_app/vault/": "a new key locks all secrets again, and a first start looks whether there are any",
    "loyalty_app/shops/closing.py": "deleting a shop takes the cards in its bot along, which may have been another's",
    "loyalty_app/shops/twins.py": "the same of what test keys wrote",
    "loyalty_app/upkeep/retention.py": "a chat is forgotten once no shop of the person is left, in any shard",
    "loyalty_app/observability/queue_depths.py": "the depth of a queue is that of all shops together",
    "loyalty_app/webhooks/pausing.py": "the doctor tells how much waits of all shops",
    "loyalty_cli/doctor/": "the doctor looks at everything",
    "loyalty_app/moving/": "a move reads whole tables, of all shops or of some together",
}
"""Files that may ask all shards, without locks."""

WRITES: Mapping[str, str] = {
    "DELETE FROM telegram_card WHERE telegram_card.business_id = $1::BIGINT OR telegram_card.bot_id IN"
    " (SELECT telegram_bot.bot_id FROM telegram_bot WHERE telegram_bot.business_id = $2::BIGINT)": "as in closing.py",
}
"""Writes over several shards: rare, and committed in two phases."""

ONLY_TOGETHER: Mapping[frozenset[str], str] = {
    frozenset({"telegram_chat", "telegram_card", "staff"}): "retention asks in two steps on a cluster",
}
"""Statements that are never said to a cluster, by the tables that they name: there the product says something else."""
