"""Separators: found out by what makes sense of the file; every row knows its line."""

import pytest

from loyalty_app.importing.dialect import Row, read_rows


def rows(text: str) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in read_rows(text)[1]]


def faults(text: str) -> list[tuple[int, str]]:
    return [(row.line, row.fault) for row in read_rows(text)[1] if row.fault is not None]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "head", ["name,phone,email", "Vorname,Telefon", "नाम,फ़ोन,ईमेल", "الاسم,الهاتف", "Имя,Почта", "Ana,+14155552671"]
)
def test_each_separator_is_found(head: str, separator: str) -> None:
    text = head.replace(",", separator) + "\n" + separator.join(["Ben"] * (head.count(",") + 1)) + "\n"
    assert read_rows(text)[0] == separator


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ('Name;Notes\nAna;"a, b, c"\nBen;d, e\n', ";"),
        ("Name,Notes\nAna,likes; semicolons; a lot\nBen,too;\n", ","),
        ("Name;Stamps\nAna, the first;3,0\nBen, the second;4,5\n", ";"),
        ("Ana;1,5;x\nBen;2,5;y\n", ";"),
        ("Name\nAna\nBen\n", ","),
        ("Ana\n", ","),
        ("Name\tPhone\nAna, Ben; Cy\t1\n", "\t"),
    ],
)
def test_signs_inside_cells_do_not_mislead(text: str, separator: str) -> None:
    assert read_rows(text)[0] == separator


@pytest.mark.parametrize("said", ["sep=;", "SEP=;", '"sep=;"', "sep=;\r"])
def test_what_excel_says_in_a_first_line_counts_and_is_no_row(said: str) -> None:
    assert rows(f"{said}\nname;phone\na,b;1\n") == [(2, ("name", "phone")), (3, ("a,b", "1"))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_knows_the_line_on_which_it_begins(end: str) -> None:
    text = end.join(["name,phone", '"Ana', 'Lovelace",1', "", "Ben,2", " , ", "Cy,3"])
    assert [line for line, _ in rows(text)] == [1, 2, 5, 7]


def test_a_cell_may_hold_separators_quotes_and_line_breaks() -> None:
    assert rows('a,b\n"x, ""y""\nz",2\n')[1] == (2, ('x, "y"\nz', "2"))


def test_a_quote_in_the_middle_costs_its_own_line_only() -> None:
    text = 'name,phone\n"Ana" B,1\nBen,2\n'
    assert faults(text) == [(2, 'a quotation mark stands in the middle of a cell: write it twice, as ""')]
    assert (3, ("Ben", "2")) in rows(text)


def test_a_quote_that_is_never_closed_is_named_with_all_that_it_swallows() -> None:
    [(line, fault)] = faults('name,phone\nAna,1\n"Ben,2\nCy,3\n')
    assert line == 3
    assert fault == "a quotation mark is opened and never closed; lines 3 to 4 are left out"


def test_an_endless_cell_is_a_fault_and_the_rest_is_read() -> None:
    text = "name,phone\n" + "x" * 200_000 + ",1\nBen,2\n"
    [(line, fault)] = faults(text)
    assert (line, fault) == (2, "a cell is longer than 131,072 letters")
    assert rows(text)[-1] == (3, ("Ben", "2"))


def test_nothing_has_no_rows() -> None:
    assert rows("") == rows("\n\n  \n") == []
    assert Row(1, ()).fault is None
