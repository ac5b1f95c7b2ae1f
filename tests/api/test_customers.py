"""Customers over HTTP: who they are in any script, how they are found, how they change and how they leave."""

import pytest

from tests.api.till import Api, Till, given, refused, wrong_fields

NAMES = (
    "Zoë Müller",
    "Ольга Петрова",
    "Ελένη Σταθάκη",
    "ليلى حداد",
    "נועה כהן",
    "प्रिया शर्मा",
    "王小明",
    "김민지",
    "สมชาย ใจดี",
    "さくら 🌸",
)


async def ids(till: Till, **query: object) -> list[int]:
    """Whom a search finds."""
    found = await till.get("/customers", **query)
    assert found.status_code == 200, found.text
    return [customer["id"] for customer in found.json()["data"]]


async def test_a_new_customer_has_an_empty_card_and_a_code_of_their_own(till: Till) -> None:
    lena = await till.join("Lena", phone="(415) 555-2671", email="Lena@Example.com", birthday="1990-05-17")
    omar = await till.join("Omar")
    assert lena["phone"] == "+14155552671"
    assert (lena["email"], lena["birthday"]) == ("Lena@example.com", "1990-05-17")
    assert (lena["current_stamps"], lena["stamps_required"], lena["version"]) == (0, 10, 1)
    assert lena["created_at"] == lena["updated_at"] == "2026-03-02T12:00:00Z"
    assert lena["last_visit_at"] is None
    assert len(lena["qr_code"]) == 13
    assert lena["qr_code"] != omar["qr_code"]


async def test_a_name_of_any_script_is_kept_as_it_is_and_found_by_a_part_of_it(
    till: Till, subtests: pytest.Subtests
) -> None:
    customers = [await till.join(name) for name in NAMES]
    for name, customer in zip(NAMES, customers, strict=True):
        with subtests.test(name=name):
            assert (await till.show(customer["id"]))["name"] == name
            assert await ids(till, q=name[1:4]) == [customer["id"]]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("ОЛЬГА", "ольга"),
        ("Straße", "STRASSE"),
        ("ΕΛΈΝΗ", "ελένη"),
        ("Zoe\u0308", "zoë"),
        ("\uff2c\uff45\uff4e\uff41", "lena"),
    ],
)
async def test_a_search_forgives_case_width_and_spelling_of_accents(till: Till, name: str, typed: str) -> None:
    customer = await till.join(name)
    assert await ids(till, q=typed) == [customer["id"]]


async def test_a_search_takes_signs_literally(till: Till, subtests: pytest.Subtests) -> None:
    signs = ("%", "_", "\\", "'", '"', "null", "*")
    marked = [await till.join(f"Mr {sign}") for sign in signs]
    for sign, customer in zip(signs, marked, strict=True):
        with subtests.test(sign=sign):
            assert await ids(till, q=sign) == [customer["id"]]


async def test_a_search_looks_through_name_phone_and_email(till: Till) -> None:
    lena = await till.join("Lena", phone="+14155552671", email="coffee@example.com")
    await till.join("Omar", email="tea@example.com")
    for part in ("len", "555267", "coffee"):
        assert await ids(till, q=part) == [lena["id"]]
    assert await ids(till, q="nobody") == []


@pytest.mark.parametrize("typed", ["030 901820", "030/901820", "+49 30 901820", "0049 30 901820", "+4930901820"])
async def test_a_phone_number_is_found_however_it_is_written_in_the_shop_s_country(api: Api, typed: str) -> None:
    till = await api.open_till(country="DE")
    lena = await till.join(phone="030 901820")
    await till.join(phone="030 901821")
    assert lena["phone"] == "+4930901820"
    assert await ids(till, phone=typed) == [lena["id"]]


async def test_without_a_country_a_phone_number_needs_its_prefix(api: Api) -> None:
    till = await api.open_till(country=None)
    assert wrong_fields(await till.post("/customers", {"name": "Lena", "phone": "415 555 2671"})) == ["/phone"]
    assert wrong_fields(await till.get("/customers", phone="415 555 2671")) == ["/phone"]
    assert (await till.join(phone="+1 415 555 2671"))["phone"] == "+14155552671"


async def test_a_phone_number_belongs_to_one_customer_of_a_shop_who_is_named(api: Api, till: Till) -> None:
    lena = await till.join(phone="+14155552671")
    problem = refused(await till.post("/customers", {"name": "Lena", "phone": "415-555-2671"}), 409, "customer_exists")
    assert f"Customer {lena['id']} " in problem["detail"]
    assert await ids(till) == [lena["id"]]
    other = await api.open_till("Tea & Co")
    assert (await other.join(phone="+14155552671"))["phone"] == "+14155552671"


async def test_a_profile_changes_in_the_fields_that_are_sent_and_null_empties_one(till: Till) -> None:
    lena = await till.join("Lena", email="lena@example.com", birthday="1990-05-17")
    till.api.clock.wait(minutes=5)
    changed = given(await till.patch(f"/customers/{lena['id']}", {"name": "Lena M", "email": None}))
    expected = {"name": "Lena M", "email": None, "updated_at": "2026-03-02T12:05:00Z", "version": 2}
    assert changed == {**lena, **expected}
    shown = await till.show(lena["id"])
    assert {name: shown[name] for name in changed} == changed


async def test_a_change_to_what_is_so_already_is_no_new_version(till: Till) -> None:
    lena = await till.join("Lena")
    till.api.clock.wait(minutes=5)
    assert given(await till.patch(f"/customers/{lena['id']}", {"name": " Lena ", "phone": lena["phone"]})) == lena
    assert given(await till.patch(f"/customers/{lena['id']}", {})) == lena


async def test_a_profile_cannot_take_the_phone_number_of_somebody_else(till: Till) -> None:
    lena, omar = await till.join("Lena"), await till.join("Omar")
    refused(await till.patch(f"/customers/{omar['id']}", {"phone": lena["phone"]}), 409, "customer_exists")
    assert (await till.show(omar["id"]))["phone"] == omar["phone"]


@pytest.mark.parametrize(
    "typed",
    [
        "{code}",
        "{lower}",
        "{bare}",
        "{spaced}",
        "https%3A%2F%2Ft.me%2Fbean_bot%3Fstart%3Dc_{code}",
        "https%3a%2f%2ft.me%2fbean_bot%3fstart%3dc_{code}",
        "HTTPS%3A%2F%2FT.ME%2FBEAN_BOT%3FSTART%3DC_{code}",
        "%5DQ1https%3A%2F%2Ft.me%2Fbean_bot%3Fstart%3Dc_{code}%0D%0A",
        "%E2%80%AA{code}%E2%80%AC",
        "c_{code}",
    ],
)
async def test_a_customer_is_found_by_their_code_however_it_was_typed_or_scanned(till: Till, typed: str) -> None:
    lena = await till.join()
    code = lena["qr_code"]
    path = typed.format(code=code, lower=code.lower(), bare=code[3:], spaced=f"{code[:6]}%20-{code[6:]}")
    for slash in ("", "/"):
        assert given(await till.get(f"/customers/qr/{path}{slash}")) == await till.show(lena["id"])
        assert given(await till.post(f"/customers/qr/{path}/stamps{slash}"))["customer"]["id"] == lena["id"]


@pytest.mark.parametrize("name", ["\u3164", "\u2800", "\u200b", " \u2060 "])
async def test_a_name_or_reward_of_which_nothing_can_be_seen_is_refused(till: Till, name: str) -> None:
    lena = await till.join()
    asked = [
        (await till.post("/customers", {"name": name, "phone": "+14155550999"}), "/name"),
        (await till.patch(f"/customers/{lena['id']}", {"name": name}), "/name"),
        (await till.patch("/program", {"name": name}), "/name"),
        (await till.patch("/program", {"reward_description": name}), "/reward_description"),
    ]
    for answer, pointer in asked:
        assert refused(answer, 400, "invalid_request")["errors"][0]["pointer"] == pointer


async def test_a_code_that_nobody_has_finds_nobody(till: Till) -> None:
    for typed in ("CUS0000000000", "nonsense", "%00", "%FF", "%2F", "stamps", "x" * 5_000):
        refused(await till.get(f"/customers/qr/{typed}"), 404, "customer_not_found")
        refused(await till.post(f"/customers/qr/{typed}/stamps"), 404, "customer_not_found")


async def test_an_erased_customer_is_gone_and_their_phone_number_is_free_again(till: Till) -> None:
    lena = await till.join(phone="+14155552671")
    await till.stamp(lena["id"], 10)
    given(await till.delete(f"/customers/{lena['id']}"))
    for path in (str(lena["id"]), f"qr/{lena['qr_code']}", f"{lena['id']}/transactions", f"{lena['id']}/rewards"):
        refused(await till.get(f"/customers/{path}"), 404, "customer_not_found")
    refused(await till.delete(f"/customers/{lena['id']}"), 404, "customer_not_found")
    assert await ids(till) == []
    assert given(await till.get("/analytics"))["rewards"]["outstanding"] == 0
    assert (await till.join(phone="+14155552671"))["id"] != lena["id"]


async def test_nothing_of_an_erased_person_is_kept_in_any_table(till: Till) -> None:
    lena = await till.join("Lena Quixote", phone="+14155559999", email="quixote@example.com", birthday="1991-08-09")
    await till.post(f"/customers/{lena['id']}/stamps", {"stamps": 3}, once="one")
    given(await till.delete(f"/customers/{lena['id']}", once="two"))
    kept = repr(await till.api.dump())
    for trace in ("Quixote", "quixote", "4155559999", "9999555514", "1991"):
        assert trace not in kept
