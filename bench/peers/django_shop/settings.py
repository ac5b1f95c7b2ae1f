"""Django's settings, as for production: no debugging, no middleware that an API does not need, kept connections."""

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

THREADS = 8


def database(url: str) -> dict[str, Any]:
    """The database that a URL names."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000;"
        options = {"transaction_mode": "IMMEDIATE", "init_command": pragmas, "timeout": 20}
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path[1:],
            "CONN_MAX_AGE": None,
            "OPTIONS": options,
        }
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"min_size": THREADS, "max_size": THREADS}},
    }


SECRET_KEY = "only for this run"  # noqa: S105  # opens nothing
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
ROOT_URLCONF = "bench.peers.django_shop.urls"
INSTALLED_APPS = ["rest_framework", "bench.peers.django_shop"]
MIDDLEWARE: list[str] = ["django.middleware.common.CommonMiddleware"]
DATABASES = {"default": database(os.environ["DATABASE_URL"])}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["bench.peers.django_shop.access.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["bench.peers.django_shop.access.MayStamp"],
    "DEFAULT_THROTTLE_CLASSES": ["bench.peers.django_shop.access.HourlyThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
}
