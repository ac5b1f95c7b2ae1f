"""Settings: read once, and a wrong one is refused by its name."""

from pathlib import Path

import pytest

from loyalty_app.settings import Settings, SettingsError, read_settings

POSTGRES = "postgresql://shop@db/loyalty"


def test_without_any_setting_everything_has_its_default() -> None:
    assert read_settings({}) == Settings()
    assert Settings().database_url == "sqlite:///loyalty.db"


def test_every_setting_is_read_from_the_variable_of_its_name() -> None:
    given = {name: f"https://{name}.example" for name in Settings.__struct_fields__}
    given |= {"database_url": POSTGRES, "port": "80", "workers": "3"}
    given |= {"database_direct_url": POSTGRES, "database_kind": "citus"}
    given |= {"telegram_token": "123456789:AbCdEfGhIjKlMnOpQrStUvWxYz"}
    given |= {
        f"database_{name}": "30" for name in ("pool_size", "connect_seconds", "lock_seconds", "statement_seconds")
    }
    given |= {"backup_hours": "12", "backup_keep": "3", "keep_inactive_months": "36"}
    given |= {"metrics_port": "9100", "log_format": "json", "log_level": "INFO", "new_shop_plan": "trial"}
    settings = read_settings({f"LOYALTY_{name.upper()}": value for name, value in given.items()})
    assert {name: str(getattr(settings, name)) for name in given} == given
    assert (settings.port, settings.workers) == (80, 3)


def test_an_empty_variable_counts_as_none() -> None:
    assert read_settings({"LOYALTY_PORT": "", "LOYALTY_REDIS_URL": ""}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("LOYALTY_PORT", "http", "whole number"),
        ("LOYALTY_PORT", "80.5", "whole number"),
        ("LOYALTY_PORT", "65536", "from 0 to 65535"),
        ("LOYALTY_PORT", "-1", "from 0 to 65535"),
        ("LOYALTY_WORKERS", "many", "whole number"),
        ("LOYALTY_WORKERS", "0", "1 or more"),
        ("LOYALTY_WORKERS", "2", "needs PostgreSQL"),
        ("LOYALTY_BACKUP_HOURS", "0", "1 or more"),
        ("LOYALTY_BACKUP_KEEP", "0", "1 or more"),
        ("LOYALTY_BACKUP_KEEP", "all", "whole number"),
        ("LOYALTY_KEEP_INACTIVE_MONTHS", "0", "1 or more"),
        ("LOYALTY_DATABASE_URL", "mysql://db", "sqlite:/// or postgresql://"),
        ("LOYALTY_DATABASE_URL", "loyalty.db", "sqlite:/// or postgresql://"),
        ("LOYALTY_DATABASE_URL", "sqlite:///", "must name a file"),
        ("LOYALTY_DATABASE_URL", "sqlite:///:memory:", "must name a file"),
        ("LOYALTY_TELEGRAM_TOKEN", "my bot", "123456789:"),
        ("LOYALTY_TELEGRAM_TOKEN", "123456789:short", "123456789:"),
        ("LOYALTY_PUBLIC_URL", "cards.example.com", "https://"),
        ("LOYALTY_TELEGRAM_API_URL", "https:///bot", "https://"),
        ("LOYALTY_TELEGRAM_SCRIPT_URL", "telegram.org/js/telegram-web-app.js", "https://"),
        ("LOYALTY_METRICS_PORT", "0", "from 1 to 65535"),
        ("LOYALTY_METRICS_PORT", "on", "whole number"),
        ("LOYALTY_NEW_SHOP_PLAN", "gold", "trial, basic, professional or enterprise"),
        ("LOYALTY_NEW_SHOP_PLAN", "Trial", "trial, basic, professional or enterprise"),
        ("LOYALTY_LOG_FORMAT", "xml", "text or json"),
        ("LOYALTY_LOG_LEVEL", "loud", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_a_wrong_value_is_refused_with_the_variable_and_what_would_be_right(
    variable: str, value: str, wanted: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({variable: value})
    assert variable in str(refusal.value)
    assert wanted in str(refusal.value)


def test_several_workers_go_with_postgresql() -> None:
    assert read_settings({"LOYALTY_WORKERS": "2", "LOYALTY_DATABASE_URL": POSTGRES}).workers == 2


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LOYALTY_PORT=1\nLOYALTY_HOST=0.0.0.0\n")
    monkeypatch.chdir(tmp_path)
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(f"LOYALTY_{name.upper()}", raising=False)
    monkeypatch.setenv("LOYALTY_PORT", "2")
    settings = read_settings()
    assert (settings.port, settings.host) == (2, "0.0.0.0")  # noqa: S104  # as the file says


@pytest.mark.parametrize(
    ("url", "path"), [("sqlite:///shop.db", "shop.db"), ("sqlite:////var/lib/shop.db", "/var/lib/shop.db")]
)
def test_a_sqlite_url_names_a_file(url: str, path: str) -> None:
    settings = Settings(database_url=url)
    assert (settings.on_sqlite, settings.sqlite_path) == (True, Path(path))
    assert not Settings(database_url=POSTGRES).on_sqlite
