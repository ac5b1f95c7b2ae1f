"""The alerts: Prometheus itself says of each rule that it fires when it should, and is silent otherwise."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import yaml  # type: ignore[import-untyped]  # it ships no types

from testkit.servers import Missing
from tests.conftest import leg
from tests.observability.test_dashboard import WATCH, rules

JOB = 'job="loyalty",instance="a"'
STAMP = 'loyalty_counter_seconds_bucket{order="GiveStamp",le='


class Case(NamedTuple):
    """Figures of every 15 seconds that make a rule fire at a moment, those that do not, and labels of the alert."""

    fires: dict[str, str]
    silent: dict[str, str]
    at: str = "1h"
    labels: dict[str, str] = {}  # noqa: RUF012  # never changed


def one(series: str, fires: str, silent: str, at: str = "1h", **labels: str) -> Case:
    return Case({series: fires}, {series: silent}, at, labels)


DISK = {"instance": "a", "holds": "backups"}
CASES = {
    "LoyaltyIsAway": one(f"up{{{JOB}}}", "0x300", "1x300", instance="a", job="loyalty"),
    "LoyaltyIsNotWatched": one('up{job="loyalty"}', "_x300", "1x300", job="loyalty"),
    "LoyaltyTargetsVanished": Case(
        {'up{job="loyalty",instance="a"}': "1x700", 'up{job="loyalty",instance="b"}': "1x300 stale _x400"},
        {'up{job="loyalty",instance="a"}': "1x700", 'up{job="loyalty",instance="b"}': "1x700"},
        at="90m",
    ),
    "LoyaltyDatabaseIsAway": one('loyalty_database_answers{instance="a"}', "0x300", "1x300", instance="a"),
    "LoyaltyFails": Case(
        {
            'loyalty_http_request_seconds_count{status="500"}': "0+2x300",
            'loyalty_http_request_seconds_count{status="200"}': "0+98x300",
        },
        {
            'loyalty_http_request_seconds_count{status="500"}': "0x300",
            'loyalty_http_request_seconds_count{status="200"}': "0+98x300",
        },
    ),
    "LoyaltyStampsAreSlow": Case(
        {f'{STAMP}"0.5"}}': "0x300", f'{STAMP}"1.0"}}': "0+9x300", f'{STAMP}"+Inf"}}': "0+9x300"},
        {f'{STAMP}"0.5"}}': "0+9x300", f'{STAMP}"1.0"}}': "0+9x300", f'{STAMP}"+Inf"}}': "0+9x300"},
    ),
    "LoyaltyOrdersWait": one('loyalty_counter_oldest_seconds{instance="a"}', "0x230 6x20", "5x300", instance="a"),
    "LoyaltyTurnsTillsAway": one('loyalty_refusals_total{code="busy"}', "0+1x300", "5x300"),
    "LoyaltyDeliveriesAreLate": one("loyalty_outbox_late_seconds", "301x300", "299x300"),
    "LoyaltyDeliveriesFail": Case(
        {"loyalty_webhook_endpoints_failing": "3x300", "loyalty_webhook_endpoints": "5x300"},
        {"loyalty_webhook_endpoints_failing": "1x300", "loyalty_webhook_endpoints": "1x300"},
    ),
    "LoyaltyWebhooksWereSwitchedOff": one(
        'loyalty_delivery_seconds_count{outcome="switched_off"}', "0x100 3x200", "0x100 1x200"
    ),
    "LoyaltyDeliveriesArePaused": one("loyalty_deliveries_paused", "2x300", "0x300", at="61m"),
    "LoyaltyChatIsBehind": one("loyalty_updates_waiting", "101x300", "99x300"),
    "LoyaltyUpdatesAreSetAside": one('loyalty_update_seconds_count{outcome="aside"}', "0x100 1x200", "1x300"),
    "LoyaltyJobsAreSetAside": one('loyalty_jobs_set_aside_total{queue="cards"}', "0x100 1x200", "1x300", queue="cards"),
    "LoyaltyTelegramIsAway": one(
        'loyalty_telegram_seconds_since_answer{bot="7",instance="a"}', "181x300", "20x300", bot="7"
    ),
    "LoyaltyTelegramRefuses": Case(
        {
            'loyalty_telegram_call_seconds_count{outcome="failed"}': "0+3x300",
            'loyalty_telegram_call_seconds_count{outcome="ok"}': "0+7x300",
        },
        {
            'loyalty_telegram_call_seconds_count{outcome="failed"}': "0+1x300",
            'loyalty_telegram_call_seconds_count{outcome="ok"}': "0+9x300",
        },
    ),
    "LoyaltyCardsAreNotShown": Case(
        {"loyalty_cards_due": "501x300", 'loyalty_cards_shown_total{outcome="shown"}': "7x300"},
        {"loyalty_cards_due": "501x300", 'loyalty_cards_shown_total{outcome="shown"}': "0+1x300"},
    ),
    "LoyaltyBackupIsOverdue": Case(
        {"loyalty_backup_last_success_timestamp_seconds": "0x300", "loyalty_backup_interval_seconds": "600x300"},
        {"loyalty_backup_last_success_timestamp_seconds": "3000x300", "loyalty_backup_interval_seconds": "600x300"},
    ),
    "LoyaltyBackupFails": one("loyalty_backup_failed", "1x300", "0x300"),
    "LoyaltyDiskIsNearlyFull": Case(
        {
            f'loyalty_disk_free_bytes{{{JOB},holds="backups"}}': "9e8x300",
            f'loyalty_disk_size_bytes{{{JOB},holds="backups"}}': "1e10x300",
        },
        {
            f'loyalty_disk_free_bytes{{{JOB},holds="backups"}}': "5e9x300",
            f'loyalty_disk_size_bytes{{{JOB},holds="backups"}}': "1e10x300",
        },
        labels={**DISK, "job": "loyalty"},
    ),
    "LoyaltyMachineDiskIsNearlyFull": Case(
        {
            'node_filesystem_avail_bytes{instance="db",mountpoint="/",fstype="ext4"}': "9x300",
            'node_filesystem_size_bytes{instance="db",mountpoint="/",fstype="ext4"}': "100x300",
        },
        {
            'node_filesystem_avail_bytes{instance="db",mountpoint="/",fstype="tmpfs"}': "9x300",
            'node_filesystem_size_bytes{instance="db",mountpoint="/",fstype="tmpfs"}': "100x300",
        },
        labels={"instance": "db", "mountpoint": "/", "fstype": "ext4"},
    ),
    "LoyaltyRedisIsAway": one('loyalty_redis_answers{instance="a"}', "0x300", "1x300", instance="a"),
    "LoyaltyRunsOutOfFiles": Case(
        {f"process_open_fds{{{JOB}}}": "900x300", f"process_max_fds{{{JOB}}}": "1000x300"},
        {f"process_open_fds{{{JOB}}}": "700x300", f"process_max_fds{{{JOB}}}": "1000x300"},
        labels={"instance": "a", "job": "loyalty"},
    ),
}


def promtool(_home: Path) -> str:
    found = shutil.which("promtool")
    if found is None:
        raise Missing("promtool is not installed. It is in Debian's package prometheus.")
    return found


def test_each_alert_has_figures_that_make_it_fire_and_figures_that_do_not() -> None:
    assert {rule["alert"] for rule in rules()} == CASES.keys()


def test_each_alert_fires_when_it_should_and_is_silent_otherwise(tmp_path: Path) -> None:
    program = leg("promtool", promtool, tmp_path)
    shutil.copy(WATCH / "alerts.yml", tmp_path)
    tests = [written(rule, CASES[rule["alert"]], fires=fires) for rule in rules() for fires in (True, False)]
    document = {"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "tests.yml").write_text(yaml.safe_dump(document), "utf-8")
    ended = subprocess.run(
        [program, "test", "rules", "tests.yml"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def written(rule: dict[str, Any], case: Case, *, fires: bool) -> dict[str, Any]:
    """A test for promtool: these figures, and the alerts that they cause."""
    figures = case.fires if fires else case.silent
    alert = {"exp_labels": {**rule["labels"], **case.labels}, "exp_annotations": annotations(rule, case)}
    return {
        "interval": "15s",
        "input_series": [{"series": series, "values": values} for series, values in figures.items()],
        "alert_rule_test": [{"eval_time": case.at, "alertname": rule["alert"], "exp_alerts": [alert] if fires else []}],
    }


def annotations(rule: dict[str, Any], case: Case) -> dict[str, str]:
    """The texts of an alert, with its labels and its value in their places."""
    value = next(iter(case.fires.values())).partition("x")[0]

    def filled(text: str) -> str:
        named = re.sub(r"{{ \$labels\.(\w+) }}", lambda found: case.labels[found[1]], text)
        return named.replace("{{ $value }}", value)

    return {name: filled(text) for name, text in rule["annotations"].items()}
