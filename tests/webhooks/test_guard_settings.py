"""LOYALTY_WEBHOOK_ALLOW: which ranges it opens, how it is written, and that it never goes unnoticed."""

import logging

import pytest

from loyalty_app.runtime import open_guard
from loyalty_app.settings import Settings, SettingsError, read_settings
from loyalty_app.webhooks.addresses import read_ranges


@pytest.mark.parametrize("text", [None, "", " ", ",", " , "])
def test_by_default_no_range_is_opened_and_nothing_is_said(text: str | None, caplog: pytest.LogCaptureFixture) -> None:
    assert open_guard(Settings(webhook_allow=text)).allowed == ()
    assert caplog.records == []


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("127.0.0.0/8", ["127.0.0.0/8"]),
        ("127.0.0.1", ["127.0.0.1/32"]),
        ("10.0.0.0/8,192.168.0.0/16", ["10.0.0.0/8", "192.168.0.0/16"]),
        (" 10.0.0.0/8 , ::1 ", ["10.0.0.0/8", "::1/128"]),
        ("fd00::/8\t127.0.0.0/255.0.0.0", ["fd00::/8", "127.0.0.0/8"]),
    ],
)
def test_ranges_stand_with_commas_or_spaces_between(text: str, ranges: list[str]) -> None:
    assert [str(network) for network in read_ranges(text)] == ranges


@pytest.mark.parametrize(
    "text", ["localhost", "127.0.0.1/8", "127.0.0.0/33", "10/8", "10.0.0.0-10.0.0.9", "127.0.0.0/8; ::1", "*", "all"]
)
def test_what_is_no_range_is_refused_with_the_name_of_the_variable(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^LOYALTY_WEBHOOK_ALLOW must be ranges of addresses, as 127\.0\.0\.0/8: "):
        open_guard(read_settings({"LOYALTY_WEBHOOK_ALLOW": text}))


def test_an_open_range_is_said_loudly_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    open_guard(read_settings({"LOYALTY_WEBHOOK_ALLOW": "127.0.0.0/8, fd00::/8"}))

    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    for part in ("LOYALTY_WEBHOOK_ALLOW", "127.0.0.0/8", "fd00::/8"):
        assert part in caplog.text
