"""Headings: columns are found by their names in six languages, or by their places."""

import pytest

from loyalty_app.importing.headings import PLACES, columns_of, meanings
from loyalty_core.errors import InvalidRequest

SIX_LANGUAGES = {
    "en": ["Name", "Phone number", "E-mail", "Stamps", "Birthday", "Joined"],
    "de": ["Name", "Telefon", "E-Mail-Adresse", "Stempel", "Geburtstag", "Kunde seit"],
    "es": ["Nombre", "Teléfono", "Correo electrónico", "Sellos", "Fecha de nacimiento", "Fecha de alta"],
    "ru": ["Имя", "Телефон", "Почта", "Штампы", "Дата рождения", "Дата регистрации"],
    "hi": ["नाम", "फ़ोन", "ईमेल", "मुहर", "जन्मदिन", "शामिल होने की तिथि"],
    "ar": ["الاسم", "رقم الهاتف", "البريد الإلكتروني", "الطوابع", "تاريخ الميلاد", "تاريخ الانضمام"],
}


@pytest.mark.parametrize("language", SIX_LANGUAGES)
def test_every_column_has_a_name_in_six_languages(language: str) -> None:
    assert meanings(SIX_LANGUAGES[language]) == list(PLACES)


@pytest.mark.parametrize(
    "heading", ["phone", " PHONE ", "Phone:", "phone_number", "Phone-Number*", "ＰＨＯＮＥ", "TELÉFONO"]
)
def test_a_name_is_forgiven_its_case_spaces_and_signs(heading: str) -> None:
    assert meanings([heading]) == ["phone"]


def test_columns_may_stand_in_any_order_among_others() -> None:
    columns = columns_of(["Id", "E-Mail", "Notes", "Name", ""])
    assert columns.places == {"email": 1, "name": 3}
    assert columns.ignored == ("Id", "Notes")


def test_without_names_the_places_count() -> None:
    columns = columns_of(["Ana", "+14155552671", "ana@example.com"])
    assert columns.places == {"name": 0, "phone": 1, "email": 2}
    assert not columns.named


def test_a_person_called_like_a_heading_is_no_heading() -> None:
    assert not columns_of(["Handy", "0170 1234567"]).named


def test_two_columns_for_one_thing_are_refused_by_their_names() -> None:
    with pytest.raises(InvalidRequest, match=r"two columns for phone, columns 2 \(Phone\) and 4 \(Mobile\)"):
        columns_of(["Name", "Phone", "Email", "Mobile"])


def test_a_sheet_without_names_of_people_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="no column for names"):
        columns_of(["Phone", "Email"])
