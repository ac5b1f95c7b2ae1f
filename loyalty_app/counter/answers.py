"""What the counter answers: an outcome of the core, and the bytes that are stored for who asks again."""

from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.json import Decoder

from loyalty_core.outcomes import Claimed, Erased, Expired, Redeemed, Stamped, Voided
from loyalty_core.views import CustomerView

AnyOutcome = CustomerView | Claimed | Stamped | Redeemed | Voided | Erased | Expired | None
"""What may come of an order. An order to expire a reward that is not due comes to nothing."""

Outcome_co = TypeVar("Outcome_co", covariant=True)

CUSTOMER: Decoder[CustomerView] = Decoder(CustomerView)
CLAIMED: Decoder[Claimed] = Decoder(Claimed)
STAMPED: Decoder[Stamped] = Decoder(Stamped)
REDEEMED: Decoder[Redeemed] = Decoder(Redeemed)
VOIDED: Decoder[Voided] = Decoder(Voided)
ERASED: Decoder[Erased] = Decoder(Erased)
EXPIRED: Decoder[Expired | None] = Decoder(Expired | None)


class Reply(msgspec.Struct, frozen=True):
    """What a batch has made of an accepted request. A replay has the bytes alone."""

    body: bytes
    outcome: AnyOutcome | UnsetType = UNSET

    @property
    def replayed(self) -> bool:
        """Whether this is the first answer once more."""
        return self.outcome is UNSET


class Answer(Generic[Outcome_co]):
    """What came of an accepted request.

    `body` is the outcome as JSON, the same bytes for every replay; `replayed` says whether this is one.
    """

    __slots__ = ("_decoder", "_outcome", "body", "replayed")

    def __init__(
        self,
        body: bytes,
        decoder: Decoder[Outcome_co],
        *,
        outcome: Outcome_co | UnsetType = UNSET,
        replayed: bool = False,
    ) -> None:
        self.body, self.replayed = body, replayed
        self._decoder, self._outcome = decoder, outcome

    @property
    def outcome(self) -> Outcome_co:
        """The outcome, as it was decided. That of a replay is read from its bytes when somebody asks."""
        if self._outcome is UNSET:
            self._outcome = self._decoder.decode(self.body)
        return self._outcome
