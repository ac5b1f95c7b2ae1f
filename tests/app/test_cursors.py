"""Cursors: what we gave out is understood, whatever else comes is refused in words."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_app.pagination import make_cursor, read_cursor
from loyalty_core.errors import InvalidCursor

IDS = st.integers(min_value=1, max_value=2**63 - 1)


@given(IDS)
def test_a_cursor_is_read_as_it_was_made(last_id: int) -> None:
    assert read_cursor("customers", make_cursor("customers", last_id)) == last_id


@given(IDS)
def test_a_cursor_goes_into_a_url_unchanged(last_id: int) -> None:
    assert make_cursor("customers", last_id).replace("-", "").replace("_", "").isalnum()


@given(st.text(alphabet="0123456789abcdefmsg_", min_size=1, max_size=64))
def test_a_cursor_of_ids_that_are_texts_is_read_as_it_was_made(last_id: str) -> None:
    assert read_cursor("events", make_cursor("events", last_id), str) == last_id


@pytest.mark.parametrize("last_id", ["", "msg_\x00", "MSG", "x" * 65, "é", "msg_1\n", 7, None])
def test_a_text_that_is_no_id_is_no_cursor(last_id: str) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor("events", make_cursor("events", last_id), str)


@given(st.one_of(st.text(), st.binary().map(lambda raw: urlsafe_b64encode(raw).decode())))
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor("customers", text)


@pytest.mark.parametrize(
    "raw",
    [
        b'["customers", 1.0]',
        b'["customers", true]',
        b'["customers", "1"]',
        b'["customers", 9223372036854775808]',
        b'["customers", ' + b"9" * 5_000 + b"]",
        b'["\xff", 1]',
        b'["customers"]',
        b'{"customers": 1}',
        b"[" * 10_000,
    ],
)
def test_what_is_nearly_a_cursor_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidCursor):
        read_cursor("customers", urlsafe_b64encode(raw).decode())
