"""Lines of API keys as people read them: what a key may do, when it was used, and what is left of its hour."""

from datetime import UTC, datetime

import msgspec

from api.pages.desk.frame import DeskVisit
from api.rate_limits import RateLimitState
from loyalty_app.shops.api_keys import KeyInfo
from loyalty_app.words import N_
from loyalty_core.access import PREFIX, Scope

SCOPES: dict[Scope, str] = {
    Scope.CUSTOMERS_READ: N_("see customers, their cards and the ledger"),
    Scope.CUSTOMERS_WRITE: N_("add, import, change and erase customers"),
    Scope.STAMPS_WRITE: N_("give stamps and undo"),
    Scope.REWARDS_READ: N_("see rewards"),
    Scope.REWARDS_WRITE: N_("hand out rewards"),
    Scope.PROGRAM_READ: N_("see the program and the branches"),
    Scope.PROGRAM_WRITE: N_("change the program"),
    Scope.ANALYTICS_READ: N_("see the figures"),
    Scope.WEBHOOKS_READ: N_("see webhooks and what was sent to them"),
    Scope.WEBHOOKS_WRITE: N_("add, change and delete webhooks"),
}
"""What each scope lets a key do."""


class KeyLine(msgspec.Struct, frozen=True, kw_only=True):
    """One key in words. `opens` is set while it is valid; `end` is when it was revoked, or when it expires."""

    key_id: int
    name: str
    starts_with: str
    scopes: tuple[Scope, ...]
    every_scope: bool
    made: str
    used: str
    end: str
    opens: bool
    revoked: bool
    test: bool
    asked: int
    left: int
    resets: str


def key_line(visit: DeskVisit, key: KeyInfo, rate: RateLimitState, *, test: bool) -> KeyLine:
    """One key, with its place in this hour."""
    end = key.revoked_at or key.expires_at
    return KeyLine(
        key_id=key.key_id,
        name=key.name,
        starts_with=PREFIX + key.public_id,
        scopes=tuple(scope for scope in Scope if scope in key.scopes),
        every_scope=len(key.scopes) == len(Scope),
        made=visit.moment(key.created_at),
        used=visit.moment(key.last_used_at) if key.last_used_at else "",
        end=visit.moment(end) if end else "",
        opens=key.revoked_at is None and (end is None or end > visit.now),
        revoked=key.revoked_at is not None,
        test=test,
        asked=rate.limit - rate.remaining,
        left=rate.remaining,
        resets=visit.moment(datetime.fromtimestamp(rate.reset, UTC)),
    )
