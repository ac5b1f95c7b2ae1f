"""Logs: one line each, for people or for programs, with the trail of what they belong to."""

import json
import logging

import pytest

from loyalty_app.observability.log_context import log_context
from loyalty_cli.logs import LineFormatter, logging_config, settings_or_defaults


def written(message: str, *, kind: str = "text", logger: str = "loyalty_app.counter", **more: object) -> str:
    record = logging.LogRecord(logger, logging.ERROR, __file__, 1, message, None, None)
    vars(record).update(more)
    return LineFormatter(kind).format(record)


def raised(error: Exception) -> tuple[type[Exception], Exception, object]:
    try:
        raise error  # noqa: TRY301  # so that it has a traceback
    except Exception as caught:  # noqa: BLE001  # whatever it is
        return type(caught), caught, caught.__traceback__


def test_a_line_of_json_is_one_object_with_level_logger_time_and_fields() -> None:
    line = json.loads(written("order", kind="json", business=7, events=["msg_1"]))
    assert (line["event"], line["level"], line["logger"]) == ("order", "error", "loyalty_app.counter")
    assert (line["business"], line["events"]) == (7, ["msg_1"])
    assert line["timestamp"].endswith("Z")


def test_a_line_belongs_to_the_request_or_update_that_led_to_it() -> None:
    token = log_context.set({"request_id": "till-1"})
    try:
        assert json.loads(written("it failed", kind="json"))["request_id"] == "till-1"
        assert "request_id=till-1" in written("it failed")
        assert json.loads(written("order", kind="json", request_id="other"))["request_id"] == "other"
    finally:
        log_context.reset(token)


@pytest.mark.parametrize("kind", ["text", "json"])
def test_an_exception_is_told_with_its_places_and_causes(kind: str) -> None:
    cause = OSError("no route")
    error = RuntimeError("it broke")
    error.__cause__ = cause
    line = written("failed", kind=kind, exc_info=raised(error))
    for part in ("test_logs.py", "in raised", "RuntimeError: it broke", "OSError: no route"):
        assert part in line
    assert kind == "text" or json.loads(line)["exception"].startswith("Traceback")


def test_the_level_is_for_our_own_lines_and_libraries_stay_at_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_LOG_LEVEL", "DEBUG")
    config = logging_config(settings_or_defaults())
    assert config["root"]["level"] == logging.WARNING
    assert {logger["level"] for logger in config["loggers"].values()} == {"DEBUG"}
    monkeypatch.setenv("LOYALTY_LOG_LEVEL", "ERROR")
    assert logging_config(settings_or_defaults())["root"]["level"] == logging.ERROR


def test_a_wrong_setting_does_not_keep_the_log_from_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_LOG_LEVEL", "loud")
    assert logging_config(settings_or_defaults())["root"]["level"] == logging.WARNING
