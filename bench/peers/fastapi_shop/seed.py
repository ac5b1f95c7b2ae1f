"""Makes the tables and a town of shops. `python -m bench.peers.fastapi_shop.seed SHOPS CUSTOMERS` prints its cards.

One card a line, its path and the key of its till.
"""

import asyncio
import hashlib
import secrets
import sys
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bench.peers.fastapi_shop.database import engine, sessions
from bench.peers.fastapi_shop.models import ApiKey, Business, BusinessTotal, Customer, Model, Program, WebhookEndpoint

SCOPES = "customers:read customers:write stamps:write rewards:write"


async def main(shops: int, guests: int) -> None:
    """Make all tables and shops."""
    async with engine.begin() as connection:
        await connection.run_sync(Model.metadata.create_all)
    async with sessions() as session:
        for number in range(shops):
            await open_shop(session, f"Shop {number}", guests)
        await session.commit()
    await engine.dispose()


async def open_shop(session: AsyncSession, name: str, guests: int) -> None:
    """A shop with customers, a key and an endpoint."""
    business = Business(name=name, plan="enterprise", rate_limit=1_000_000_000)
    session.add(business)
    await session.flush()
    public_id = secrets.token_hex(4)
    text = f"pk_{public_id}_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(text.encode()).digest()
    customers = [new_customer(business, number) for number in range(guests)]
    session.add_all(
        [
            BusinessTotal(business_id=business.id, customers=guests),
            Program(business_id=business.id, stamps_required=10, reward_description="A coffee", cooldown_seconds=0),
            ApiKey(business_id=business.id, public_id=public_id, digest=digest, name="till", scopes=SCOPES),
            WebhookEndpoint(business_id=business.id, url="http://127.0.0.1:9/", events="stamp.added reward.earned"),
            *customers,
        ]
    )
    await session.flush()
    sys.stdout.writelines(f"/v1/customers/{customer.id}/stamps\t{text}\n" for customer in customers)


def new_customer(business: Business, number: int) -> Customer:
    """A customer with an empty card."""
    now = datetime.now(UTC)
    code = secrets.token_hex(6)
    return Customer(business_id=business.id, qr_code=code, name=f"Customer {number}", created_at=now, updated_at=now)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
