"""Telegram, for the doctor: whether it knows the bots of this installation, and whether updates arrive."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from loyalty_app.chat.bot_identity import TelegramAway, Webhook, webhook_of, who_is
from loyalty_app.chat.bots import has_own_bots, list_bots
from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault import open_vault
from loyalty_app.vault.keys import WRONG_KEY
from loyalty_cli.doctor.findings import Check, Status
from loyalty_core.errors import InvalidRequest

NAME = "Telegram"
UPDATES = "Telegram's updates"
MANY_WAITING = 100
RECENT_SECONDS = 3_600


async def examine_bots(settings: Settings) -> Check:
    """Ask Telegram about each bot; the database must exist and have the newest schema."""
    try:
        tokens = await _tokens(settings)
    except SettingsError as error:
        mend = "Set the key with which this database began."
        return Check(name=NAME, status=Status.PROBLEM, message=str(error), mend=mend)
    if not tokens:
        return Check(name=NAME, message="There is no bot, and the API needs none.")
    known, wrong, away = [], [], []
    for whose, token in tokens.items():
        try:
            known.append(f"@{(await who_is(token, settings.telegram_api_url)).username}")
        except InvalidRequest:
            wrong.append(f"{whose}: the token is not known there.")
        except TelegramAway as error:
            away.append(f"{whose}: {error}")
    return _finding(known, wrong, away)


async def examine_updates(settings: Settings) -> list[Check]:
    """Ask Telegram where the updates of each bot go, and whether they arrive; no check where there is no bot."""
    details = []
    tokens = await _tokens(settings)
    for whose, token in tokens.items():
        try:
            details += [
                f"{whose}: {said}" for said in _complaints(await webhook_of(token, settings.telegram_api_url), settings)
            ]
        except TelegramAway as error:
            details.append(f"{whose}: {error}")
    look = "See whether `loyalty serve` or `loyalty bot` runs, and whether LOYALTY_PUBLIC_URL leads to it from outside."
    if not tokens:
        return []
    if not details:
        return [Check(name=UPDATES, message="They arrive.")]
    return [
        Check(
            name=UPDATES,
            status=Status.NOTE,
            message="Not all may arrive as they should.",
            mend=look,
            details=tuple(details),
        )
    ]


def _complaints(webhook: Webhook, settings: Settings) -> Iterator[str]:
    public = (settings.public_url or "").rstrip("/")
    if webhook.url and not public:
        yield "Telegram sends them to an address, but LOYALTY_PUBLIC_URL is not set."
    elif public and not webhook.url.startswith(f"{public}/telegram/"):
        yield "Telegram does not send them to LOYALTY_PUBLIC_URL."
    if webhook.pending_update_count > MANY_WAITING:
        yield f"{webhook.pending_update_count:,} wait at Telegram."
    if webhook.last_error_date and time.time() - webhook.last_error_date < RECENT_SECONDS:
        when = datetime.fromtimestamp(webhook.last_error_date, UTC)
        yield f"At {when:%H:%M} UTC Telegram could not deliver: {webhook.last_error_message}."


async def _tokens(settings: Settings) -> dict[str, str]:
    """The token of each bot, by the setting or business that it belongs to. The vault is opened only for own bots.

    Raises SettingsError if a token cannot be read.
    """
    tokens = {"LOYALTY_TELEGRAM_TOKEN": settings.telegram_token} if settings.telegram_token else {}
    database = open_database(settings, unhurried=True)
    try:
        if await database.read(has_own_bots):
            own = await list_bots(database, open_vault(settings))
            if any(one.business_id is not None and one.token is None for one in own):
                raise SettingsError(WRONG_KEY)
            tokens |= {f"Business {one.business_id}, @{one.username}": one.token for one in own if one.token}
    finally:
        await database.close()
    return tokens


def _finding(known: list[str], wrong: list[str], away: list[str]) -> Check:
    if not wrong and not away:
        return Check(name=NAME, message=f"It knows {', '.join(known)}.")
    look = "See whether this machine reaches Telegram, and whether LOYALTY_TELEGRAM_API_URL is right."
    ask = "Take the token from BotFather, and set LOYALTY_TELEGRAM_TOKEN or run `loyalty business set-bot`."
    return Check(
        name=NAME,
        status=Status.PROBLEM,
        message="Some bots cannot work." if known else "No bot can work.",
        mend=" ".join([*([ask] if wrong else []), *([look] if away else [])]),
        details=(*wrong, *away),
    )
