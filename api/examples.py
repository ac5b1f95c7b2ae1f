"""Examples: every answer that the reference shows, for one customer of a café."""

from datetime import UTC, date, datetime, timedelta

import msgspec
from msgspec.structs import replace

from api.problems import BatchOutcome, problem_of
from loyalty_app.card_pages.links import CardLinkRevoked, CardLinkView
from loyalty_app.customers.flags import FlagView
from loyalty_app.importing.import_jobs import ImportQueued, ImportRemark, ImportView
from loyalty_app.pagination import Page, Pagination
from loyalty_app.shops.api_keys import KeyBusiness, KeyLimits, KeyView
from loyalty_app.shops.workplaces import BranchView
from loyalty_app.webhooks.delivery_log import AttemptView, DeliveryView
from loyalty_app.webhooks.endpoints import LastDelivery, NewWebhookView, WebhookView
from loyalty_app.webhooks.event_log import EventPage, LoggedEvent
from loyalty_core.access import Plan, Scope
from loyalty_core.analytics import BranchFigures, CurrentFigures, DayTotals, period_of, program_figures, summarise
from loyalty_core.bonus_hours import BonusHours
from loyalty_core.errors import CustomerNotFound
from loyalty_core.fields import CustomerId
from loyalty_core.flags import FlagKind
from loyalty_core.ledger import ActorType, EntryType
from loyalty_core.outcomes import Erased, Merged, Redeemed, Stamped, Unmerged, Voided
from loyalty_core.owed import OwedBranch, owed_by, summed_up
from loyalty_core.programs import Program, Surplus, Terms
from loyalty_core.rewards import RewardStatus
from loyalty_core.steps import Step
from loyalty_core.views import (
    ActorView,
    CardView,
    CustomerDetails,
    CustomerView,
    NextReward,
    ProgramView,
    RewardView,
    TransactionView,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
JOINED = NOW - timedelta(days=40)

CARD = CardView(
    program_id=12,
    title=None,
    current_stamps=0,
    stamps_required=10,
    total_stamps=10,
    total_visits=8,
    rewards_available=1,
    next_reward=NextReward(stamps_to_go=10, reward_description="A coffee of your choice"),
)
CUSTOMER = CustomerView(
    id=CustomerId(42),
    qr_code="CUS12AB34CD56",
    name="Ana Lovelace",
    phone="+14155552671",
    email="ana@example.com",
    birthday=date(1990, 5, 17),
    current_stamps=0,
    stamps_required=10,
    total_stamps=10,
    total_visits=8,
    rewards_earned=1,
    rewards_available=1,
    last_visit_at=NOW,
    created_at=JOINED,
    updated_at=NOW,
    version=9,
    cards=(CARD,),
)
NEW_CUSTOMER = CustomerView(
    id=CustomerId(42),
    qr_code="CUS12AB34CD56",
    name="Ana Lovelace",
    phone="+14155552671",
    email="ana@example.com",
    birthday=None,
    current_stamps=0,
    stamps_required=10,
    total_stamps=0,
    total_visits=0,
    rewards_earned=0,
    rewards_available=0,
    last_visit_at=None,
    created_at=NOW,
    updated_at=NOW,
    version=1,
    cards=(msgspec.structs.replace(CARD, total_stamps=0, total_visits=0, rewards_available=0),),
)
REWARD = RewardView(
    id=7,
    customer_id=42,
    description="A coffee of your choice",
    status=RewardStatus.AVAILABLE,
    earned_at=NOW,
    redeemed_at=None,
    expires_at=None,
    program_id=12,
)
USED_REWARD = RewardView(
    id=7,
    customer_id=42,
    description="A coffee of your choice",
    status=RewardStatus.REDEEMED,
    earned_at=NOW,
    redeemed_at=NOW + timedelta(minutes=5),
    expires_at=None,
    program_id=12,
)
TRANSACTION = TransactionView(
    id=1001,
    type=EntryType.STAMP,
    stamps=2,
    customer_id=42,
    reward_id=None,
    branch_id=None,
    order_ref="till-1-2026-03-02-000123",
    actor=ActorView(ActorType.API_KEY, 3, "Till at the door"),
    occurred_at=NOW,
    voided_by=None,
    voids=None,
    bonus_stamps=0,
    occasion=None,
    program_id=12,
)
STAMPED = Stamped(
    transaction_id=1001,
    program_id=12,
    stamps_added=2,
    current_stamps=0,
    stamps_required=10,
    total_stamps=10,
    reward_earned=True,
    rewards=(REWARD,),
    customer=CUSTOMER,
    bonus_stamps=0,
)
BATCH: dict[str, object] = {
    "items": [
        {
            "idempotency_key": "till-1-2026-03-02-000124",
            "qr_code": "CUS12AB34CD56",
            "stamps": 2,
            "occurred_at": "2026-03-02T09:12:00Z",
        },
        {"idempotency_key": "till-1-2026-03-02-000125", "qr_code": "CUS0000000000"},
    ]
}
BATCH_OUTCOMES = [
    BatchOutcome(status=200, idempotency_key="till-1-2026-03-02-000124", replayed=False, outcome=STAMPED),
    BatchOutcome(
        status=404, idempotency_key="till-1-2026-03-02-000125", problem=problem_of(CustomerNotFound(), "a1b2c3d4e5")
    ),
]
REDEEMED = Redeemed(transaction_id=1002, reward=USED_REWARD, customer=CUSTOMER)
VOIDED = Voided(transaction_id=1003, voided_transaction_id=1001, customer=CUSTOMER)
OTHER_CUSTOMER = replace(CUSTOMER, id=CustomerId(43), qr_code="CUS34EF56GH78", name="Ana L.", phone=None, email=None)
MERGED_CUSTOMER_ID = 44
MERGED = Merged(customer=CUSTOMER, other=OTHER_CUSTOMER)
UNMERGED = Unmerged(customer=CUSTOMER, other=replace(OTHER_CUSTOMER, id=CustomerId(MERGED_CUSTOMER_ID)))
ERASED = Erased(id=42, qr_code="CUS12AB34CD56")
PROGRAM = ProgramView(
    name="Café Ada",
    stamps_required=10,
    reward_description="A coffee of your choice",
    surplus=Surplus.RESET,
    cooldown_seconds=0,
    daily_stamp_cap=None,
    reward_valid_days=None,
    updated_at=JOINED,
    version=1,
    steps=(Step(stamps=5, reward_description="A biscuit"),),
    opening_stamps=1,
    bonus_hours=(BonusHours(weekdays=(1, 2), begin="14:00", end="16:00", factor=2),),
    id=12,
    title=None,
    main=True,
    archived=False,
)
OTHER_PROGRAM = msgspec.structs.replace(
    PROGRAM, id=31, title="Salads", main=False, stamps_required=8, reward_description="A salad of your choice"
)
DETAILS = CustomerDetails(
    **{name: getattr(CUSTOMER, name) for name in CUSTOMER.__struct_fields__},
    recent_transactions=(TRANSACTION,),
    rewards=(REWARD,),
    opted_out=False,
)
DAY = DayTotals(visits=31, stamps_added=40, new_customers=3, rewards_earned=4, rewards_redeemed=3)
WEEKEND = summarise(period_of(2, NOW.date(), "Europe/Berlin"), {NOW.date(): DAY}, CurrentFigures(310, 12, 28, 25))
AT_STATION = BranchFigures(branch_id=2, name="At the station", visits=31, stamps=40)
SUMMARY = replace(WEEKEND, programs=(program_figures(7, None, DAY, 12),), branches=(AT_STATION,))
FLAG = FlagView(
    id=8009,
    kind=FlagKind.MANY_VISITS,
    day=NOW.date(),
    number=6,
    transaction_id=1001,
    type=EntryType.STAMP,
    stamps=1,
    customer_id=42,
    branch_id=None,
    actor=ActorView(ActorType.STAFF, 4, "Ana"),
    occurred_at=NOW,
    undone=False,
)
PRICED = Terms(
    version=2, stamps_required=10, reward_description="A coffee", updated_at=JOINED, reward_cost=120, currency="EUR"
)
REWARDS_SUMMARY = summed_up(
    [owed_by(Program("Bean & Leaf", (PRICED,)), 12, business_id=1)],
    ages=(4, 5, 2, 1),
    branches=(OwedBranch(branch_id=2, name="At the station", outstanding=12),),
    redeemed=27,
    expired=1,
)


def page(row: object) -> Page[object]:
    """A list of one row."""
    return Page([row], Pagination(page=1, limit=50, total=1, pages=1, next_cursor=None))


CARD_LINK = CardLinkView(
    customer_id=42, url="https://cards.example.com/c/4fK0yQm7ZtLw2Bv9RxN3cHs8JdGpEa1u", created_at=NOW
)
CARD_LINK_REVOKED = CardLinkRevoked(customer_id=42, revoked=True)
BRANCH = BranchView(2, "At the station", JOINED)
KEY = KeyView(
    id=3,
    name="Till at the door",
    starts_with="ll_0Wq3xZ8k",
    scopes=(Scope.CUSTOMERS_READ, Scope.STAMPS_WRITE),
    limits=KeyLimits(requests_per_hour=1_000, customers=None),
    business=KeyBusiness(
        id=1, name="Café Ada", plan=Plan.PROFESSIONAL, timezone="Europe/Berlin", country="DE", test=False
    ),
    created_at=JOINED,
    expires_at=None,
)
WEBHOOK = WebhookView(
    id=5,
    url="https://example.com/hook",
    events=("stamp.added", "reward.redeemed"),
    active=True,
    created_at=JOINED,
    secret_hint="c2U=",
    last_delivery=LastDelivery(NOW, "delivered", 200),
)
NEW_WEBHOOK = NewWebhookView(
    id=5,
    url="https://example.com/hook",
    events=("stamp.added", "reward.redeemed"),
    active=True,
    created_at=NOW,
    secret_hint="c2U=",
    last_delivery=None,
    secret="whsec_bm90IGEgc2VjcmV0LCBvbmx5IGFuIGV4YW1wbGUgb2Ygb25lLi4uc2U=",
)
DELIVERY = DeliveryView(
    id=901,
    event_id="msg_019cae2b7f405d1f2a3b4c5d6e7f",
    event_type="stamp.added",
    status="delivered",
    created_at=NOW,
    next_attempt_at=None,
    attempts=(AttemptView(1, NOW, 84, 200, None, "ok"),),
)
EVENT = LoggedEvent(
    id="msg_019cae2b7f40000001d1f2a3b4c5d6e7f8",
    type="stamp.added",
    timestamp=NOW,
    data=msgspec.Raw(msgspec.json.encode(STAMPED)),
)
EVENTS = msgspec.json.decode(
    msgspec.json.encode(
        EventPage(
            [msgspec.Raw(msgspec.json.encode(EVENT))],
            Pagination(page=1, limit=50, total=1, pages=1, next_cursor=None),
            "WyJldmVudHMiLCJtc2dfMDE5Y2FlMmI3ZjQwIl0",
        )
    )
)
IMPORT_QUEUED = ImportQueued(11, "queued", "/v1/imports/11")
IMPORT = ImportView(
    id=11,
    status="done",
    created_at=NOW,
    finished_at=NOW + timedelta(seconds=1),
    total=2,
    done=2,
    imported=1,
    already_there=1,
    left_out=0,
    report=(ImportRemark(0, "already_there", None, "customer 42 has that phone number", 42),),
)
