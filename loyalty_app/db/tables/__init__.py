"""All tables, by subject. Rows of a business have its id, and their keys begin with it.

The struct of the same name in `loyalty_core` says what a column means. `metadata` is complete once this package is
imported. Nothing is read or written here.
"""

from loyalty_app.db.tables.cards import (
    customer,
    customer_merge,
    daily_total,
    event,
    flag,
    idempotency,
    past_profile,
    reward,
    transaction,
)
from loyalty_app.db.tables.pages import card_link, page_session, passkey, passkey_challenge, sign_in_link
from loyalty_app.db.tables.programs import card, program_day, program_terms, referral, shop_program
from loyalty_app.db.tables.searching import (
    customer_word,
    ledger_height,
    ledger_span,
    posting_change,
    posting_index,
    posting_list,
    straggler,
)
from loyalty_app.db.tables.shops import (
    api_key,
    branch,
    business,
    business_total,
    import_job,
    invite,
    numbers,
    program,
    shop_arrival,
    shop_look,
    staff,
    vault,
)
from loyalty_app.db.tables.telegram import (
    former_holder,
    polling_lease,
    telegram_bot,
    telegram_card,
    telegram_chat,
    telegram_update,
)
from loyalty_app.db.tables.webhooks import attempt, delivery, fan_out, notice, retired_secret, webhook_endpoint
from loyalty_app.db.types import metadata

__all__ = [
    "api_key",
    "attempt",
    "branch",
    "business",
    "business_total",
    "card",
    "card_link",
    "customer",
    "customer_merge",
    "customer_word",
    "daily_total",
    "delivery",
    "event",
    "fan_out",
    "flag",
    "former_holder",
    "idempotency",
    "import_job",
    "invite",
    "ledger_height",
    "ledger_span",
    "metadata",
    "notice",
    "numbers",
    "page_session",
    "passkey",
    "passkey_challenge",
    "past_profile",
    "polling_lease",
    "posting_change",
    "posting_index",
    "posting_list",
    "program",
    "program_day",
    "program_terms",
    "referral",
    "retired_secret",
    "reward",
    "shop_arrival",
    "shop_look",
    "shop_program",
    "sign_in_link",
    "staff",
    "straggler",
    "telegram_bot",
    "telegram_card",
    "telegram_chat",
    "telegram_update",
    "transaction",
    "vault",
    "webhook_endpoint",
]
