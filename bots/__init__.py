"""The Telegram bot: parses what people say and press, calls one verb, and says what came of it.

`routes` is the table of contents: what can be said and pressed, and who answers. No rule of the stamp card and no SQL
lives here.
"""

import os

# Spans of time come as such, as they will by default; without this the library warns at each "retry after".
os.environ.setdefault("PTB_TIMEDELTA", "1")
