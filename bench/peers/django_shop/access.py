"""Access: a till's key, looked up in the database, what it may do, and how many requests it has in this hour."""

import hashlib
import hmac
import time
from typing import Any

from django.core.cache import cache
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from bench.peers.django_shop.models import ApiKey

HOUR = 3_600


class KeyAuthentication(BaseAuthentication):
    """Recognises the key of a request; its shop and the terms of the card are loaded with it."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        """The key. Raises AuthenticationFailed."""
        text = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        _, _, rest = text.partition("_")
        found = ApiKey.objects.select_related("business__program")
        key = found.filter(public_id=rest.partition("_")[0], revoked_at=None).first()
        if key is None or not hmac.compare_digest(bytes(key.digest), hashlib.sha256(text.encode()).digest()):
            raise AuthenticationFailed("This API key is not known.")
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """The scheme by which a key is sent."""
        del request
        return "Bearer"


class MayStamp(BasePermission):
    """Lets keys pass that may give stamps."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ANN401  # any view
        """Whether this key may."""
        del view
        return request.auth is not None and "stamps:write" in request.auth.scopes.split()


class HourlyThrottle(BaseThrottle):
    """Counts requests of a key in whole hours."""

    def allow_request(self, request: Request, view: Any) -> bool:  # noqa: ANN401  # any view
        """Whether the key has requests left."""
        del view
        if request.auth is None:
            return True
        name = f"key:{request.auth.pk}:{int(time.time()) // HOUR}"
        cache.add(name, 0, HOUR)
        used = cache.incr(name)
        limit = request.auth.business.rate_limit
        request._request.limit = (limit, max(0, limit - used))  # noqa: SLF001  # for the headers
        return bool(used <= limit)

    def wait(self) -> float:
        """Seconds until the next hour."""
        return HOUR - time.time() % HOUR
