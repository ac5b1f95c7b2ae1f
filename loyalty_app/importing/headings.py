"""Headings: what the columns of a sheet mean, by their names in six languages, or by their places.

Names are compared without case, spaces and signs. Two columns for one thing are refused: only the sender knows which
one counts; but address books have many numbers of a person (`address_books`). Columns with other names are ignored.
"""

from collections.abc import Sequence

import msgspec

from loyalty_app.importing.address_books import further_column, label_columns, plain_heading
from loyalty_core.errors import InvalidRequest

PLACES = ("name", "phone", "email", "stamps", "birthday", "joined")
"""The columns, if the first line has no headings."""

SPELLINGS = {
    "name": (
        "name, full name, customer, customer name, client, kunde, kundin, kundenname, nombre, nombre completo, "
        "nombre y apellidos, cliente, имя, фио, клиент, имя клиента, नाम, पूरा नाम, ग्राहक, ग्राहक का नाम, "
        "اسم, الاسم, الاسم الكامل, العميل, اسم العميل"
    ),
    "first_name": "first name, given name, vorname, nombre de pila, पहला नाम, الاسم الأول, prénom, имя собственное",
    "last_name": (
        "last name, surname, family name, nachname, familienname, apellido, apellidos, фамилия, उपनाम, कुलनाम, "
        "اسم العائلة, اللقب"
    ),
    "phone": (
        "mobiltelefon, telefon mobil, handynr, handynummer, teléfono móvil, telefono movil, teléfono celular, "
        "telefono celular, téléphone mobile, telefon komórkowy, cep telefonu, cellulare, "
        "phone, phone number, mobile, mobile phone, mobile number, cell, cell phone, tel, telephone, whatsapp, "
        "telefon, telefonnummer, handy, handynummer, mobil, mobilnummer, rufnummer, teléfono, telefono, "
        "número de teléfono, móvil, movil, celular, телефон, номер телефона, номер, мобильный, мобильный телефон, "
        "फ़ोन, फोन, फ़ोन नंबर, फोन नंबर, मोबाइल, मोबाइल नंबर, هاتف, الهاتف, رقم الهاتف, جوال, الجوال, رقم الجوال, "
        "موبايل, الموبايل"
    ),
    "email": (
        "email, email address, mail, email adresse, mail adresse, mailadresse, correo, correo electrónico, "
        "correo electronico, почта, электронная почта, эл почта, адрес почты, ईमेल, ईमेल पता, البريد, "
        "البريد الإلكتروني, البريد الالكتروني, ايميل, إيميل, الإيميل"
    ),
    "birthday": (
        "birthday, birth date, birthdate, date of birth, dob, geburtstag, geburtsdatum, cumpleaños, cumpleanos, "
        "fecha de nacimiento, nacimiento, день рождения, дата рождения, जन्मदिन, जन्म तिथि, जन्मतिथि, عيد الميلاد, "
        "تاريخ الميلاد"
    ),
    "stamps": (
        "stamps, current stamps, open stamps, stempel, offene stempel, sellos, sellos actuales, штампы, печати, "
        "स्टैम्प, मुहर, मुहरें, طوابع, الطوابع, أختام, الأختام"
    ),
    "joined": (
        "joined, joined at, joined on, join date, date joined, customer since, member since, since, created at, "
        "created, kunde seit, mitglied seit, dabei seit, beitritt, beigetreten, alta, fecha de alta, cliente desde, "
        "дата регистрации, регистрация, клиент с, शामिल, शामिल होने की तिथि, सदस्यता तिथि, تاريخ الانضمام, انضم, "
        "عضو منذ, عميل منذ"
    ),
    "opted_out": (
        "opted out, opt out, unsubscribed, no messages, keine nachrichten, keine werbung, abgemeldet, sin mensajes, "
        "sin publicidad, de baja, не писать, без рассылки, отписан, отписался, संदेश नहीं, सदस्यता समाप्त, "
        "بلا رسائل, لا رسائل, ألغى الاشتراك"
    ),
    "program": (
        "program, programme, loyalty program, loyalty programme, programm, treueprogramm, programa, "
        "programa de fidelidad, программа, программа лояльности, कार्यक्रम, प्रोग्राम, برنامج, البرنامج, برنامج الولاء"
    ),
}


class Columns(msgspec.Struct, frozen=True):
    """Which column holds what: fields with their places. `ignored` are the names of the other columns.

    `more` has all columns of phone numbers and of e-mail addresses, in the order in which they are tried; `labels` the
    columns that say what kind a number is.
    """

    places: dict[str, int]
    ignored: tuple[str, ...] = ()
    named: bool = False
    more: dict[str, tuple[int, ...]] = {}
    labels: dict[int, int] = {}


MEANING = {plain_heading(word): field for field, words in SPELLINGS.items() for word in words.split(", ")}


def meanings(row: Sequence[str]) -> list[str | None]:
    """What each cell of a first line means as a heading; None if nothing."""
    return [meant[0] if (meant := _meaning(cell)) else None for cell in row]


def _meaning(heading: str) -> tuple[str, int] | None:
    """A field, and its rank among the columns of that field."""
    field = MEANING.get(plain_heading(heading))
    return (field, 0) if field is not None else further_column(heading, MEANING)


def is_heading(row: Sequence[str]) -> bool:
    """Whether a first line holds headings: at least one is known, and none looks like a number or an address."""
    told = any(meanings(row))
    return told and not any("@" in cell or sum(map(str.isdigit, cell)) > 4 for cell in row)  # noqa: PLR2004  # a phone


def columns_of(row: Sequence[str]) -> Columns:
    """The columns of a sheet, by its first line. Raises InvalidRequest."""
    if not is_heading(row):
        return Columns({field: place for place, field in enumerate(PLACES) if place < len(row)})
    found: dict[str, list[tuple[int, int]]] = {}
    for place, cell in enumerate(row):
        if (meant := _meaning(cell)) is not None:
            found.setdefault(meant[0], []).append((meant[1], place))
    for field, places in found.items():
        first = [place for rank, place in places if rank == 0]
        if len(first) > 1:
            raise _twice(field, row, first[0], first[1])
    if not {"name", "first_name"} & found.keys():
        raise InvalidRequest.field("file", "has no column for names: call one of them Name")
    ordered = {field: tuple(place for _, place in sorted(places)) for field, places in found.items()}
    read = {place for places in ordered.values() for place in places}
    ignored = tuple(cell.strip() for place, cell in enumerate(row) if place not in read and cell.strip())
    first_of_each = {field: places[0] for field, places in ordered.items()}
    return Columns(first_of_each, ignored, named=True, more=ordered, labels=label_columns(row))


def _twice(field: str, row: Sequence[str], first: int, second: int) -> InvalidRequest:
    both = f"columns {first + 1} ({row[first].strip()}) and {second + 1} ({row[second].strip()})"
    message = f"has two columns for {field.replace('_', ' ')}, {both}: rename the one that does not count"
    return InvalidRequest.field("file", message)
