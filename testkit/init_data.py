"""Init data as Telegram signs it, made independently of the code that checks it: from Telegram's description alone."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Fields = Mapping[str, str]


def fields_for(user_id: int, *, at: datetime, language_code: str = "en", **more: str) -> dict[str, str]:
    """The fields for a person who opened a page at that time."""
    user = {"id": user_id, "first_name": "Ana", "language_code": language_code}
    known = {"user": json.dumps(user, ensure_ascii=False), "auth_date": str(int(at.timestamp())), "query_id": "AAHd"}
    return {**known, **more}


def signed(fields: Fields, token: str) -> str:
    """Init data that is signed with the token of a bot."""
    key = hmac.new(b"WebAppData", token.encode(), hashlib.sha256).digest()
    return _encoded({**fields, "hash": hmac.new(key, _lines(fields), hashlib.sha256).hexdigest()})


def signed_by_telegram(fields: Fields, bot_id: int, key: Ed25519PrivateKey) -> str:
    """Init data that carries a signature with a private key, and a hash that nobody can check."""
    signature = key.sign(f"{bot_id}:WebAppData\n".encode() + _lines(fields))
    text = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    return _encoded({**fields, "signature": text, "hash": "0" * 64})


def _lines(fields: Fields) -> bytes:
    return "\n".join(f"{name}={value}" for name, value in sorted(fields.items())).encode()


def _encoded(fields: Fields) -> str:
    return urlencode(fields, quote_via=quote)
