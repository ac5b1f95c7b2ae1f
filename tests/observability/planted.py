"""What must never be found in a log, to be planted wherever somebody may type."""

import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest

from loyalty_app.settings import read_settings
from loyalty_cli.logs import OURS, logging_config

NAME = "Xanthippe Quillfeather"
PHONE = "+14155550987"
EMAIL = "xanthippe.quill@example.org"
API_KEY = "ll_" + "Pub1icAB" + "s3cretS3cret" * 3 + "s3cretS" + "CHECK6"
WEBHOOK_SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1z" + "ZWNyZXQtc2VjcmV0LXNl="
INVITATION = "i_" + "4kQz9sYw3nBv7mXc2pLr8t"
BOT_TOKEN = "7000000001:AAE-fGh_12345678901234567890123456"
PASSWORD = "hunter2-of-the-database"

EVERYTHING = {
    "name": NAME,
    "first name": NAME.partition(" ")[0],
    "phone": PHONE,
    "digits": PHONE[2:],
    "e-mail": EMAIL,
    "API key": API_KEY[11:],
    "webhook secret": WEBHOOK_SECRET[6:],
    "invitation": INVITATION[2:],
    "token": BOT_TOKEN.partition(":")[2],
    "password": PASSWORD,
}


def found(text: str) -> list[str]:
    """What of it stands in a text, however it is cased."""
    return [what for what, planted in EVERYTHING.items() if planted.lower() in text.lower()]


@contextmanager
def logged(monkeypatch: pytest.MonkeyPatch, kind: str = "json") -> Iterator[StringIO]:
    """All that this process logs meanwhile, as the settings with the most curious level would write it."""
    monkeypatch.setenv("LOYALTY_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("LOYALTY_LOG_FORMAT", kind)
    config, lines, root = logging_config(read_settings()), StringIO(), logging.getLogger()
    config["handlers"]["stderr"]["stream"] = lines
    handlers, level = root.handlers[:], root.level
    logging.config.dictConfig(config)
    try:
        yield lines
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
