"""Settings: everything an operator can choose, read once from the environment (and `.env`).

A wrong value is refused at the start: the message names the variable and a right value.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from loyalty_core.access import Plan

TOKEN = re.compile(r"[1-9][0-9]{4,18}:[A-Za-z0-9_-]{20,}")
DEFAULT_DATABASE = "sqlite:///loyalty.db"
TELEGRAM_SCRIPT = "https://telegram.org/js/telegram-web-app.js"
LEAST_CONNECTIONS = 5
KINDS = ("auto", "postgresql", "citus")
LOG_FORMATS = ("text", "json")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A setting cannot be used; the text names it and says what would be right."""


PREFIX = "LOYALTY_"
OF_COMMANDS = {"LOYALTY_API_KEY", "LOYALTY_BOT_TOKEN", "LOYALTY_DEBUG"}
"""Variables of single commands, which are no settings."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. Each field is the variable LOYALTY_<FIELD>."""

    database_url: str = DEFAULT_DATABASE
    database_direct_url: str | None = None
    database_kind: str = "auto"
    database_pool_size: int = 20
    database_connect_seconds: int = 2
    database_lock_seconds: int = 2
    database_statement_seconds: int = 5
    redis_url: str | None = None
    secret_key: str | None = None
    secret_key_old: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    public_url: str | None = None
    telegram_token: str | None = None
    telegram_api_url: str | None = None
    telegram_script_url: str = TELEGRAM_SCRIPT
    new_shop_plan: str = Plan.PROFESSIONAL.value
    webhook_allow: str | None = None
    metrics_port: int | None = None
    log_format: str = "text"
    log_level: str = "WARNING"
    backup_folder: str | None = None
    backup_hours: int = 24
    backup_keep: int = 7
    keep_inactive_months: int | None = None

    @property
    def direct_url(self) -> str:
        """The URL of the server itself, past a pooler: for backups, restores and migrations."""
        return self.database_direct_url or self.database_url

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite:")

    @property
    def sqlite_path(self) -> Path:
        """The path of the SQLite file."""
        return Path(self.database_url.removeprefix("sqlite:///"))


def unknown_variables(environ: Mapping[str, str | None] | None = None) -> list[str]:
    """Variables that look like settings but are none, perhaps typing errors; those of tests are left out."""
    given = _all_variables() if environ is None else environ
    known = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__} | OF_COMMANDS
    foreign = tuple(f"{PREFIX}{part}_" for part in ("TEST", "BENCH"))
    return sorted(
        name for name in given if name.startswith(PREFIX) and name not in known and not name.startswith(foreign)
    )


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment and `.env`; the environment wins. Raises SettingsError."""
    given = _all_variables() if environ is None else dict(environ)
    fields = {
        name: value
        for name in Settings.__struct_fields__
        if (value := given.get(f"LOYALTY_{name.upper()}")) not in {None, ""}
    }
    _check_quotation_marks(fields)
    try:
        settings = msgspec.convert(fields, Settings, strict=False)
    except msgspec.ValidationError as error:
        variable = str(error).rpartition("`$.")[2].rstrip("`")
        raise SettingsError(f"LOYALTY_{variable.upper()} must be a whole number.") from error
    return checked(settings)


def _all_variables() -> dict[str, str | None]:
    """The variables of `.env` and of the environment, which wins. A $ is a letter as any other."""
    if not Path(".env").exists():
        return dict(os.environ)
    from dotenv import dotenv_values  # noqa: PLC0415  # for those who have such a file

    return {**dotenv_values(".env", interpolate=False), **os.environ}


def _check_quotation_marks(fields: Mapping[str, str | None]) -> None:
    """Refuse a value in quotation marks: Docker passes on those of an env file, where a shell takes them away."""
    for name, value in fields.items():
        if value and len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            raise SettingsError(f"LOYALTY_{name.upper()} stands in quotation marks. Leave them out.")


def checked(settings: Settings) -> Settings:
    """The settings, if they go together. Raises SettingsError."""
    if not settings.database_url.startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise SettingsError("LOYALTY_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    if settings.on_sqlite and (settings.sqlite_path.name in {"", ".", ":memory:"}):
        raise SettingsError("LOYALTY_DATABASE_URL must name a file, as sqlite:///loyalty.db.")
    if not 0 <= settings.port <= 65_535:  # noqa: PLR2004  # the largest port
        raise SettingsError("LOYALTY_PORT must be a number from 0 to 65535.")
    if settings.workers < 1:
        raise SettingsError("LOYALTY_WORKERS must be 1 or more.")
    if settings.workers > 1 and settings.on_sqlite:
        raise SettingsError("LOYALTY_WORKERS above 1 needs PostgreSQL: set LOYALTY_DATABASE_URL=postgresql://…")
    if settings.new_shop_plan not in list(Plan):
        raise SettingsError("LOYALTY_NEW_SHOP_PLAN must be trial, basic, professional or enterprise.")
    _check_database(settings)
    _check_telegram(settings)
    _check_watch(settings)
    _check_keeping(settings)
    return settings


def _check_database(settings: Settings) -> None:
    direct = settings.database_direct_url
    if direct is not None and (settings.on_sqlite or not direct.startswith(("postgresql://", "postgres://"))):
        raise SettingsError(
            "LOYALTY_DATABASE_DIRECT_URL must begin with postgresql://, as LOYALTY_DATABASE_URL does then."
        )
    if settings.database_kind not in KINDS:
        raise SettingsError("LOYALTY_DATABASE_KIND must be auto, postgresql or citus.")
    if settings.database_pool_size < LEAST_CONNECTIONS:
        raise SettingsError(f"LOYALTY_DATABASE_POOL_SIZE must be {LEAST_CONNECTIONS} or more.")
    for name in ("connect", "lock", "statement"):
        if getattr(settings, f"database_{name}_seconds") < 1:
            raise SettingsError(
                f"LOYALTY_DATABASE_{name.upper()}_SECONDS must be 1 or more: no wait is without an end."
            )


def _check_telegram(settings: Settings) -> None:
    for name in ("public_url", "telegram_api_url", "telegram_script_url"):
        url = getattr(settings, name)
        if url is not None and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
            message = f"LOYALTY_{name.upper()} must begin with https:// and a host, as https://cards.example.com."
            raise SettingsError(message)
    if settings.telegram_token is not None and not TOKEN.fullmatch(settings.telegram_token):
        raise SettingsError("LOYALTY_TELEGRAM_TOKEN must be a bot's token, as BotFather gives it: 123456789:AbC…")


def _check_watch(settings: Settings) -> None:
    if settings.metrics_port is not None and not 1 <= settings.metrics_port <= 65_535:  # noqa: PLR2004  # the largest port
        raise SettingsError("LOYALTY_METRICS_PORT must be a number from 1 to 65535.")
    if settings.log_format not in LOG_FORMATS:
        raise SettingsError("LOYALTY_LOG_FORMAT must be text or json.")
    if settings.log_level not in LOG_LEVELS:
        raise SettingsError("LOYALTY_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR.")


def _check_keeping(settings: Settings) -> None:
    if settings.backup_hours < 1 or settings.backup_keep < 1:
        raise SettingsError("LOYALTY_BACKUP_HOURS and LOYALTY_BACKUP_KEEP must be 1 or more.")
    if settings.keep_inactive_months is not None and settings.keep_inactive_months < 1:
        raise SettingsError("LOYALTY_KEEP_INACTIVE_MONTHS must be a whole number of months, 1 or more.")
