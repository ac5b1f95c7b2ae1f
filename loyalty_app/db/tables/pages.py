"""Tables of the pages: who is signed in there, the ways to sign in, and the private addresses of cards.

Tokens and links are stored as hashes only.
A bot's id and a person's id are Telegram's.
"""

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, String, Table

from loyalty_app.db.types import BigId, UtcDateTime, metadata, options, owned, where

# Sessions: `seen_at` is when one was last used, to five minutes; `ended_at` when the person signed out. `proof` is the
# hash of the init data that opened it, so that the same opens no second one; `retry` is that of the key with which a
# client may ask again if the answer was lost.
page_session = Table(
    "page_session",
    metadata,
    Column("token_hash", LargeBinary, nullable=False),
    Column("bot_id", BigId, nullable=False),
    Column("user_id", BigId, nullable=False),
    Column("language", String(16)),
    Column("proof", LargeBinary),
    Column("retry", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    PrimaryKeyConstraint("token_hash"),
    Index(None, "bot_id", "user_id"),
    info=options(sqlite_with_rowid=False),
)
Index("uq_page_session_proof", page_session.c.proof, unique=True)

# Links that sign a person in outside Telegram: once, for ten minutes.
sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", LargeBinary, nullable=False),
    Column("bot_id", BigId, nullable=False),
    Column("user_id", BigId, nullable=False),
    Column("language", String(16)),
    Column("page", String(16), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    PrimaryKeyConstraint("token_hash"),
    Index(None, "bot_id", "user_id"),
    info=options(sqlite_with_rowid=False),
)

# Passkeys, by the id that the authenticator gave. `sign_count` is the authenticator's own count, which may stay 0.
passkey = Table(
    "passkey",
    metadata,
    Column("credential_id", LargeBinary, nullable=False),
    Column("bot_id", BigId, nullable=False),
    Column("user_id", BigId, nullable=False),
    Column("language", String(16)),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigId, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    PrimaryKeyConstraint("credential_id"),
    Index(None, "bot_id", "user_id"),
    info=options(sqlite_with_rowid=False),
)

# Challenges that an authenticator is asked to sign: once, for five minutes. `user_id` is the person who makes a new
# passkey; NULL where somebody signs in with one.
passkey_challenge = Table(
    "passkey_challenge",
    metadata,
    Column("challenge", LargeBinary, nullable=False),
    Column("bot_id", BigId, nullable=False),
    Column("user_id", BigId),
    Column("expires_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("challenge"),
    info=options(sqlite_with_rowid=False),
)

# The private addresses of cards. A revoked one is kept, without its secret, so that its page can say what to do.
card_link = owned(
    "card_link",
    Column("digest", LargeBinary(32), nullable=False),
    Column("customer_id", BigId, nullable=False),
    Column("secret", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    PrimaryKeyConstraint("business_id", "digest"),
    Index(None, "digest"),
    Index(None, "business_id", "customer_id"),
)
Index(
    "uq_card_link_valid",
    card_link.c.business_id,
    card_link.c.customer_id,
    unique=True,
    info=where("revoked_at IS NULL"),
)
