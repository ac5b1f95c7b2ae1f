"""Address books: numbers and addresses are read from the columns in which Google, Outlook and Apple have them."""

import pytest

from loyalty_app.importing.candidates import Candidate
from loyalty_app.importing.sheet import read_sheet, without_wrong_lines
from loyalty_core.errors import InvalidRequest
from tests.importing.test_sheets import BERLIN

GOOGLE_OLD = (
    "Name,Given Name,Additional Name,Family Name,Yomi Name,Birthday,Notes,Group Membership,E-mail 1 - Type,"
    "E-mail 1 - Value,E-mail 2 - Type,E-mail 2 - Value,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value\n"
    "Ana Lovelace,Ana,,Lovelace,,--05-17,,* myContacts,* Home,ana@example.com,,,Home,030 901820,Mobile,0170 1234567\n"
    "山田太郎,太郎,,山田,,,,,,taro@example.com ::: t@example.com,,,Mobile,0170 1234568 ::: 0170 1234569,,\n"
)
GOOGLE_NEW = (
    "First Name,Middle Name,Last Name,Phonetic First Name,Nickname,File As,Organization Name,Birthday,Notes,Photo,"
    "Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n"
    "Ana,,Lovelace,,,,,1990-05-17,,,* myContacts,,ana@example.com,,,Work,0170 1234567\n"
)
OUTLOOK = (
    "First Name,Middle Name,Last Name,Title,Company,Business Fax,Business Phone,Home Phone,Home Phone 2,Mobile Phone,"
    "Pager,Primary Phone,Birthday,E-mail Address,E-mail Type,E-mail 2 Address\n"
    "Ana,,Lovelace,,,030 111111,030 901820,,,0170 1234567,,,0/0/00,,SMTP,ana@example.com\n"
    "Ben,,Cy,,,,030 901821,,,,,,,,,\n"
)
OUTLOOK_DE = (
    "Anrede;Vorname;Nachname;Fax geschäftlich;Telefon geschäftlich;Telefon (privat);Mobiltelefon;Geburtstag;"
    "E-Mail-Adresse;E-Mail 2: Adresse\n"
    "Frau;Ana;Lovelace;030 111111;030 901820;030 901821;0170 1234567;17.05.1990;;ana@example.com\n"
)
RUSSIAN = "Имя;Фамилия;Мобильный телефон;Домашний телефон;Эл. почта\nАна;Лавлейс;;+7 495 123-45-67;ana@example.com\n"
ANA = ("Ana Lovelace", "+491701234567", "ana@example.com")


def read(text: str) -> list[Candidate]:
    people, remarks = without_wrong_lines(list(read_sheet(text.encode(), BERLIN).lines))
    assert remarks == []
    return people


def told(text: str) -> list[tuple[str, str | None, str | None]]:
    return [(one.profile.name, one.profile.phone, one.profile.email) for one in read(text)]


def test_contacts_exported_from_google_have_their_numbers() -> None:
    assert told(GOOGLE_OLD) == [ANA, ("山田太郎", "+491701234568", "taro@example.com")]
    assert told(GOOGLE_NEW) == [ANA]


def test_contacts_exported_from_outlook_have_their_numbers() -> None:
    assert told(OUTLOOK) == [ANA, ("Ben Cy", "+4930901821", None)]
    assert told(OUTLOOK_DE) == [ANA]
    assert told(RUSSIAN) == [("Ана Лавлейс", "+74951234567", "ana@example.com")]


def test_a_day_without_a_year_or_of_zeros_is_none() -> None:
    assert {one.profile.birthday for text in (GOOGLE_OLD, OUTLOOK) for one in read(text)} == {None}


def test_the_first_number_that_can_be_read_counts() -> None:
    sheet = "Name,Phone 1 - Value,Phone 2 - Value\nAna Lovelace,*100#,0170 1234567\n"
    assert told(sheet) == [("Ana Lovelace", "+491701234567", None)]
    _, [wrong] = without_wrong_lines(list(read_sheet(b"Name,Phone 1,Phone 2\nAna,*100#,call me\n", BERLIN).lines))
    assert wrong.field == "phone"


@pytest.mark.parametrize(
    ("sheet", "named"),
    [
        ("Name;Anruf\nAna;0170 1234567\nBen;+49 170 1234568\n", r"phone numbers in column 2 \(Anruf\).*call it Phone"),
        ("Name;Kontakt\nAna;ana@example.com\n", r"e-mail addresses in column 2 \(Kontakt\).*call it E-mail"),
        ("Name;Phone;Anruf\nAna;;0170 1234567\n", r"column 3 \(Anruf\)"),
        ("Name;;Phone\nAna;0170 1234567;\n", "column 2, which"),
        ("Ana;;;;;;0170 1234567\n", "column 7, which"),
    ],
)
def test_a_column_that_looks_like_numbers_or_addresses_and_is_not_read_is_refused(sheet: str, named: str) -> None:
    with pytest.raises(InvalidRequest, match=named):
        read_sheet(sheet.encode(), BERLIN)


@pytest.mark.parametrize(
    "sheet",
    [
        "Name;Phone;Spouse\nAna;0170 1234567;0170 1234568\n",
        "Name;Fax\nAna;030 901820\n",
        "Name;Customer no\nAna;10002345\nBen;10002346\n",
        "Name;Notes\nAna;call 0170 1234567\nBen;likes tea\nCy;a@b\n",
        "Name;Day\nAna;01.02.2024\n",
    ],
)
def test_other_columns_are_left_alone(sheet: str) -> None:
    assert read(sheet)[0].profile.name == "Ana"


def test_a_list_of_vcards_is_refused_as_a_whole() -> None:
    with pytest.raises(InvalidRequest, match="vCards"):
        read_sheet(b"BEGIN:VCARD\nVERSION:3.0\nFN:Ana\n", BERLIN)
