"""The operations of the service, made from the OpenAPI by `make sdks`. Change nothing here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from loyaltyloop import models
from loyaltyloop._calls import NOT_GIVEN, Answer, Call, NotGiven, path_of
from loyaltyloop._events import Event
from loyaltyloop._model import shaped
from loyaltyloop.pages import Listing

Run = Callable[[Call], Answer]


class Customers:
    """Operations on customers."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
        phone: str | NotGiven = NOT_GIVEN,
        q: str | NotGiven = NOT_GIVEN,
        updated_since: str | datetime | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Customer]:
        """List customers. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/customers",
            query={
                "limit": limit,
                "phone": phone,
                "q": q,
                "updated_since": updated_since,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Customer, fetch)

    def create(
        self,
        *,
        name: str,
        phone: str,
        email: str | None | NotGiven = NOT_GIVEN,
        birthday: str | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Customer:
        """Create a customer. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            "/customers",
            body={
                "name": name,
                "phone": phone,
                "email": email,
                "birthday": birthday,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Customer, answer.json()["data"])  # type: ignore[no-any-return]

    def get(
        self,
        customer: int | str,
    ) -> models.CustomerDetails:
        """Get a customer by id. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/customers/{id}", customer, "/customers/qr/{qr_code}"),
        )
        answer = self._run(call)
        return shaped(models.CustomerDetails, answer.json()["data"])  # type: ignore[no-any-return]

    def update(
        self,
        customer: int | str,
        *,
        name: str | NotGiven = NOT_GIVEN,
        phone: str | None | NotGiven = NOT_GIVEN,
        email: str | None | NotGiven = NOT_GIVEN,
        birthday: str | None | NotGiven = NOT_GIVEN,
        opted_out: bool | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Customer:
        """Change a customer's profile. Raises LoyaltyLoopError."""
        call = Call.of(
            "PATCH",
            path_of("/customers/{id}", customer),
            body={
                "name": name,
                "phone": phone,
                "email": email,
                "birthday": birthday,
                "opted_out": opted_out,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Customer, answer.json()["data"])  # type: ignore[no-any-return]

    def delete(
        self,
        customer: int | str,
        *,
        idempotency_key: str | None = None,
    ) -> models.DeletedCustomer:
        """Erase a customer's personal data. Raises LoyaltyLoopError."""
        call = Call.of(
            "DELETE",
            path_of("/customers/{id}", customer),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.DeletedCustomer, answer.json()["data"])  # type: ignore[no-any-return]

    def get_by_code(
        self,
        customer: str,
    ) -> models.CustomerDetails:
        """Look a customer up by QR code. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/customers/qr/{qr_code}", customer),
        )
        answer = self._run(call)
        return shaped(models.CustomerDetails, answer.json()["data"])  # type: ignore[no-any-return]

    def list_transactions(
        self,
        customer: int | str,
        *,
        limit: int | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Transaction]:
        """List what was done to a card. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/customers/{id}/transactions", customer),
            query={
                "limit": limit,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Transaction, fetch)

    def list_rewards(
        self,
        customer: int | str,
        *,
        limit: int | NotGiven = NOT_GIVEN,
        status: models.RewardStatus | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Reward]:
        """List a customer's rewards. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/customers/{id}/rewards", customer),
            query={
                "limit": limit,
                "status": status,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Reward, fetch)

    def merge(
        self,
        customer: int | str,
        *,
        from_id: int,
        idempotency_key: str | None = None,
    ) -> models.Merged:
        """Merge two customers. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/customers/{id}/merge", customer),
            body={
                "from_id": from_id,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Merged, answer.json()["data"])  # type: ignore[no-any-return]

    def unmerge(
        self,
        customer: int | str,
        *,
        from_id: int,
        idempotency_key: str | None = None,
    ) -> models.Unmerged:
        """Take a merge back. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/customers/{id}/unmerge", customer),
            body={
                "from_id": from_id,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Unmerged, answer.json()["data"])  # type: ignore[no-any-return]

    def card(
        self,
        customer: int | str,
    ) -> bytes:
        """Get the picture of a card. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/customers/{id}/card.png", customer),
        )
        return (self._run(call)).body

    def card_link(
        self,
        customer: int | str,
        *,
        idempotency_key: str | None = None,
    ) -> models.CardLink:
        """Get the private link of a card. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/customers/{id}/card-link", customer),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.CardLink, answer.json()["data"])  # type: ignore[no-any-return]

    def revoke_card_link(
        self,
        customer: int | str,
        *,
        idempotency_key: str | None = None,
    ) -> models.CardLinkRevoked:
        """Revoke the private link of a card. Raises LoyaltyLoopError."""
        call = Call.of(
            "DELETE",
            path_of("/customers/{id}/card-link", customer),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.CardLinkRevoked, answer.json()["data"])  # type: ignore[no-any-return]

    def stamp(
        self,
        customer: int | str,
        *,
        stamps: int | NotGiven = NOT_GIVEN,
        branch_id: int | None | NotGiven = NOT_GIVEN,
        order_ref: str | None | NotGiven = NOT_GIVEN,
        occurred_at: str | datetime | None | NotGiven = NOT_GIVEN,
        program_id: int | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Stamped:
        """Add stamps by id. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/customers/{id}/stamps", customer, "/customers/qr/{qr_code}/stamps"),
            body={
                "stamps": stamps,
                "branch_id": branch_id,
                "order_ref": order_ref,
                "occurred_at": occurred_at,
                "program_id": program_id,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Stamped, answer.json()["data"])  # type: ignore[no-any-return]

    def redeem(
        self,
        customer: int | str,
        *,
        reward_id: int | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Redeemed:
        """Redeem a reward by id. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/customers/{id}/redeem", customer, "/customers/qr/{qr_code}/redeem"),
            body={
                "reward_id": reward_id,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Redeemed, answer.json()["data"])  # type: ignore[no-any-return]


class Imports:
    """Operations on imports."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def create(
        self,
        *,
        customers: Sequence[Mapping[str, Any]],
        idempotency_key: str | None = None,
    ) -> models.QueuedImport:
        """Import customers. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            "/customers/import",
            body={
                "customers": customers,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.QueuedImport, answer.json()["data"])  # type: ignore[no-any-return]

    def get(
        self,
        import_id: int,
    ) -> models.Import:
        """See what became of an import. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/imports/{id}", import_id),
        )
        answer = self._run(call)
        return shaped(models.Import, answer.json()["data"])  # type: ignore[no-any-return]


class Stamps:
    """Operations on stamps."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def batch(
        self,
        *,
        items: Sequence[Mapping[str, Any]],
        idempotency_key: str | None = None,
    ) -> list[models.BatchOutcome]:
        """Add stamps that a till has gathered. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            "/stamps/batch",
            body={
                "items": items,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.BatchOutcome, answer.json()["data"])  # type: ignore[no-any-return]


class Transactions:
    """Operations on transactions."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
        order_ref: str | NotGiven = NOT_GIVEN,
        type: models.EntryType | NotGiven = NOT_GIVEN,
        customer_id: int | str | NotGiven = NOT_GIVEN,
        branch_id: int | NotGiven = NOT_GIVEN,
        since: str | datetime | NotGiven = NOT_GIVEN,
        until: str | datetime | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Transaction]:
        """List transactions. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/transactions",
            query={
                "limit": limit,
                "order_ref": order_ref,
                "type": type,
                "customer_id": customer_id,
                "branch_id": branch_id,
                "since": since,
                "until": until,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Transaction, fetch)

    def get(
        self,
        transaction_id: int,
    ) -> models.Transaction:
        """Get a transaction. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/transactions/{id}", transaction_id),
        )
        answer = self._run(call)
        return shaped(models.Transaction, answer.json()["data"])  # type: ignore[no-any-return]

    def void(
        self,
        transaction_id: int,
        *,
        reason: str | None | NotGiven = NOT_GIVEN,
        stamps: int | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Voided:
        """Undo a stamp or a redemption. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/transactions/{id}/void", transaction_id),
            body={
                "reason": reason,
                "stamps": stamps,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Voided, answer.json()["data"])  # type: ignore[no-any-return]


class Events:
    """Operations on events."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
        since: str | datetime | NotGiven = NOT_GIVEN,
    ) -> Listing[Event]:
        """List events. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/events",
            query={
                "limit": limit,
                "since": since,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(Event, fetch)


class Rewards:
    """Operations on rewards."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
        status: models.RewardStatus | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Reward]:
        """List rewards. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/rewards",
            query={
                "limit": limit,
                "status": status,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Reward, fetch)

    def summary(
        self,
    ) -> models.RewardsSummary:
        """Sum up what the shop owes. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/rewards/summary",
        )
        answer = self._run(call)
        return shaped(models.RewardsSummary, answer.json()["data"])  # type: ignore[no-any-return]


class Program:
    """Operations on program."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def get(
        self,
    ) -> models.Program:
        """Get the program. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/program",
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]

    def update(
        self,
        *,
        name: str | NotGiven = NOT_GIVEN,
        title: str | None | NotGiven = NOT_GIVEN,
        stamps_required: int | NotGiven = NOT_GIVEN,
        reward_description: str | NotGiven = NOT_GIVEN,
        surplus: models.Surplus | NotGiven = NOT_GIVEN,
        cooldown_seconds: int | NotGiven = NOT_GIVEN,
        daily_stamp_cap: int | None | NotGiven = NOT_GIVEN,
        reward_valid_days: int | None | NotGiven = NOT_GIVEN,
        card_codes: models.CardCodes | NotGiven = NOT_GIVEN,
        reward_cost: int | None | NotGiven = NOT_GIVEN,
        currency: str | None | NotGiven = NOT_GIVEN,
        steps: Sequence[Mapping[str, Any]] | NotGiven = NOT_GIVEN,
        opening_stamps: int | NotGiven = NOT_GIVEN,
        bonus_hours: Sequence[Mapping[str, Any]] | NotGiven = NOT_GIVEN,
        birthday: Mapping[str, Any] | None | NotGiven = NOT_GIVEN,
        win_back: Mapping[str, Any] | None | NotGiven = NOT_GIVEN,
        referral: Mapping[str, Any] | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Program:
        """Change the program. Raises LoyaltyLoopError."""
        call = Call.of(
            "PATCH",
            "/program",
            body={
                "name": name,
                "title": title,
                "stamps_required": stamps_required,
                "reward_description": reward_description,
                "surplus": surplus,
                "cooldown_seconds": cooldown_seconds,
                "daily_stamp_cap": daily_stamp_cap,
                "reward_valid_days": reward_valid_days,
                "card_codes": card_codes,
                "reward_cost": reward_cost,
                "currency": currency,
                "steps": steps,
                "opening_stamps": opening_stamps,
                "bonus_hours": bonus_hours,
                "birthday": birthday,
                "win_back": win_back,
                "referral": referral,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]

    def preview_win_back(
        self,
        *,
        after_days: int | NotGiven = NOT_GIVEN,
    ) -> models.WinBackPreview:
        """See how many would be won back now. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/program/win-back",
            query={
                "after_days": after_days,
            },
        )
        answer = self._run(call)
        return shaped(models.WinBackPreview, answer.json()["data"])  # type: ignore[no-any-return]


class Analytics:
    """Operations on analytics."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def get(
        self,
        *,
        days: int | NotGiven = NOT_GIVEN,
        program_id: int | NotGiven = NOT_GIVEN,
        branch_id: int | NotGiven = NOT_GIVEN,
    ) -> models.Analytics:
        """Get a summary of the program. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/analytics",
            query={
                "days": days,
                "program_id": program_id,
                "branch_id": branch_id,
            },
        )
        answer = self._run(call)
        return shaped(models.Analytics, answer.json()["data"])  # type: ignore[no-any-return]


class Programs:
    """Operations on programs."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Program]:
        """List the programs. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/programs",
            query={
                "limit": limit,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Program, fetch)

    def create(
        self,
        *,
        stamps_required: int,
        reward_description: str,
        title: str | None | NotGiven = NOT_GIVEN,
        surplus: models.Surplus | NotGiven = NOT_GIVEN,
        cooldown_seconds: int | NotGiven = NOT_GIVEN,
        daily_stamp_cap: int | None | NotGiven = NOT_GIVEN,
        reward_valid_days: int | None | NotGiven = NOT_GIVEN,
        reward_cost: int | None | NotGiven = NOT_GIVEN,
        currency: str | None | NotGiven = NOT_GIVEN,
        steps: Sequence[Mapping[str, Any]] | NotGiven = NOT_GIVEN,
        opening_stamps: int | NotGiven = NOT_GIVEN,
        bonus_hours: Sequence[Mapping[str, Any]] | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Program:
        """Add a program. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            "/programs",
            body={
                "stamps_required": stamps_required,
                "reward_description": reward_description,
                "title": title,
                "surplus": surplus,
                "cooldown_seconds": cooldown_seconds,
                "daily_stamp_cap": daily_stamp_cap,
                "reward_valid_days": reward_valid_days,
                "reward_cost": reward_cost,
                "currency": currency,
                "steps": steps,
                "opening_stamps": opening_stamps,
                "bonus_hours": bonus_hours,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]

    def get(
        self,
        program_id: int,
    ) -> models.Program:
        """Get a program. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/programs/{id}", program_id),
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]

    def update(
        self,
        program_id: int,
        *,
        name: str | NotGiven = NOT_GIVEN,
        title: str | None | NotGiven = NOT_GIVEN,
        stamps_required: int | NotGiven = NOT_GIVEN,
        reward_description: str | NotGiven = NOT_GIVEN,
        surplus: models.Surplus | NotGiven = NOT_GIVEN,
        cooldown_seconds: int | NotGiven = NOT_GIVEN,
        daily_stamp_cap: int | None | NotGiven = NOT_GIVEN,
        reward_valid_days: int | None | NotGiven = NOT_GIVEN,
        card_codes: models.CardCodes | NotGiven = NOT_GIVEN,
        reward_cost: int | None | NotGiven = NOT_GIVEN,
        currency: str | None | NotGiven = NOT_GIVEN,
        steps: Sequence[Mapping[str, Any]] | NotGiven = NOT_GIVEN,
        opening_stamps: int | NotGiven = NOT_GIVEN,
        bonus_hours: Sequence[Mapping[str, Any]] | NotGiven = NOT_GIVEN,
        birthday: Mapping[str, Any] | None | NotGiven = NOT_GIVEN,
        win_back: Mapping[str, Any] | None | NotGiven = NOT_GIVEN,
        referral: Mapping[str, Any] | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Program:
        """Change a program. Raises LoyaltyLoopError."""
        call = Call.of(
            "PATCH",
            path_of("/programs/{id}", program_id),
            body={
                "name": name,
                "title": title,
                "stamps_required": stamps_required,
                "reward_description": reward_description,
                "surplus": surplus,
                "cooldown_seconds": cooldown_seconds,
                "daily_stamp_cap": daily_stamp_cap,
                "reward_valid_days": reward_valid_days,
                "card_codes": card_codes,
                "reward_cost": reward_cost,
                "currency": currency,
                "steps": steps,
                "opening_stamps": opening_stamps,
                "bonus_hours": bonus_hours,
                "birthday": birthday,
                "win_back": win_back,
                "referral": referral,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]

    def archive(
        self,
        program_id: int,
        *,
        idempotency_key: str | None = None,
    ) -> models.Program:
        """Archive a program. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/programs/{id}/archive", program_id),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]

    def make_main(
        self,
        program_id: int,
        *,
        idempotency_key: str | None = None,
    ) -> models.Program:
        """Make a program the main one. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/programs/{id}/make-main", program_id),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Program, answer.json()["data"])  # type: ignore[no-any-return]


class Webhooks:
    """Operations on webhooks."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Webhook]:
        """List webhooks. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/webhooks",
            query={
                "limit": limit,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Webhook, fetch)

    def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        idempotency_key: str | None = None,
    ) -> models.WebhookWithSecret:
        """Register a webhook. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            "/webhooks",
            body={
                "url": url,
                "events": events,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.WebhookWithSecret, answer.json()["data"])  # type: ignore[no-any-return]

    def get(
        self,
        webhook_id: int,
    ) -> models.Webhook:
        """Get a webhook. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/webhooks/{id}", webhook_id),
        )
        answer = self._run(call)
        return shaped(models.Webhook, answer.json()["data"])  # type: ignore[no-any-return]

    def update(
        self,
        webhook_id: int,
        *,
        url: str | NotGiven = NOT_GIVEN,
        events: Sequence[str] | NotGiven = NOT_GIVEN,
        active: bool | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.Webhook:
        """Change a webhook. Raises LoyaltyLoopError."""
        call = Call.of(
            "PATCH",
            path_of("/webhooks/{id}", webhook_id),
            body={
                "url": url,
                "events": events,
                "active": active,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.Webhook, answer.json()["data"])  # type: ignore[no-any-return]

    def delete(
        self,
        webhook_id: int,
        *,
        idempotency_key: str | None = None,
    ) -> models.DeletedWebhook:
        """Delete a webhook. Raises LoyaltyLoopError."""
        call = Call.of(
            "DELETE",
            path_of("/webhooks/{id}", webhook_id),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.DeletedWebhook, answer.json()["data"])  # type: ignore[no-any-return]

    def rotate_secret(
        self,
        webhook_id: int,
        *,
        idempotency_key: str | None = None,
    ) -> models.WebhookWithSecret:
        """Give a webhook a new secret. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/webhooks/{id}/rotate-secret", webhook_id),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.WebhookWithSecret, answer.json()["data"])  # type: ignore[no-any-return]

    def test(
        self,
        webhook_id: int,
        *,
        idempotency_key: str | None = None,
    ) -> models.QueuedDeliveries:
        """Send a test event. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/webhooks/{id}/test", webhook_id),
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.QueuedDeliveries, answer.json()["data"])  # type: ignore[no-any-return]

    def list_deliveries(
        self,
        webhook_id: int,
        *,
        limit: int | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Delivery]:
        """List what was sent to a webhook. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            path_of("/webhooks/{id}/deliveries", webhook_id),
            query={
                "limit": limit,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Delivery, fetch)

    def replay(
        self,
        webhook_id: int,
        *,
        delivery_id: int | None | NotGiven = NOT_GIVEN,
        since: str | datetime | None | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.QueuedDeliveries:
        """Send again. Raises LoyaltyLoopError."""
        call = Call.of(
            "POST",
            path_of("/webhooks/{id}/replay", webhook_id),
            body={
                "delivery_id": delivery_id,
                "since": since,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.QueuedDeliveries, answer.json()["data"])  # type: ignore[no-any-return]


class Key:
    """Operations on key."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def get(
        self,
    ) -> models.Key:
        """See what the key may do. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/key",
        )
        answer = self._run(call)
        return shaped(models.Key, answer.json()["data"])  # type: ignore[no-any-return]


class Branches:
    """Operations on branches."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Branch]:
        """List branches. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/branches",
            query={
                "limit": limit,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Branch, fetch)


class Flags:
    """Operations on flags."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def list(
        self,
        *,
        limit: int | NotGiven = NOT_GIVEN,
        since: str | datetime | NotGiven = NOT_GIVEN,
    ) -> Listing[models.Flag]:
        """List what was flagged. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/flags",
            query={
                "limit": limit,
                "since": since,
            },
        )

        def fetch(cursor: str | None) -> Any:
            return (self._run(call.at(cursor))).json()

        return Listing(models.Flag, fetch)

    def get_rules(
        self,
    ) -> models.FlagRules:
        """See what is flagged. Raises LoyaltyLoopError."""
        call = Call.of(
            "GET",
            "/flags/rules",
        )
        answer = self._run(call)
        return shaped(models.FlagRules, answer.json()["data"])  # type: ignore[no-any-return]

    def update_rules(
        self,
        *,
        most_visits: int | NotGiven = NOT_GIVEN,
        most_undos: int | NotGiven = NOT_GIVEN,
        off: Sequence[models.FlagKind] | NotGiven = NOT_GIVEN,
        evening_summary: bool | NotGiven = NOT_GIVEN,
        idempotency_key: str | None = None,
    ) -> models.FlagRules:
        """Change what is flagged. Raises LoyaltyLoopError."""
        call = Call.of(
            "PATCH",
            "/flags/rules",
            body={
                "most_visits": most_visits,
                "most_undos": most_undos,
                "off": off,
                "evening_summary": evening_summary,
            },
            idempotency_key=idempotency_key,
        )
        answer = self._run(call)
        return shaped(models.FlagRules, answer.json()["data"])  # type: ignore[no-any-return]


class Resources:
    """All operations by what they are about."""

    def __init__(self, run: Run) -> None:
        self.customers = Customers(run)
        self.imports = Imports(run)
        self.stamps = Stamps(run)
        self.transactions = Transactions(run)
        self.events = Events(run)
        self.rewards = Rewards(run)
        self.program = Program(run)
        self.analytics = Analytics(run)
        self.programs = Programs(run)
        self.webhooks = Webhooks(run)
        self.key = Key(run)
        self.branches = Branches(run)
        self.flags = Flags(run)
