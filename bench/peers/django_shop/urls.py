"""The routes that the benchmark needs, and their views."""

import hashlib
import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from bench.peers.django_shop.models import ApiKey, Idempotency
from bench.peers.django_shop.serializers import StampOrderSerializer
from bench.peers.django_shop.stamping import Refused, give_stamp


class Stamps(APIView):
    """Stamps of a customer."""

    @transaction.atomic
    def post(self, request: Request, customer_id: int) -> Response:
        """Stamp a card."""
        order = StampOrderSerializer(data=request.data)
        order.is_valid(raise_exception=True)
        own_key = request.headers.get("Idempotency-Key")
        fingerprint = hashlib.sha256(f"{customer_id}:{json.dumps(order.validated_data)}".encode()).digest()
        kept = find(request.auth, own_key, fingerprint) if own_key else None
        if kept is not None:
            return Response({"data": kept}, headers={"Idempotent-Replayed": "true"})
        stamped = give_stamp(request.auth, customer_id, **order.validated_data)
        if own_key:
            keep(request.auth, own_key, fingerprint, customer_id, stamped)
        return Response({"data": stamped}, headers=limits(request))


def limits(request: Request) -> dict[str, str]:
    """The headers of the rate limit."""
    limit, remaining = request._request.limit  # noqa: SLF001  # set by the throttle
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}


def find(key: ApiKey, own_key: str, fingerprint: bytes) -> Any | None:  # noqa: ANN401  # JSON
    """The first answer to a repeated request. Raises Refused."""
    kept = Idempotency.objects.filter(business_id=key.business_id, key=own_key).first()
    if kept is None:
        return None
    if bytes(kept.fingerprint) != fingerprint:
        raise Refused("This Idempotency-Key was used for another request.")
    return json.loads(bytes(kept.answer))


def keep(key: ApiKey, own_key: str, fingerprint: bytes, customer_id: int, stamped: dict[str, Any]) -> None:
    """Keep the answer for a repeated request."""
    Idempotency.objects.create(
        business_id=key.business_id,
        key=own_key,
        fingerprint=fingerprint,
        customer_id=customer_id,
        answer=json.dumps(stamped, cls=DjangoJSONEncoder).encode(),
        created_at=timezone.now(),
    )


def ready(request: HttpRequest) -> HttpResponse:
    """Answer that the server is ready."""
    del request
    return HttpResponse("ready")


urlpatterns = [
    path("health/ready", ready),
    path("v1/customers/<int:customer_id>/stamps", Stamps.as_view()),
]
