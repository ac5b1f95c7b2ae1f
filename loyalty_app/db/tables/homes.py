"""Where each table lives when the database is spread over several machines: every table has to be named here.

A law fails where one is missing. What becomes of it on a cluster is in `loyalty_app/db/citus`; one machine keeps all
tables together and never asks.
"""

from collections.abc import Mapping
from enum import StrEnum


class TableHome(StrEnum):
    """Where the rows of a table are."""

    SHARD = "shard"
    """With their business: all rows of one business are on one machine, in tables that are split alike."""
    EVERYWHERE = "everywhere"
    """On every machine: few and seldom changed, and read together with rows of businesses."""
    COORDINATOR = "coordinator"
    """On the machine that knows all the others: what is found by a token or a bot, not by a business."""
    ASTRAY = "split otherwise than the cards"
    """Split over machines, but not as the other tables are: no table belongs there."""


HOMES: Mapping[str, TableHome] = {
    "api_key": TableHome.COORDINATOR,
    "attempt": TableHome.SHARD,
    "branch": TableHome.SHARD,
    "business": TableHome.EVERYWHERE,
    "business_total": TableHome.SHARD,
    "card": TableHome.SHARD,
    "card_link": TableHome.SHARD,
    "customer": TableHome.SHARD,
    "customer_merge": TableHome.SHARD,
    "customer_word": TableHome.SHARD,
    "daily_total": TableHome.SHARD,
    "delivery": TableHome.SHARD,
    "event": TableHome.SHARD,
    "fan_out": TableHome.SHARD,
    "flag": TableHome.SHARD,
    "former_holder": TableHome.SHARD,
    "idempotency": TableHome.SHARD,
    "import_job": TableHome.SHARD,
    "invite": TableHome.COORDINATOR,
    "ledger_height": TableHome.SHARD,
    "ledger_span": TableHome.SHARD,
    "notice": TableHome.SHARD,
    "numbers": TableHome.COORDINATOR,
    "page_session": TableHome.COORDINATOR,
    "passkey": TableHome.COORDINATOR,
    "passkey_challenge": TableHome.COORDINATOR,
    "past_profile": TableHome.SHARD,
    "polling_lease": TableHome.COORDINATOR,
    "posting_change": TableHome.SHARD,
    "posting_index": TableHome.SHARD,
    "posting_list": TableHome.SHARD,
    "program": TableHome.SHARD,
    "program_day": TableHome.SHARD,
    "program_terms": TableHome.SHARD,
    "referral": TableHome.SHARD,
    "retired_secret": TableHome.SHARD,
    "reward": TableHome.SHARD,
    "shop_arrival": TableHome.SHARD,
    "shop_look": TableHome.SHARD,
    "shop_program": TableHome.SHARD,
    "sign_in_link": TableHome.COORDINATOR,
    "staff": TableHome.EVERYWHERE,
    "straggler": TableHome.SHARD,
    "telegram_bot": TableHome.EVERYWHERE,
    "telegram_card": TableHome.SHARD,
    "telegram_chat": TableHome.COORDINATOR,
    "telegram_update": TableHome.COORDINATOR,
    "transaction": TableHome.SHARD,
    "vault": TableHome.COORDINATOR,
    "webhook_endpoint": TableHome.SHARD,
}

FIRST = "customer"
"""The table by which the others are split: a shard of a business is named by its shard of this one."""
