"""The Telegram bot: parses what people say and press, calls one verb, and answers with the outcome.

`routes` is the table of contents: what people can say and press, and which function answers. No rule of the stamp card
and no SQL lives here.
"""

import os

# Spans of time come as timedelta, the library's later default; without this it warns at each "retry after".
os.environ.setdefault("PTB_TIMEDELTA", "1")
