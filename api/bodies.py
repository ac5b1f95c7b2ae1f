"""Bodies and queries: the shapes of what integrators send, where they differ from the orders of the core.

`api/parsing.py` reads them.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from loyalty_app.importing.candidates import ListedCustomer
from loyalty_app.pagination import MOST_ROWS, PageRequest
from loyalty_core.events import EVENT_TYPES
from loyalty_core.fields import Birthday, EmailText, Id, Name, OrderRef, PhoneText, Reason, StampsToUndo
from loyalty_core.gifts import AwayDays
from loyalty_core.ledger import EntryType
from loyalty_core.rewards import RewardStatus
from loyalty_core.stamping import StampOrder

PageNumber = Annotated[int, Meta(ge=1, le=2**31, description="a whole number, 1 or more")]
Limit = Annotated[int, Meta(ge=1, le=MOST_ROWS, description="a whole number from 1 to 100")]
Cursor = Annotated[str, Meta(min_length=1, max_length=200, description="the next_cursor of the answer before")]
Days = Annotated[int, Meta(ge=1, le=365, description="a whole number from 1 to 365")]
WebhookUrl = Annotated[str, Meta(min_length=1, max_length=2_048, description="an https URL of at most 2048 characters")]
EventNames = Annotated[
    tuple[str, ...], Meta(min_length=1, description=f"a list of one or more of {', '.join(EVENT_TYPES)}")
]
ID_OR_CODE = "a positive whole number of at most 64 bits, or a customer's code"
CustomerText = Annotated[str, Meta(min_length=1, max_length=300, description=ID_OR_CODE)]
"""A customer by id or by code; `parsing.customer_ref` reads it."""
Since = Annotated[datetime, Meta(tz=True, description="a time with its zone, as 2026-03-01T09:30:00Z")]
SearchText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00]+(?![\s\S])",
        description="a text of 1 to 100 characters; name, phone and e-mail are looked through",
    ),
]


class NewCustomer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer who joins."""

    name: Name
    phone: PhoneText
    email: EmailText | None = None
    birthday: Birthday | None = None


class CustomerList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customers to be imported."""

    customers: Annotated[
        tuple[ListedCustomer, ...],
        Meta(
            min_length=1,
            max_length=1_000,
            description="a list of 1 to 1000 customers, each an object with a name and, where they are known, phone, "
            "email, birthday and joined_at (texts) and stamps (a whole number)",
        ),
    ]


MOST_ITEMS = 500
Key = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+(?![\s\S])",
        description="1 to 255 visible ASCII characters, as in the header Idempotency-Key",
    ),
]


class BatchItem(StampOrder, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One stamp of a batch, on the card that it names by `qr_code` or by `customer_id`."""

    idempotency_key: Key
    qr_code: Annotated[str, Meta(min_length=1, max_length=300, description="a QR code, or its link")] | None = None
    customer_id: Id | None = None


class StampBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stamps that a till has gathered."""

    items: Annotated[
        tuple[BatchItem, ...], Meta(min_length=1, max_length=MOST_ITEMS, description="a list of 1 to 500 stamps")
    ]


class RawBatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same before its items are read, each by itself."""

    items: Annotated[
        tuple[msgspec.Raw, ...], Meta(min_length=1, max_length=MOST_ITEMS, description="a list of 1 to 500 stamps")
    ]


class VoidOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something is undone, and how many of its stamps, if not all."""

    reason: Reason | None = None
    stamps: StampsToUndo | None = None


class MergeOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which customer is to be merged into the one of the path, or was."""

    from_id: Id


class WebhookOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events are to be sent, and which."""

    url: WebhookUrl
    events: EventNames


class WebhookPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change at an endpoint; a field that is not set stays as it is."""

    url: WebhookUrl | UnsetType = UNSET
    events: EventNames | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class NoBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An empty object."""


class ReplayOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be sent again: one delivery, or everything since a time."""

    delivery_id: Id | None = None
    since: Since | None = None


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a list to show."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None

    def page_request(self) -> PageRequest:
        """The page as the lists take it."""
        return PageRequest(page=self.page, limit=self.limit, cursor=self.cursor)


class CustomerQuery(PageQuery, frozen=True, kw_only=True):
    """Which customers to list."""

    phone: PhoneText | None = None
    q: SearchText | None = None
    updated_since: Since | None = None


class LedgerQuery(PageQuery, frozen=True, kw_only=True):
    """Which entries of the ledger to list."""

    order_ref: OrderRef | None = None
    type: EntryType | None = None
    customer_id: CustomerText | None = None
    branch_id: Id | None = None
    since: Since | None = None
    until: Since | None = None


class EventQuery(PageQuery, frozen=True, kw_only=True):
    """From where on to list events."""

    since: Since | None = None


class FlagQuery(PageQuery, frozen=True, kw_only=True):
    """From where on to list flags."""

    since: Since | None = None


class RewardQuery(PageQuery, frozen=True, kw_only=True):
    """Which rewards to list."""

    status: RewardStatus | None = None


class WinBackQuery(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days without a visit; without them, as the shop has set it, or 60."""

    after_days: AwayDays | None = None


class AnalyticsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which days to sum up, and of which program or branch; without them, the whole shop."""

    days: Days = 30
    program_id: Id | None = None
    branch_id: Id | None = None
