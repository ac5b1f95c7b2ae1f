"""The laws of the house, read from its source: a pure core, small pieces, honest names, nothing of one machine.

`.importlinter` draws which package may import which.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.laws import for_each

ROOT = Path(__file__).parents[1]
PACKAGES = ("loyalty_core", "loyalty_app", "api", "bots", "loyalty_cli", "telegram_sandbox")

FILE_LINES, FUNCTION_LINES, ARGUMENTS, DEPTH = 300, 40, 6, 3
SMALL_LINES, MOST_SMALL_MODULES = 40, 12
SAYS_NOTHING = {"base", "common", "helper", "helpers", "manager", "managers", "service", "services", "util", "utils"}

TOUCHES_THE_WORLD = {
    *("asyncio", "http", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "socket", "sqlite3"),
    *("subprocess", "tempfile", "threading", "time", "urllib.request"),
}
CORE_MAY_IMPORT = {*sys.stdlib_module_names, "loyalty_core", "msgspec"}
CLOCKS = {"now", "utcnow", "today"}
DICE = {"uuid.getnode", "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7"}
DOORS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}

# Package registries, and folders that only one machine has.
STAYS_AT_HOME = re.compile(
    r"pypi[.]org|pythonhosted[.]org|npmjs[.](?:com|org)|registry[.]yarnpkg|proxy[.]golang"
    r"|(?<![\w.~)}\]<-])(?<!:/)/(?:work|root|opt|farm)(?![\w-])"
)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def modules(*packages: str) -> list[str]:
    paths = (path for package in packages for path in (ROOT / package).rglob("*.py"))
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


EVERY_MODULE = modules(*PACKAGES)
# A migration is as long as its schema.
WRITTEN_BY_HAND = [module for module in EVERY_MODULE if "/migrations/versions/" not in module]
CORE = modules("loyalty_core")


@cache
def source(module: str) -> str:
    return (ROOT / module).read_text(encoding="utf-8")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(source(module))


def imports(module: str) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(module: str) -> Iterator[Function]:
    return (node for node in ast.walk(tree(module)) if isinstance(node, Function))


def lines(function: Function) -> int:
    """Count a function's lines, its docstring left out."""
    first, last = function.lineno, function.end_lineno or function.lineno
    said = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    return last - first + 1 - ((said.end_lineno or said.lineno) - said.lineno + 1 if said else 0)


def arguments(function: Function) -> int:
    return sum(map(len, (function.args.posonlyargs, function.args.args, function.args.kwonlyargs)))


def depth(node: ast.AST) -> int:
    """Count the blocks within blocks below a node. An `elif` is as deep as its `if`; inner functions count alone."""
    inside = [child for child in ast.iter_child_nodes(node) if not isinstance(child, Function | ast.ClassDef)]
    return max((depth(child) + deeper(node, child) for child in inside), default=0)


def deeper(node: ast.AST, child: ast.AST) -> bool:
    is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
    return isinstance(child, BLOCKS) and not is_elif


# The core is pure.


@for_each(CORE)
def test_the_core_imports_nothing_but_msgspec_and_the_quiet_half_of_python(module: str) -> None:
    for name in imports(module):
        assert name.split(".")[0] in CORE_MAY_IMPORT
        assert not any(name == banned or name.startswith(f"{banned}.") for banned in TOUCHES_THE_WORLD), name


@for_each(CORE)
def test_the_core_reads_no_clock(module: str) -> None:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            assert ast.unparse(node.value).split(".")[-1] not in {"datetime", "date"}, node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in CLOCKS, node.lineno


@for_each(CORE)
def test_the_core_rolls_no_dice(module: str) -> None:
    assert DICE.isdisjoint(imports(module))
    assert DICE.isdisjoint(ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute))


@for_each(CORE)
def test_the_core_waits_for_nothing_and_opens_nothing(module: str) -> None:
    for node in ast.walk(tree(module)):
        assert not isinstance(node, (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)), node
        assert not (isinstance(node, ast.Name) and node.id in DOORS), node.lineno


# Pieces are small and say what they are.


@for_each(EVERY_MODULE)
def test_a_module_opens_with_what_it_is(module: str) -> None:
    assert ast.get_docstring(tree(module))


@for_each(EVERY_MODULE)
def test_a_module_is_named_for_what_it_holds(module: str) -> None:
    assert SAYS_NOTHING.isdisjoint(Path(module).with_suffix("").parts)


@for_each(WRITTEN_BY_HAND)
def test_a_file_is_short(module: str) -> None:
    assert sum(1 for line in source(module).splitlines() if line.strip()) <= FILE_LINES


@for_each(WRITTEN_BY_HAND)
def test_a_function_is_short_and_flat_and_asks_for_little(module: str) -> None:
    for function in functions(module):
        where = f"{module}:{function.lineno} {function.name}"
        assert lines(function) <= FUNCTION_LINES, where
        assert arguments(function) <= ARGUMENTS, where
        assert depth(function) <= DEPTH, where


def test_few_modules_of_the_product_are_too_small_to_stand_alone() -> None:
    product = modules("loyalty_core", "loyalty_app", "api", "bots")
    alone = [
        module
        for module in product
        if not module.endswith(("__init__.py", "__main__.py")) and module in WRITTEN_BY_HAND
    ]
    small = [module for module in alone if sum(1 for line in source(module).splitlines() if line.strip()) < SMALL_LINES]
    assert len(small) <= MOST_SMALL_MODULES, small


def test_the_measures_measure() -> None:
    text = '''
def give(card, /, stamps, *, now):
    """One stamp,
    or more."""
    if stamps:
        pass
    elif now:
        for _ in card:
            with card:
                pass
'''
    function = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))

    assert (lines(function), arguments(function), depth(function)) == (7, 3, 3)


# Nothing here is of one machine.


def texts_of_the_project() -> Iterator[tuple[str, str]]:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0"):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", errors="replace")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="only a checkout knows which files belong to the project")
def test_no_file_names_a_package_registry_or_a_folder_of_one_machine() -> None:
    found = [
        f"{name}:{number}: {line.strip()[:80]}"
        for name, text in texts_of_the_project()
        for number, line in enumerate(text.splitlines(), start=1)
        if STAYS_AT_HOME.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("text", ["cd /{}/main", "'/{}'", "PATH=/{}/bin", "file:///{}/x", "a:/{}"])
@pytest.mark.parametrize("folder", ["work", "root", "opt"])
def test_a_folder_of_one_machine_is_noticed(text: str, folder: str) -> None:
    assert STAYS_AT_HOME.search(text.format(folder))


def test_a_law_for_each_names_everything_that_breaks_it() -> None:
    @for_each(["ab", "a", "bc"])
    def law(name: str) -> None:
        assert "a" in name, f"no a in {name}"
        assert len(name) > 1, "too short"

    with pytest.raises(AssertionError) as told:
        law()
    assert [line.partition("\n")[0] for line in str(told.value).splitlines() if ": " in line] == [
        "a: too short",
        "bc: no a in bc",
    ]


@pytest.mark.parametrize("folder", ["telegram_sandbox/page", "api/pages/static"])
def test_the_scripts_of_the_sandbox_and_of_the_pages_are_type_checked(folder: str) -> None:
    scripts = sorted((ROOT / folder).glob("*.js"))
    assert scripts
    assert [path.name for path in scripts if not path.read_text(encoding="utf-8").startswith("// @ts-check\n")] == []
