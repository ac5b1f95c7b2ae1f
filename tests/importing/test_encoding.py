"""Letters: whatever a spreadsheet writes is read as it was meant."""

from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest

from loyalty_app.importing.code_pages import country_of_zone
from loyalty_app.importing.encoding import UNREADABLE, read_letters
from loyalty_core.errors import InvalidRequest

LATIN = "Name;Größe\nJosé Müller;süß\nZoë;naïve\n"
RUSSIAN = "Имя;Телефон\nАнна Каренина;+7 912 345-67-89\nФёдор;привет\n"
ARABIC = "الاسم;الهاتف\nليلى العامري;+971 50 123 4567\nمحمد;السلام عليكم\n"
HINDI = "नाम;फ़ोन\nप्रिया शर्मा;+91 98765 43210\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", [LATIN, RUSSIAN, ARABIC, HINDI], ids=["latin", "russian", "arabic", "hindi"])
def test_unicode_is_read_with_a_mark_and_without(text: str, encoding: str) -> None:
    assert read_letters(text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(LATIN, "windows-1252"), (LATIN, "mac-roman"), (RUSSIAN, "windows-1251"), (ARABIC, "windows-1256")],
)
def test_the_one_byte_encodings_are_told_apart(text: str, encoding: str) -> None:
    assert read_letters(text.encode(encoding)).text == read_letters(text.encode(encoding), encoding).text == text


# Five guests each, as a spreadsheet of their country would write them in its Windows code page.
AT_HOME = {
    "PL": (
        "windows-1250",
        "Michał Łęcki;Wałbrzych|Żaneta Śliwa;Łódź|Józef Wójcik;Toruń|Grażyna Kość;Gdańsk|Ola Nowak;Rzeszów",
    ),
    "CZ": ("windows-1250", "Jiří Dvořák;Plzeň|Božena Němcová;Brno|Šárka Černá;Děčín|Tomáš Růžička;Žďár|Eva Malá;Ústí"),
    "HU": (
        "windows-1250",
        "Győző Szűcs;Győr|Ágnes Tóth;Pécs|Zoltán Kővári;Hódmezővásárhely|Ildikó Nagy;Szőreg|Béla Kis;Eger",
    ),
    "RO": (
        "windows-1250",
        "Ştefan Ioniţă;Iaşi|Ioana Pârvu;Braşov|Mălina Crăciun;Piteşti|Radu Ţurcanu;Galaţi|Ana Dinu;Cluj",
    ),
    "TR": (
        "windows-1254",
        "Ayşe Yılmaz;İzmir|Çağrı Öztürk;Eskişehir|Gülşen Şahin;Muğla|Işıl Doğan;Iğdır|Ali Can;Ankara",
    ),
    "LT": (
        "windows-1257",
        "Žydrūnas Šimkus;Panevėžys|Rūta Žukaitė;Šiauliai|Jonas Kazlauskas;Kėdainiai|Eglė Ąžuolė;Vilnius",
    ),
    "VN": (
        "windows-1258",
        "Lê Văn Lâm;Hà Nam|Đào Hương;Đông Hưng|Cao Thanh Hà;Tân An|Ngô Văn Tư;Hà Đông|Phan Sơn;Long Khánh",
    ),
    "GR": (
        "windows-1253",
        "Γιώργος Παππάς;Αθήνα|Ελένη Νικολάου;Πάτρα|Μαρία Δήμου;Χανιά|Νίκος Ρήγας;Βόλος|Άννα Κώστα;Σέρρες",
    ),
    "IL": ("windows-1255", "נועה כהן;תל אביב|יוסף לוי;חיפה|מרים פרץ;ירושלים|דוד מזרחי;אשדוד|שרה ביטון;נתניה"),
    "RU": ("windows-1251", "Анна Каренина;Москва|Фёдор Орлов;Тверь|Юлия Щукина;Псков|Пётр Ежов;Омск|Яна Цой;Уфа"),
    "UA": ("windows-1251", "Їжакевич Ірина;Київ|Євген Ґудзь;Львів|Олена Шевчук;Рівне|Юрій Бойко;Суми|Оля Лях;Ужгород"),
    "AE": ("windows-1256", "ليلى العامري;دبي|محمد الحسن;الشارقة|فاطمة سالم;عجمان|يوسف خالد;العين|نورة راشد;دبي"),
    "TH": ("cp874", "สมชาย ใจดี;เชียงใหม่|สุดา แก้วมณี;ภูเก็ต|ประยูร ทองดี;ขอนแก่น|มาลี ศรีสุข;ระยอง"),
    "JP": ("cp932", "佐藤 花子;東京|鈴木 一郎;大阪|高橋 ミキ;札幌|田中 ゆい;京都|渡辺 健;横浜"),
    "CN": ("gb18030", "王小明;北京|李娜;上海|张伟;广州|刘洋;深圳|陈静;成都"),
    "TW": ("big5", "陳怡君;臺北|林志明;高雄|黃淑芬;臺中|張家豪;新竹|李雅婷;花蓮"),
    "KR": ("cp949", "김민수;서울|이서연;부산|박지훈;대구|최유진;인천|정하늘;광주"),
    "DE": ("windows-1252", "Jürgen Groß;Köln|Änne Müller;Würzburg|Zoë Weiß;Jüchen|Jörg Schäfer;Görlitz|Ida Öhl;Fürth"),
}


def sheet(guests: str) -> str:
    return "Name;Stadt\r\n" + guests.replace("|", "\r\n") + "\r\n"


def test_a_sheet_of_five_guests_is_read_as_the_shops_country_writes_it() -> None:
    for country, (encoding, guests) in AT_HOME.items():
        read = read_letters(sheet(guests).encode(encoding), country=country)
        assert (read.encoding, read.text) == (encoding, sheet(guests)), country


@pytest.mark.parametrize(
    ("country", "encoding"),
    [
        ("TR", "mac-turkish"),
        ("TR", "cp857"),
        ("CZ", "mac-latin2"),
        ("PL", "cp852"),
        ("RU", "koi8-r"),
        ("RU", "cp866"),
        ("DE", "mac-roman"),
    ],
)
def test_a_sheet_of_a_mac_or_of_older_programs_is_read_too(country: str, encoding: str) -> None:
    text = sheet(AT_HOME[country][1])
    assert read_letters(text.encode(encoding), country=country).text == text


@pytest.mark.parametrize(
    ("shop", "sheet_from"), [("DE", "RU"), ("PL", "GR"), ("TR", "TH"), (None, "KR"), ("RU", "DE"), ("TW", "DE")]
)
def test_letters_of_another_script_than_the_countrys_are_recognised(shop: str | None, sheet_from: str) -> None:
    encoding, guests = AT_HOME[sheet_from]
    assert read_letters(sheet(guests).encode(encoding), country=shop).text == sheet(guests)


def test_lines_without_such_letters_hide_none() -> None:
    text = sheet("|".join(["Ana;Bonn"] * 20_000) + "|" + AT_HOME["PL"][1])
    assert read_letters(text.encode("windows-1250"), country="PL").text == text


def test_a_country_that_there_is_not_is_none() -> None:
    assert read_letters(LATIN.encode("windows-1252"), country="QQ").text == LATIN


def test_typographic_signs_make_no_mac_of_a_file() -> None:
    text = "Name\nBean “&” Leaf – 5 €\nO’Neill…\n"
    assert read_letters(text.encode("windows-1252")).text == text


def test_lines_from_elsewhere_cost_their_own_letters_only() -> None:
    mixed = "Zoë\nJosé\nMüller\n".encode() + "Größe\n".encode("windows-1252") + b"Ana\n"
    assert read_letters(mixed).text.splitlines() == ["Zoë", "José", "Müller", f"Gr{UNREADABLE}{UNREADABLE}e", "Ana"]


def test_a_named_encoding_counts() -> None:
    assert read_letters("Łódź".encode("windows-1250"), "windows-1250").text == "Łódź"


@pytest.mark.parametrize("name", ["klingon", "base64", "utf-8\x00"])
def test_an_encoding_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest, match="encoding"):
        read_letters(b"Name", name)


@pytest.mark.parametrize("country", [None, "DE", "PL", "TR", "RU", "JP"])
@pytest.mark.parametrize(
    "data", [b"", b"a", b"\x00", b"\xff", b"\xff\xfe", b"\x00\x00\x00\x00", b"\xd8\x00" * 9, bytes(range(256))]
)
def test_anything_can_be_read_somehow_or_is_refused(data: bytes, country: str | None) -> None:
    with suppress(InvalidRequest):
        assert isinstance(read_letters(data, country=country).text, str)


@pytest.mark.parametrize("country", AT_HOME)
def test_a_single_guest_is_read_in_the_right_letters_at_home(country: str) -> None:
    encoding, guests = AT_HOME[country]
    for guest in guests.split("|"):
        text = f"Name;Phone\n{guest.split(';')[0]};030 123456\n"
        data = text.encode(encoding)
        assert read_letters(data, country=country).text == text, guest


def outcome(text: str, encoding: str, shop: str | None) -> str:
    try:
        read = read_letters(text.encode(encoding), country=shop)
    except InvalidRequest:
        return "refused"
    return "right" if read.text == text else read.text


@pytest.mark.parametrize("shop", ["DE", "FR", "US", "PL", "TR", "RU", None])
def test_a_sheet_from_elsewhere_is_read_in_the_right_letters_or_refused(shop: str | None) -> None:
    for country, (encoding, guests) in AT_HOME.items():
        if country != "VN":  # its accents are in the same places as those of Western Europe
            assert outcome(sheet(guests), encoding, shop) in {"right", "refused"}, country


def test_polish_and_turkish_are_read_by_a_german_shop() -> None:
    for country in ("PL", "TR"):
        encoding, guests = AT_HOME[country]
        assert outcome(sheet(guests), encoding, "DE") == "right"


def test_two_readings_that_make_equal_sense_are_refused_with_both_names() -> None:
    with pytest.raises(InvalidRequest, match=r"windows-1250 or windows-1257.*--encoding"):
        read_letters("Name\nJüri Põld\nÕnne Šults\n".encode("windows-1257"), country="DE")


def test_a_guess_is_told_apart_from_what_is_certain() -> None:
    assert read_letters("Łódź".encode("windows-1250"), country="PL").guessed
    for data, encoding in (("Łódź".encode(), None), ("Łódź".encode("utf-16"), None), (b"\xa3", "windows-1250")):
        assert not read_letters(data, encoding, country="PL").guessed


def test_the_time_zone_tells_the_country_of_a_shop_that_has_told_none() -> None:
    zones = {"Europe/Warsaw": "PL", "Europe/Istanbul": "TR", "Asia/Kolkata": "IN", "UTC": None, "Etc/GMT+3": None}
    assert {zone: country_of_zone(ZoneInfo(zone)) for zone in zones} == zones
