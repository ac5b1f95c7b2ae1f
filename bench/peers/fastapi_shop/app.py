"""The application: one route, as far as the benchmark needs it."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Response
from sqlalchemy.ext.asyncio import AsyncSession

from bench.peers.fastapi_shop.access import Session, Till
from bench.peers.fastapi_shop.database import engine
from bench.peers.fastapi_shop.models import ApiKey, Idempotency
from bench.peers.fastapi_shop.schemas import Envelope, Stamped, StampOrder
from bench.peers.fastapi_shop.stamping import give_stamp


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the connections at the end."""
    yield
    await engine.dispose()


app = FastAPI(title="Stamp cards", lifespan=lifespan)


@app.get("/health/ready")
async def ready() -> str:
    """Say that requests are answered."""
    return "ready"


@app.post("/v1/customers/{customer_id}/stamps")
async def add_stamps(
    customer_id: int,
    order: StampOrder,
    key: Till,
    session: Session,
    response: Response,
    idempotency_key: Annotated[str | None, Header(max_length=255)] = None,
) -> Envelope[Stamped]:
    """Stamp a card."""
    fingerprint = hashlib.sha256(f"{customer_id}:{order.model_dump_json()}".encode()).digest()
    if idempotency_key is not None:
        kept = await session.get(Idempotency, (key.business_id, idempotency_key))
        if kept is not None:
            if kept.fingerprint != fingerprint:
                raise HTTPException(409, "This Idempotency-Key was used for another request.")
            response.headers["Idempotent-Replayed"] = "true"
            return Envelope(data=Stamped.model_validate_json(kept.answer))
    stamped = await give_stamp(session, key, customer_id, order)
    if idempotency_key is not None:
        keep(session, key, idempotency_key, fingerprint, customer_id, stamped)
    await session.commit()
    return Envelope(data=stamped)


def keep(
    session: AsyncSession, key: ApiKey, own_key: str, fingerprint: bytes, customer_id: int, stamped: Stamped
) -> None:
    """Keep the answer for a repeated request."""
    session.add(
        Idempotency(
            business_id=key.business_id,
            key=own_key,
            fingerprint=fingerprint,
            customer_id=customer_id,
            answer=stamped.model_dump_json().encode(),
            created_at=datetime.now(UTC),
        )
    )
