"""Answers of the counter: the core's outcome, and the bytes stored for replays. Nothing is decided here."""

from typing import Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.json import Decoder

from loyalty_core.outcomes import Claimed, Erased, Expired, Merged, Redeemed, Stamped, Unmerged, Voided
from loyalty_core.views import CustomerView

AnyOutcome = CustomerView | Claimed | Stamped | Redeemed | Voided | Erased | Expired | Merged | Unmerged | None
"""All possible outcomes. None: what was to be done is not due."""

Outcome_co = TypeVar("Outcome_co", covariant=True)

CUSTOMER: Decoder[CustomerView] = Decoder(CustomerView)
CLAIMED: Decoder[Claimed] = Decoder(Claimed)
STAMPED: Decoder[Stamped] = Decoder(Stamped)
REDEEMED: Decoder[Redeemed] = Decoder(Redeemed)
VOIDED: Decoder[Voided] = Decoder(Voided)
ERASED: Decoder[Erased] = Decoder(Erased)
MERGED: Decoder[Merged] = Decoder(Merged)
UNMERGED: Decoder[Unmerged] = Decoder(Unmerged)
GIVEN: Decoder[Stamped | None] = Decoder(Stamped | None)
EXPIRED: Decoder[Expired | None] = Decoder(Expired | None)


class Reply(msgspec.Struct, frozen=True):
    """The result of an accepted request in a batch. A replay has only the bytes.

    `newcomer` is the id of a customer whose first visit it was, where somebody may be thanked for that.
    """

    body: bytes
    outcome: AnyOutcome | UnsetType = UNSET
    newcomer: int | None = None

    @property
    def replayed(self) -> bool:
        """Whether this repeats an earlier answer."""
        return self.outcome is UNSET


class Answer(Generic[Outcome_co]):
    """The result of an accepted request.

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
        """The outcome. For a replay it is decoded from the bytes on first use."""
        if self._outcome is UNSET:
            self._outcome = self._decoder.decode(self.body)
        return self._outcome
