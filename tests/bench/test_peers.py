"""The peers stand on their own: nothing of the project in them, nothing of theirs in the project."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.documents import ROOT, read

SHOPS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "bench" / "peers").glob("*_shop/*.py"))
OURS = ("loyalty_core", "loyalty_app", "api", "bots", "tests")


def imports(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(read(module))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


@pytest.mark.parametrize("module", SHOPS)
def test_a_peer_imports_nothing_of_the_project(module: str) -> None:
    shop = module.rpartition("/")[0].replace("/", ".")
    for name in imports(module):
        assert name.split(".")[0] not in OURS
        assert not name.startswith("bench") or name.startswith(shop), name


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
@pytest.mark.parametrize("name", ["django", "fastapi", "gunicorn", "psycopg"])
def test_no_package_of_the_peers_is_a_dependency(lock: str, name: str) -> None:
    assert not re.search(rf"^{name}==", read(lock), re.MULTILINE)


def test_what_the_peers_are_made_of_is_pinned_and_hashed() -> None:
    wanted = re.findall(r"^([a-z][a-z0-9-]*)", read("bench/peers/requirements.in"), re.MULTILINE)
    lock = read("bench/peers/requirements.lock")

    assert wanted
    for name in wanted:
        assert re.search(rf"^{name}==\S+.*\\\n +--hash=sha256:[0-9a-f]{{64}}", lock, re.MULTILINE), name
