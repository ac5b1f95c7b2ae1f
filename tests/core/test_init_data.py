"""Init data: whose it is, and everything for which it is refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_core.fields import BotId
from loyalty_core.init_data import (
    AHEAD,
    LONGEST,
    OLDEST,
    InitData,
    InitDataFault,
    check_with_signature,
    check_with_token,
)
from testkit.init_data import fields_for, signed

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TOKEN = "7000000001:AAH-the-token-of-the-bot-in-the-address"
BOT = BotId(7000000001)
SIGNATURE = "A" * 86
FIELDS = fields_for(4711, at=NOW, language_code="de")

# An example with a published token and its hash would say more; Telegram's page gives none.


def check(text: str, now: datetime = NOW) -> InitData | InitDataFault:
    return check_with_token(text, TOKEN, now=now)


def vouched(fields: dict[str, str], *, right: bool = True) -> InitData | InitDataFault:
    text = "&".join(f"{name}={value}" for name, value in fields.items())
    return check_with_signature(text, BOT, lambda _signature, _message: right, now=NOW)


def test_what_was_signed_for_the_bot_says_who_opened_the_page() -> None:
    told = check(signed({**FIELDS, "start_param": "c_1", "signature": SIGNATURE}, TOKEN))
    assert told == InitData(user_id=4711, language_code="de", start_param="c_1", auth_date=NOW)  # type: ignore[arg-type]


@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6))
def test_any_fields_are_read_if_they_are_signed(more: dict[str, str]) -> None:
    others = {name: text for name, text in more.items() if name != "hash"}  # which `signed` writes itself
    told = check(signed({**others, **FIELDS}, TOKEN))
    assert isinstance(told, InitData)
    assert told.user_id == 4711


@given(st.integers(0, 400), st.characters(min_codepoint=33, max_codepoint=126))
def test_no_letter_of_it_can_be_changed(place: int, letter: str) -> None:
    right = signed(FIELDS, TOKEN)
    place %= len(right)
    told = check(right[:place] + letter + right[place + 1 :])
    assert told == check(right) or isinstance(told, InitDataFault)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (signed(FIELDS, TOKEN.replace("A", "B")), InitDataFault.FORGED),
        (signed(FIELDS, TOKEN).replace("4711", "4712"), InitDataFault.FORGED),
        (signed(FIELDS, TOKEN).partition("&hash")[0], InitDataFault.FORGED),
        (signed(FIELDS, TOKEN) + "&more=1", InitDataFault.FORGED),
        (signed(FIELDS, TOKEN) + "&hash=1", InitDataFault.REPEATED),
        (signed(FIELDS, TOKEN) + "&user=%7B%22id%22%3A1%7D", InitDataFault.REPEATED),
        ("", InitDataFault.FORGED),
        ("x", InitDataFault.MALFORMED),
        ("hash=%ff", InitDataFault.MALFORMED),
        ("a=1&" * LONGEST, InitDataFault.MALFORMED),
        ("&".join(f"a{n}=1" for n in range(100)), InitDataFault.MALFORMED),
    ],
)
def test_what_the_bot_did_not_sign_is_refused(text: str, fault: InitDataFault) -> None:
    assert check(text) is fault


@pytest.mark.parametrize(
    "wrong",
    [
        {"user": "{}"},
        {"user": "null"},
        {"user": '{"id": 0}'},
        {"user": '{"id": "7"}'},
        {"user": json.dumps({"id": 2**63})},
        {"user": "{"},
        {"auth_date": ""},
        {"auth_date": "noon"},
        {"auth_date": "9" * 40},
    ],
)
def test_what_is_signed_but_says_nothing_is_refused(wrong: dict[str, str]) -> None:
    assert check(signed({**FIELDS, **wrong}, TOKEN)) is InitDataFault.MALFORMED
    without = {name: value for name, value in FIELDS.items() if name not in wrong}
    assert check(signed(without, TOKEN)) is InitDataFault.MALFORMED


def test_it_is_taken_for_an_hour_and_not_before_its_time() -> None:
    text = signed(FIELDS, TOKEN)
    assert isinstance(check(text, NOW + OLDEST), InitData)
    assert check(text, NOW + OLDEST + timedelta(seconds=1)) is InitDataFault.TOO_OLD
    assert isinstance(check(text, NOW - AHEAD), InitData)
    assert check(text, NOW - AHEAD - timedelta(seconds=1)) is InitDataFault.AHEAD
    assert (timedelta(hours=1), timedelta(seconds=10)) == (OLDEST, AHEAD)


def test_without_the_token_the_signature_covers_the_bot_and_all_fields_but_hash_and_itself() -> None:
    seen: list[tuple[bytes, bytes]] = []

    def verify(signature: bytes, message: bytes) -> bool:
        seen.append((signature, message))
        return True

    text = signed({"auth_date": FIELDS["auth_date"], "user": '{"id":5}', "signature": SIGNATURE}, TOKEN)
    told = check_with_signature(text, BOT, verify, now=NOW)
    assert isinstance(told, InitData)
    [(signature, message)] = seen
    assert signature == bytes(64)
    assert message == f'{BOT}:WebAppData\nauth_date={FIELDS["auth_date"]}\nuser={{"id":5}}'.encode()


def test_a_signature_that_is_none_or_not_telegrams_is_refused() -> None:
    plain = {"auth_date": FIELDS["auth_date"], "user": '{"id":5}', "hash": "0"}
    for signature in ("", "A", "A" * 85, "A" * 88, "A" * 43 + "+" + "A" * 42, "ä" * 86):
        assert vouched({**plain, "signature": signature}) is InitDataFault.FORGED
    assert vouched(plain) is InitDataFault.FORGED
    assert vouched({**plain, "signature": SIGNATURE}, right=False) is InitDataFault.FORGED
    assert isinstance(vouched({**plain, "signature": f"{SIGNATURE}=="}), InitData)
    assert check_with_signature("x", BOT, lambda _signature, _message: True, now=NOW) is InitDataFault.MALFORMED
