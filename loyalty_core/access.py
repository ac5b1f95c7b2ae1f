"""Access: API keys, plans, scopes and roles.

The rules, in words:
- A key is `ll_`, eight characters that may be shown, 43 that are secret (256 bits), and six that check for typing
  errors, all of base 62. Only its SHA-256 is kept.
- A trial holds 25 customers and has no API; basic has no API; professional has 1,000 requests an hour; enterprise has
  what is agreed.
- A key may do what its scopes name, and no more.
- Staff give stamps, managers run the shop, owners decide about it; a later role may do all that an earlier one may.
- Owners invite and remove anybody. Managers invite and remove staff. Staff do neither.
- A shop keeps one owner at least, so nobody removes the last one, not even themselves.
- A person who accepts a second invitation has the higher of the two roles.

Keys are stored elsewhere, and callers are recognised elsewhere.
"""

import hashlib
import zlib
from collections.abc import Collection
from enum import StrEnum

import msgspec

from loyalty_core.errors import LastOwner, PlanRequired, RoleRequired, ScopeRequired

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX = "ll_"
PUBLIC_LETTERS, SECRET_LETTERS, CHECK_LETTERS = 8, 43, 6
KEY_LENGTH = len(PREFIX) + PUBLIC_LETTERS + SECRET_LETTERS + CHECK_LETTERS
PUBLIC_RANDOM_BYTES = 5
KEY_RANDOM_BYTES = PUBLIC_RANDOM_BYTES + 32


class Role(StrEnum):
    """What a person may do in a shop; a later role may do all that an earlier one may."""

    STAFF = "staff"
    MANAGER = "manager"
    OWNER = "owner"


class Plan(StrEnum):
    """The plan that a business has chosen."""

    TRIAL = "trial"
    BASIC = "basic"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"


class PlanTerms(msgspec.Struct, frozen=True):
    """What a plan holds: customers at most (None: any number), the API or not, requests an hour."""

    customers: int | None
    api: bool
    requests_per_hour: int


PLANS = {
    Plan.TRIAL: PlanTerms(customers=25, api=False, requests_per_hour=0),
    Plan.BASIC: PlanTerms(customers=None, api=False, requests_per_hour=0),
    Plan.PROFESSIONAL: PlanTerms(customers=None, api=True, requests_per_hour=1_000),
    Plan.ENTERPRISE: PlanTerms(customers=None, api=True, requests_per_hour=10_000),
}


class Scope(StrEnum):
    """One thing that a key may do."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    STAMPS_WRITE = "stamps:write"
    REWARDS_READ = "rewards:read"
    REWARDS_WRITE = "rewards:write"
    PROGRAM_READ = "program:read"
    PROGRAM_WRITE = "program:write"
    ANALYTICS_READ = "analytics:read"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


class GeneratedKey(msgspec.Struct, frozen=True):
    """A new key: `text` is shown once and not kept, `public_id` and `digest` are kept."""

    text: str
    public_id: str
    digest: bytes


def base62(number: int, length: int) -> str:
    """Write a number in base 62 with leading zeros; digits above `length` are cut off."""
    letters = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        letters.append(DIGITS[digit])
    return "".join(reversed(letters))


def make_key(random: bytes) -> GeneratedKey:
    """Make an API key from 37 random bytes: five for the public id, 32 for the secret."""
    public_id = public_id_from(random)
    secret = int.from_bytes(random[PUBLIC_RANDOM_BYTES:KEY_RANDOM_BYTES], "big")
    body = PREFIX + public_id + base62(secret, SECRET_LETTERS)
    text = body + _checksum(body)
    return GeneratedKey(text, public_id, key_digest(text))


def public_id_from(random: bytes) -> str:
    """The part of a key that may be shown, made from the first five random bytes."""
    return base62(int.from_bytes(random[:PUBLIC_RANDOM_BYTES], "big"), PUBLIC_LETTERS)


def key_digest(text: str) -> bytes:
    """The SHA-256 of a key, 32 bytes: all that is kept of it."""
    return hashlib.sha256(text.encode()).digest()


def public_id_of(text: str) -> str | None:
    """The part of a key that may be shown, or None if the text is no key or its checksum is wrong."""
    if len(text) != KEY_LENGTH or not text.isascii() or not text.startswith(PREFIX):
        return None
    body, check = text[:-CHECK_LETTERS], text[-CHECK_LETTERS:]
    return body[len(PREFIX) : len(PREFIX) + PUBLIC_LETTERS] if _checksum(body) == check else None


def _checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), CHECK_LETTERS)


def requests_per_hour(plan: Plan, agreed: int | None) -> int:
    """Requests that a key has in an hour: the plan's figure, or what was agreed with an enterprise."""
    return agreed if plan is Plan.ENTERPRISE and agreed is not None else PLANS[plan].requests_per_hour


def require_api(plan: Plan) -> None:
    """Raise PlanRequired if the plan has no API."""
    if not PLANS[plan].api:
        raise PlanRequired(plan)


def require_scope(granted: Collection[Scope], needed: Scope) -> None:
    """Raise ScopeRequired unless the needed scope is granted."""
    if needed not in granted:
        raise ScopeRequired(needed)


def require_role(role: Role, needed: Role) -> None:
    """Raise RoleRequired if `role` may do less than the needed one."""
    if not reaches(role, needed):
        raise RoleRequired(needed)


def reaches(role: Role, needed: Role) -> bool:
    """Whether a role may do all that the needed one may."""
    order = tuple(Role)
    return order.index(role) >= order.index(needed)


def role_to_manage(role: Role) -> Role:
    """The lowest role that may invite or remove somebody of that role."""
    return Role.MANAGER if role is Role.STAFF else Role.OWNER


def higher(first: Role, second: Role) -> Role:
    """The one of two roles that may do more."""
    return max(first, second, key=list(Role).index)


def check_removal(role: Role, owners: int) -> None:
    """Raise LastOwner if `role` is that of the only owner; `owners` is how many owners the shop has."""
    if role is Role.OWNER and owners <= 1:
        raise LastOwner
