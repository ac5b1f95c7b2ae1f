"""Telegram: whether it knows the bots of this installation, as the doctor asks it."""

from loyalty_app.chat.bots import has_own_bots, list_bots
from loyalty_app.chat.identity import TelegramAway, who_is
from loyalty_app.cli.findings import Check, Status
from loyalty_app.db.engine import open_database
from loyalty_app.settings import Settings, SettingsError
from loyalty_app.vault import open_vault
from loyalty_core.errors import InvalidRequest

NAME = "Telegram"


async def examine_bots(settings: Settings) -> Check:
    """Ask Telegram who each bot is; the database must be there and have the newest schema."""
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


async def _tokens(settings: Settings) -> dict[str, str]:
    """Whose bot it is, as the setting or the business → its token. Without own bots the vault stays shut."""
    tokens = {"LOYALTY_TELEGRAM_TOKEN": settings.telegram_token} if settings.telegram_token else {}
    database = open_database(settings)
    try:
        if await database.read(has_own_bots):
            own = await list_bots(database, open_vault(settings))
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
