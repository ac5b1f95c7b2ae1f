"""Makes the tables and a town of shops. `python -m bench.peers.django_shop.seed SHOPS CUSTOMERS` prints its cards.

One card a line, its path and the key of its till.
"""

import hashlib
import os
import secrets
import sys

import django
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.peers.django_shop.settings"
django.setup()

from bench.peers.django_shop.models import (  # noqa: E402  # Django wants to be set up first
    ApiKey,
    Business,
    BusinessTotal,
    Customer,
    Program,
    WebhookEndpoint,
)

SCOPES = "customers:read customers:write stamps:write rewards:write"


@transaction.atomic
def main(shops: int, guests: int) -> None:
    """Make all shops."""
    for number in range(shops):
        open_shop(f"Shop {number}", guests)


def open_shop(name: str, guests: int) -> None:
    """A shop with customers, a key and an endpoint."""
    business = Business.objects.create(name=name, plan="enterprise", rate_limit=1_000_000_000)
    public_id = secrets.token_hex(4)
    text = f"pk_{public_id}_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(text.encode()).digest()
    BusinessTotal.objects.create(business=business, customers=guests)
    Program.objects.create(business=business, stamps_required=10, reward_description="A coffee")
    ApiKey.objects.create(business=business, public_id=public_id, digest=digest, name="till", scopes=SCOPES)
    WebhookEndpoint.objects.create(business=business, url="http://127.0.0.1:9/", events="stamp.added reward.earned")
    customers = Customer.objects.bulk_create(new_customer(business, number) for number in range(guests))
    sys.stdout.writelines(f"/v1/customers/{customer.pk}/stamps\t{text}\n" for customer in customers)


def new_customer(business: Business, number: int) -> Customer:
    """A customer with an empty card."""
    now, code = timezone.now(), secrets.token_hex(6)
    return Customer(business=business, qr_code=code, name=f"Customer {number}", created_at=now, updated_at=now)


if __name__ == "__main__":
    call_command("migrate", run_syncdb=True, verbosity=0)
    main(int(sys.argv[1]), int(sys.argv[2]))
