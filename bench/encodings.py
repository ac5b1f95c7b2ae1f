"""Encodings: how many sheets of made-up guests are read in the right letters, refused, or read in wrong ones.

Sheets of 1 to 15 guests in the code page of their country, in capitals and small letters, are read by a shop of that
country, by one of another country and by one that has told none. No wrong letters are the goal; a refusal is right.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from bench.goals import at_most, found
from bench.rounds import keep
from loyalty_app.importing.encoding import read_letters
from loyalty_core.errors import InvalidRequest

GUESTS = {
    "PL": "windows-1250 Łukasz Michał Agnieszka Małgorzata Jędrzej Ola Wójcik Dąbrowski Zając Łęcki Kość Nowak",
    "CZ": "windows-1250 Jiří Tomáš Božena Šárka Eva Zdeněk Růžena Dvořák Novák Černá Růžička Příhoda Šťastný Kučera",
    "SK": "windows-1250 Ľubomír Zuzana Božena Štefan Ján Kováč Horváthová Šimko Hruška Ďurica Žiak Mráz",
    "HU": "windows-1250 Győző Ágnes Zoltán Ildikó Béla Erzsébet Jenő Szűcs Tóth Kővári Nagy Szőke Kovács Erdős",
    "RO": "windows-1250 Ştefan Ioana Mălina Radu Andrei Sînziana Ioniţă Pârvu Crăciun Ţurcanu Popescu Băsescu",
    "HR": "windows-1250 Šime Željko Đurđa Ana Ivan Horvat Đurić Čačić Žunić Perić Kovačević",
    "TR": "windows-1254 Ayşe Çağrı Gülşen Işıl Ali İbrahim İsmail Şule Yılmaz Öztürk Şahin Doğan Can Kılıç Gündüz",
    "LT": "windows-1257 Žydrūnas Rūta Jonas Eglė Ąžuolas Šarūnas Šimkus Žukaitė Kazlauskas Čepaitė",
    "LV": "windows-1257 Jānis Ilze Kārlis Līga Ģirts Ņina Bērziņš Kalniņa Ozoliņš Liepiņa Krūmiņš",
    "GR": "windows-1253 Γιώργος Ελένη Μαρία Νίκος Άννα Όλγα Παππάς Νικολάου Δήμου Ρήγας Κώστα",
    "RU": "windows-1251 Анна Фёдор Юлия Пётр Яна Иван Каренина Орлов Щукина Ежов Цой Кузнецова",
    "UA": "windows-1251 Їжакевич Євген Олена Юрій Оля Ґалина Ірина Ґудзь Шевчук Бойко Лях",
    "BG": "windows-1251 Георги Мария Димитър Цветан Елена Иванов Димитрова Петров Стоянова",
    "RS": "windows-1251 Ђорђе Љубица Милан Јелена Петровић Јовановић Николић Ђурић",
    "IL": "windows-1255 נועה יוסף מרים דוד שרה כהן לוי פרץ מזרחי ביטון",
    "SA": "windows-1256 ليلى محمد فاطمة يوسف نورة أحمد العامري الحسن سالم خالد راشد",
    "TH": "cp874 สมชาย สุดา ประยูร มาลี ใจดี แก้วมณี ทองดี ศรีสุข",
    "VN": "windows-1258 Lê Ngô Phan Cao Đào Hà Văn Lâm Hương Tư Sơn Đông",
    "JP": "cp932 花子 一郎 ミキ ゆい 健 佐藤 鈴木 高橋 田中 渡辺 山田 太郎",
    "KR": "cp949 민수 서연 지훈 유진 하늘 김 이 박 최 정",
    "CN": "gb18030 小明 娜 伟 洋 静 建国 王 李 张 刘 陈 欧阳",
    "TW": "big5 怡君 志明 淑芬 家豪 雅婷 陳 林 黃 張 李",
    "DE": "windows-1252 Jürgen Änne Zoë Jörg Ida Günther Groß Müller Weiß Schäfer Öhl Strauß",
    "FR": "windows-1252 François Hélène Noël Zoé André Gaëlle Édith Lefèvre Crêpin Dubois Évrard",
    "ES": "windows-1252 José María Núñez Ibáñez Peña Güell Sofía Andrés Martínez Ana",
    "PT": "windows-1252 João Conceição Antônio Araújo Simões Magalhães Inês Ana",
    "SE": "windows-1252 Åse Björn Göran Märta Sjöberg Åkesson Öberg Anna",
    "DK": "windows-1252 Søren Åge Bjørn Kærsgård Østergård Ana Jørgensen",
}
"""Countries, the code page of their Windows, and names of people there."""
SIZES = (1, 2, 5, 15)


def sheets(country: str, repeats: int) -> Iterator[tuple[str, bytes]]:
    """Sheets as a spreadsheet of the country writes them, those that go beyond ASCII."""
    encoding, *names = GUESTS[country].split()
    dice = Random(country)  # dice, not secrets
    for turn in range(repeats):
        for size in SIZES:
            case = (str, str, str.upper, str.lower)[turn % 4]
            rows = [
                f"{case(' '.join(dice.sample(names, 2)))};+49 30 {dice.randint(100_000, 999_999)}" for _ in range(size)
            ]
            text = "\n".join(["Name;Phone", *rows, ""])
            data = text.encode(encoding, "ignore")
            if not data.isascii() and data.decode(encoding) == text:
                yield text, data


def outcome(text: str, data: bytes, shop: str | None) -> str:
    """What a shop of a country makes of a sheet."""
    try:
        return "right" if read_letters(data, country=shop).text == text else "wrong"
    except InvalidRequest:
        return "refused"


def main(arguments: Sequence[str] = ()) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.encodings", description="How sheets are read.")
    parser.add_argument("--repeats", type=int, default=12)
    repeats = parser.parse_args(arguments).repeats
    tallies: dict[str, Counter[str]] = {"at home": Counter(), "in Germany": Counter(), "no country": Counter()}
    for country in GUESTS:
        for text, data in sheets(country, repeats):
            for where, shop in zip(tallies, (country, "DE", None), strict=True):
                tallies[where][outcome(text, data, shop)] += 1
    goals = []
    for where, tally in tallies.items():
        print(f"{where:12} right {tally['right']:6,}  refused {tally['refused']:6,}  wrong {tally['wrong']:6,}")
        goals += [found(f"{where}: refused", tally["refused"] / tally.total()), at_most(where, tally["wrong"], 0)]
    keep("encodings", {"sheets": tallies, "goals": msgspec.to_builtins(goals)})


if __name__ == "__main__":
    main(sys.argv[1:])
