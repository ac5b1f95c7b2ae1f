"""The law-book of signatures: what is signed how, and what a receiver takes for genuine."""

import base64
import hashlib
import hmac
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loyalty_core.webhooks import InvalidSignature, make_secret, sign, signature_header, verify
from testkit.builders import NOON

KEY, OLD_KEY = b"k" * 32, b"o" * 32
SECRET, OLD_SECRET = make_secret(KEY), make_secret(OLD_KEY)
ID, BODY = "msg_019ad1c2f3a4b5c6", b'{"type":"stamp.added","data":{"name":"Zo\xc3\xab"}}'
SECONDS = int(NOON.timestamp())

KEYS = st.binary(min_size=32, max_size=32)
IDS = st.text(string.ascii_letters + string.digits + "_-", min_size=1)
MOMENTS = st.integers(1, 99_999_999_999)


def by_hand(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """A signature as the specification describes it."""
    told = ".".join([webhook_id, str(timestamp), ""]).encode() + body
    return f"v1,{base64.standard_b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()}"


def headers(**changed: str | None) -> dict[str, str]:
    """The headers of a genuine delivery at noon, except for what is named; None leaves one out."""
    genuine = {"id": ID, "timestamp": str(SECONDS), "signature": by_hand(KEY, ID, SECONDS, BODY)}
    return {f"webhook-{name}": value for name, value in (genuine | changed).items() if value is not None}


def is_taken(
    given_headers: dict[str, str],
    body: bytes = BODY,
    *,
    secrets: str | list[str] = SECRET,
    now: datetime = NOON,
) -> bool:
    try:
        verify(secrets, given_headers, body, now=now)
    except InvalidSignature:
        return False
    return True


def with_bit_flipped(text: bytes, bit: int) -> bytes:
    flipped = bytearray(text)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


# Secrets.


@given(KEYS)
def test_a_secret_is_whsec_and_standard_base64_of_32_bytes(random: bytes) -> None:
    secret = make_secret(random)
    assert secret.startswith("whsec_")
    assert base64.b64decode(secret[6:], validate=True) == random


def test_random_bytes_beyond_the_32nd_make_no_difference() -> None:
    assert make_secret(KEY + b"more") == SECRET


@pytest.mark.parametrize(
    "broken", ["", "whsec_", "whsec_%%%%", "whsec_abc", "whsec_AAAA-AAAA_", "whsec_\N{POUND SIGN}", "whsec_a a a"]
)
def test_a_broken_secret_signs_nothing_and_verifies_nothing(broken: str) -> None:
    with pytest.raises(ValueError, match="a secret is whsec_ and standard base64"):
        sign(broken, ID, SECONDS, BODY)
    with pytest.raises(ValueError, match="a secret is whsec_ and standard base64"):
        verify(broken, headers(), BODY, now=NOON)


def test_a_secret_may_be_given_without_whsec() -> None:
    assert sign(SECRET.removeprefix("whsec_"), ID, SECONDS, BODY) == sign(SECRET, ID, SECONDS, BODY)


# Signing.


def test_the_published_example_is_signed_as_published() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(KEYS, IDS, MOMENTS, st.binary())
def test_a_signature_is_hmac_sha256_over_id_and_timestamp_and_body(
    key: bytes, webhook_id: str, timestamp: int, body: bytes
) -> None:
    assert sign(make_secret(key), webhook_id, timestamp, body) == by_hand(key, webhook_id, timestamp, body)


def test_the_header_holds_one_signature_for_each_secret_in_their_order() -> None:
    both = signature_header([SECRET, OLD_SECRET], ID, SECONDS, BODY)
    assert both == f"{by_hand(KEY, ID, SECONDS, BODY)} {by_hand(OLD_KEY, ID, SECONDS, BODY)}"


# What is taken.


@given(st.lists(KEYS, min_size=1, max_size=3), IDS, MOMENTS, st.binary(), st.data())
def test_whatever_is_signed_is_taken_with_any_of_its_secrets(
    keys: list[bytes], webhook_id: str, timestamp: int, body: bytes, data: st.DataObject
) -> None:
    secrets = [make_secret(key) for key in keys]
    sent = headers(
        id=webhook_id, timestamp=str(timestamp), signature=signature_header(secrets, webhook_id, timestamp, body)
    )
    now = datetime.fromtimestamp(timestamp, UTC)
    assert is_taken(sent, body, secrets=secrets, now=now)
    assert is_taken(sent, body, secrets=data.draw(st.sampled_from(secrets)), now=now)


@pytest.mark.parametrize("spell", [str.upper, str.title, str.lower])
def test_header_names_are_read_in_any_case(spell: Callable[[str], str]) -> None:
    assert is_taken({spell(name): value for name, value in headers().items()})


@pytest.mark.parametrize("secrets", [[SECRET, OLD_SECRET], [OLD_SECRET, SECRET]])
def test_one_right_secret_among_several_is_enough(secrets: list[str]) -> None:
    assert is_taken(headers(), secrets=secrets)


@pytest.mark.parametrize(
    "others", ["v1,bm9uc2Vuc2U= {}", "{} v1,bm9uc2Vuc2U=", "v1a,abc {} v2", ", {} v1, v1", "  {} "]
)
def test_one_right_signature_among_several_is_enough(others: str) -> None:
    assert is_taken(headers(signature=others.format(by_hand(KEY, ID, SECONDS, BODY))))


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_five_minutes_to_either_side_are_recent(minutes: int) -> None:
    assert is_taken(headers(), now=NOON + timedelta(minutes=minutes))


def test_the_receivers_time_zone_makes_no_difference() -> None:
    assert is_taken(headers(), now=NOON.astimezone(timezone(timedelta(hours=5, minutes=30))))


# What is refused.


@pytest.mark.parametrize("away", [timedelta(minutes=5, seconds=1), timedelta(minutes=5, milliseconds=1)])
def test_old_and_future_deliveries_are_refused(away: timedelta) -> None:
    assert not is_taken(headers(), now=NOON + away)
    assert not is_taken(headers(), now=NOON - away)


def test_no_bit_of_the_body_can_be_flipped() -> None:
    assert not any(is_taken(headers(), with_bit_flipped(BODY, bit)) for bit in range(len(BODY) * 8))


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
def test_no_bit_of_a_header_can_be_flipped(name: str) -> None:
    genuine = headers()[f"webhook-{name}"].encode()
    for bit in range(len(genuine) * 8):
        changed = with_bit_flipped(genuine, bit).decode("latin-1")
        now = datetime.fromtimestamp(int(changed), UTC) if name == "timestamp" and changed.isdecimal() else NOON
        assert not is_taken(headers(**{name: changed}), now=now), changed


@given(st.binary(max_size=64))
def test_no_other_body_is_taken(body: bytes) -> None:
    assert is_taken(headers(), body) == (body == BODY)


def test_nothing_can_move_between_id_timestamp_and_body() -> None:
    signature = by_hand(KEY, ID, SECONDS, b"1.x")
    assert is_taken(headers(signature=signature), b"1.x")
    assert not is_taken(headers(id=f"{ID}.{SECONDS}", timestamp="1", signature=signature), b"x")


def test_another_secret_is_refused() -> None:
    assert not is_taken(headers(), secrets=OLD_SECRET)
    assert not is_taken(headers(), secrets=[])


@pytest.mark.parametrize("name", ["id", "timestamp", "signature"])
@pytest.mark.parametrize("value", [None, "", " ", "\xff", "\udcff", "\N{FULLWIDTH DIGIT ONE}"])
def test_a_header_that_is_missing_or_no_text_is_refused(name: str, value: str | None) -> None:
    assert not is_taken(headers(**{name: value}))


@pytest.mark.parametrize("near", ["{} ", " {}", "+{}", "0{}", "{}.0", "{}\n", "1_{}", "-{}", "{}e0"])
def test_a_timestamp_is_plain_digits(near: str) -> None:
    assert not is_taken(headers(timestamp=near.format(SECONDS)))


@given(st.text("0123456789", max_size=400))
@example("9" * 400)  # more than a float can hold
@example("9" * 5_000)  # more than Python reads
def test_no_timestamp_is_too_long_to_be_refused(digits: str) -> None:
    assert is_taken(headers(timestamp=digits)) == (digits == str(SECONDS))


@pytest.mark.parametrize("version", ["", "v1", "v2,", "V1,", "v1a,", "v1 ,"])
def test_a_signature_of_another_version_is_refused(version: str) -> None:
    bare = by_hand(KEY, ID, SECONDS, BODY).removeprefix("v1,")
    assert not is_taken(headers(signature=f"{version}{bare}"))


@given(st.dictionaries(st.sampled_from(list(headers())), st.text()), st.binary())
def test_whatever_comes_is_taken_or_refused_and_nothing_else_happens(given: dict[str, str], body: bytes) -> None:
    assert not is_taken(given, body)
