"""What a package says of itself is true: what it imports is declared, and the licences of others are told."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, packages_distributions

import yaml  # type: ignore[import-untyped]  # it ships no types

from tests.documents import ROOT, read, spans, tables

PRODUCT = ("loyalty_core", "loyalty_app", "api", "bots", "loyalty_cli", "telegram_sandbox")
OURS = {*PRODUCT, "testkit", "bench", "sdks", "loyaltyloop", "tests"}
PYPROJECT = tomllib.loads(read("pyproject.toml"))
PROJECT, SETUPTOOLS = PYPROJECT["project"], PYPROJECT["tool"]["setuptools"]
DISTRIBUTIONS = packages_distributions()
OF_PEERS = {"django", "rest-framework", "fastapi", "pydantic"}
"""Imported by what we are measured beside, which has an environment of its own: see bench/peers/requirements.in."""
SPDX = {
    "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "MIT License": "MIT",
}
BY_THEIR_TEXT = {"pyasn1-modules": "BSD-2-Clause"}
"""Licences of packages that only say "BSD": their texts have two clauses."""


def plain(name: str) -> str:
    """The name of a package as the locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {plain(re.split(r"[^\w.-]", line)[0]) for line in lines}


def imported(*packages: str) -> Iterator[tuple[str, str]]:
    """The modules of others that some of our packages import, with the file that does."""
    for path in [path for package in packages for path in (ROOT / package).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OURS
            yield from ((top, path.relative_to(ROOT).as_posix()) for top in tops)


def undeclared(known: set[str], *packages: str) -> list[tuple[str, str]]:
    return [
        (module, where)
        for module, where in imported(*packages)
        if known.isdisjoint(map(plain, DISTRIBUTIONS.get(module, [module])))
    ]


def test_what_the_product_imports_is_a_dependency() -> None:
    assert undeclared(declared("mcp"), *PRODUCT) == []


def test_what_tests_and_benchmarks_import_is_a_dependency_of_developers() -> None:
    assert undeclared(declared("dev", "mcp") | OF_PEERS, "testkit", "tests", "bench", "sdks") == []


def test_the_licence_is_declared_and_lies_beside() -> None:
    assert PROJECT["license"] == "MIT"
    assert [read(name).partition("\n")[0] for name in PROJECT["license-files"]] == ["MIT License"]


def test_every_dependency_of_the_service_is_listed_with_its_licence_and_no_other() -> None:
    rows = [row for table in tables(read("docs/third-party.md")) for row in table.rows]
    listed = {spans(name)[0]: licence for name, licence, *_ in rows}
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)(?:\[[^\]]*\])?==", read("requirements.lock"), re.MULTILINE))
    assert listed.keys() == locked
    said = {name: licence_of(name) for name in listed}
    assert {name: listed[name] for name, licence in said.items() if licence} == {n: s for n, s in said.items() if s}


def test_the_image_contains_every_package_that_is_installed() -> None:
    packages = {pattern.rstrip("*") for pattern in SETUPTOOLS["packages"]["find"]["include"]}
    assert packages == set(PRODUCT)
    assert packages <= set(re.findall(r"^COPY (\w+) ", read("Dockerfile"), re.MULTILINE))


def test_the_hosted_check_is_the_one_that_everybody_can_run() -> None:
    [job] = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step][-1] == ".ci/run"
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert re.findall(r"^FROM (\S+)-slim(-\w+)", read("Dockerfile"), re.MULTILINE)[-1] == tuple(
        re.split(r"(?=-)", job["container"])
    )


def licence_of(name: str) -> str | None:
    """The licence that an installed package states in a word, None where it has only a text or is not installed."""
    try:
        says = metadata(name).json
    except PackageNotFoundError:
        return None
    licence = str(says.get("license_expression") or says.get("license") or "")
    licence = BY_THEIR_TEXT.get(name, licence)
    return SPDX.get(licence, licence) if licence and "\n" not in licence else None
