"""The dashboard and the alerts: well-formed, and every figure that they name is there, with the labels they use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types
from prometheus_client.metrics import MetricWrapperBase

from loyalty_app.observability import metrics
from loyalty_app.observability.exposition import exposition
from loyalty_app.upkeep.backup_folder import backup_readings
from tests.api.till import Api
from tests.observability.scrape import Scrape

WATCH = Path(__file__).parents[2] / "docs" / "watch"
OF_PROMETHEUS = {"up"}
NAME = re.compile(r"\b((?:loyalty|process)_[a-z_]+|up)\b(?:\{([^}]*)\})?")


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((WATCH / "grafana.json").read_text("utf-8"))
    return read


def rules() -> list[dict[str, Any]]:
    read = yaml.safe_load((WATCH / "alerts.yml").read_text("utf-8"))
    return [rule for group in read["groups"] for rule in group["rules"]]


def expressions() -> list[str]:
    shown = [target["expr"] for panel in dashboard()["panels"] for target in panel.get("targets", [])]
    return [*shown, *(rule["expr"] for rule in rules())]


@pytest.fixture
async def scraped(api: Api) -> Scrape:
    runtime = api.app.state.runtime
    backups = backup_readings(runtime.settings, Path(), runtime.clock())
    of_the_api = await api.client.get("/metrics")
    return Scrape(of_the_api.text + exposition(None, backups).decode())


async def test_every_figure_that_is_drawn_or_watched_exists(scraped: Scrape) -> None:
    named = {name for expression in expressions() for name, _ in NAME.findall(expression)}
    assert named - scraped.names - OF_PROMETHEUS == set()
    assert {name for name in named if name.startswith("loyalty_")}


async def test_every_figure_of_ours_is_drawn(scraped: Scrape) -> None:
    drawn = {name for expression in expressions() for name, _ in NAME.findall(expression)}
    ours = {name for name in scraped.families if name.startswith("loyalty_") and name != "loyalty_build_info"}
    assert {name for name in ours if not any(one.startswith(name) for one in drawn)} == set()


def test_a_label_that_is_asked_for_is_one_that_the_figure_has() -> None:
    kept = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]
    labels = {next(iter(one.describe())).name: {*one._labelnames, "instance", "job", "le"} for one in kept}  # noqa: SLF001  # it has no other way
    for expression in expressions():
        for name, inside in NAME.findall(expression):
            family = next((one for one in labels if re.fullmatch(rf"{one}(_count|_sum|_bucket|_total)?", name)), None)
            asked = set(re.findall(r"([a-z]+)(?:=|!=)", inside))
            assert family is None or asked <= labels[family], (expression, asked)


def test_each_panel_has_a_title_and_a_place_of_its_own() -> None:
    panels = dashboard()["panels"]
    assert all(panel["title"] for panel in panels)
    assert len({panel["id"] for panel in panels}) == len(panels)
    squares = [square for panel in panels for square in covered(panel["gridPos"])]
    assert len(squares) == len(set(squares))
    assert all(0 <= x < 24 for x, _ in squares)


def covered(place: dict[str, int]) -> list[tuple[int, int]]:
    across, down = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
    return [(x, y) for x in across for y in down]


def test_each_alert_says_what_is_wrong_and_what_to_look_at() -> None:
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["alert"].startswith("Loyalty")
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len({rule["alert"] for rule in rules()}) == len(rules())
