"""Names: one word for one thing, in code and in the glossary; modules are named in imports, not in strings.

A class is public if its name does not begin with a line. It is central if its module is: see CENTRAL.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.documents import NAMES, ROOT, prose, read, sections, spans, tables

PRODUCT = ("loyalty_core", "loyalty_app", "api", "bots", "loyalty_cli")
"""The sandbox may use Telegram's own words."""
OURS = (*PRODUCT, "telegram_sandbox", "testkit")

CENTRAL = (
    "loyalty_core/*.py",
    "loyalty_app/{runtime,ids,pagination,private_files,settings}.py",
    "loyalty_app/vault/*.py",
    "loyalty_app/{chat,counter,customers,queues,shops,upkeep,webhooks}/**/*.py",
    "loyalty_app/db/*.py",
    "api/{app,operations,problems,rate_limits,request_log,stamp_fast_path}.py",
    "bots/*.py",
)
"""What everybody who works on the product meets: the rules, the application's wings except pictures, files and
measures, and the top of the API and of the bots. Refusals are left out: they have a page, docs/reference/errors.md."""

SHORT_LINES, MOST_SHORT = 40, 10


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def modules(*packages: str) -> list[Path]:
    paths = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in paths if "versions" not in path.parts]


def expanded(pattern: str) -> list[str]:
    found = re.search(r"{(.*?)}", pattern)
    return [pattern.replace(found[0], word) for word in found[1].split(",")] if found else [pattern]


def public_classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in tree(path).body if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))


def public_types(path: Path) -> Iterator[str]:
    """The public classes of a module, and the other names that it gives to types."""
    yield from (node.name for node in public_classes(path))
    for node in tree(path).body:
        targets = (
            [node.target] if isinstance(node, ast.AnnAssign) else node.targets if isinstance(node, ast.Assign) else []
        )
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def central_classes() -> set[str]:
    paths = {path for pattern in CENTRAL for one in expanded(pattern) for path in ROOT.glob(one)}
    return {node.name for path in paths - {ROOT / "loyalty_core/errors.py"} for node in public_classes(path)}


def test_no_public_class_name_stands_twice_in_the_product() -> None:
    places = defaultdict(list)
    for path in modules(*PRODUCT):
        for node in public_classes(path):
            places[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_the_patterns_of_central_modules_all_match_something() -> None:
    assert [one for pattern in CENTRAL for one in expanded(pattern) if not [*ROOT.glob(one)]] == []


def test_every_public_class_of_a_central_module_stands_in_the_glossary() -> None:
    assert central_classes() - set(spans(read("docs/glossary.md"))) == set()


def test_a_class_that_the_glossary_names_exists() -> None:
    there = {name for path in modules(*PRODUCT) for name in public_types(path)}
    words = {span for span in spans(read("docs/glossary.md")) if re.fullmatch(r"([A-Z][a-z]+)+", span)}
    assert words <= there
    listed = [row for table in tables(sections("docs/glossary.md", "##")["Names in code"]) for row in table.rows]
    assert {spans(row[0])[0] for row in listed} <= there


def test_no_word_of_the_glossary_is_explained_twice() -> None:
    names = [row[0] for table in tables(read("docs/glossary.md")) for row in table.rows]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def strings_of_code(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a module, those left out that explain something."""
    said = {
        id(node.value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.lineno, node.value


def test_no_module_of_ours_is_named_by_a_string() -> None:
    names = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in modules(*OURS)}
    dotted = {name.removesuffix(".__init__") for name in names} - set(OURS)
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in modules(*OURS)
        for line, text in strings_of_code(path)
        if text.partition(":")[0] in dotted
    ]
    assert found == []


def test_no_module_is_imported_by_a_name_that_is_made_up_at_run_time() -> None:
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(*OURS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}
    ]
    assert calls == []


def test_arguments_are_not_hidden_in_a_dictionary_of_types() -> None:
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(*OURS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.arg) and node.annotation and "Unpack[" in ast.unparse(node.annotation)
    ]
    assert hidden == []


def test_a_module_that_a_document_names_is_there() -> None:
    paths = [path.relative_to(ROOT).as_posix() for path in modules(*OURS, "bench", "tests")]
    migrations = [path.relative_to(ROOT).as_posix() for path in (ROOT / "loyalty_app/db/migrations").rglob("*.py")]
    named = {
        (name, span)
        for name in NAMES
        for span in spans(prose(name))
        if re.fullmatch(r"[a-z_0-9/]+\.py", span) and "/" in span
    }
    assert [
        (name, span)
        for name, span in sorted(named)
        if not any(f"/{p}".endswith(f"/{span}") for p in paths + migrations)
    ] == []


OLD_TURNS = re.compile(
    r"\b(whoever|whomever|anew|of late|what was paid for|be they|be it|shall|mends?|mended|thereby|dearest"
    r"|nobody's own)\b",
    re.IGNORECASE,
)


def comments_and_docstrings(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from node.value.value.splitlines()


def test_documents_docstrings_and_comments_are_in_plain_words() -> None:
    documents = [(name, line) for name in NAMES for line in read(name).splitlines()]
    everywhere = [path for path in modules(*OURS, "bench", "tests") if path != Path(__file__)]
    paths = [path for path in everywhere if OLD_TURNS.search(path.read_text("utf-8"))]
    code = [(path.relative_to(ROOT).as_posix(), line) for path in paths for line in comments_and_docstrings(path)]
    assert [(where, line) for where, line in documents + code if OLD_TURNS.search(line)] == []


def test_functions_and_classes_of_the_product_are_named_in_plain_words() -> None:
    old = re.compile(r"(^|_)(anew|take_away)(_|$)")
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules(*OURS)
        for node in ast.walk(tree(path))
        if isinstance(node, kinds) and old.search(node.name)
    ] == []
