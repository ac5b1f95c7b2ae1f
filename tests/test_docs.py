"""The documents are true: what there is stands in them, what stands in them is there, and their examples run."""

import argparse
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import PurePosixPath
from string import Template
from typing import Any, NamedTuple

import click
import httpx
import msgspec
import pytest
from dotenv import dotenv_values

from api import refusals
from api.app import V1
from api.problems import STATUS, problem_of
from api.reference import HANDLERS as REFERENCE
from api.reference.calls import calls_of
from api.reference.errors import EXAMPLES, example_problems
from api.reference.openapi import openapi_document
from api.routes import monitoring
from loyalty_app.settings import Settings, read_settings, unknown_variables
from loyalty_cli import loyalty
from loyalty_core import errors, several_programs
from loyalty_core.errors import LoyaltyError
from testkit.warm_process import Order, Process, started
from tests import documents
from tests.documents import ROOT, blocks, prose, read, shown, spans, tables, typed
from tests.laws import for_each

every_document = for_each(documents.NAMES)

# Settings, and the other variables that something reads.

SETTINGS = {f"LOYALTY_{field.name.upper()}": field.default for field in msgspec.structs.fields(Settings)}


def variables_of_commands() -> set[str]:
    return {str(parameter.envvar) for _, command in every_command() for parameter in command.params}


def variables_of_tests_and_benchmarks() -> set[str]:
    sources = [path for folder in ("tests", "testkit", "bench") for path in (ROOT / folder).rglob("*.py")]
    return {name for path in sources for name in re.findall(r"LOYALTY_(?:TEST|BENCH)_[A-Z_]+", path.read_text("utf-8"))}


def test_every_setting_is_documented_with_its_default_and_no_other() -> None:
    rows = [row for table in tables(read("docs/reference/settings.md")) for row in table.rows]
    defaults = {name: "none" if default is None else f"`{default}`" for name, default in SETTINGS.items()}
    assert {spans(row[0])[0]: row[1] for row in rows} == defaults


@every_document
def test_a_variable_that_a_document_names_is_read_by_something(name: str) -> None:
    known = {*SETTINGS, *variables_of_commands(), *variables_of_tests_and_benchmarks()}
    assert set(re.findall(r"\bLOYALTY_[A-Z][A-Z_]*", read(name))) <= known


def test_what_a_command_reads_is_not_taken_for_a_typing_error() -> None:
    assert unknown_variables(dict.fromkeys({*SETTINGS, *variables_of_commands() - {"None"}})) == []


@every_document
def test_settings_in_an_example_can_be_used(name: str) -> None:
    for block in blocks(name):
        if block.language == "ini" and "LOYALTY_" in block.text:
            given = {variable: value or "" for variable, value in dotenv_values(stream=StringIO(block.text)).items()}
            assert given.keys() <= SETTINGS.keys()
            read_settings(given)


# Refusals.

CODES = {refusal.code: status for refusal, status in STATUS.items()}


def test_every_refusal_is_documented_with_its_status_and_no_other() -> None:
    classes = [
        kind
        for module in (errors, several_programs, refusals)
        for kind in vars(module).values()
        if isinstance(kind, type)
    ]
    there = {kind.code for kind in classes if issubclass(kind, LoyaltyError) and kind is not LoyaltyError}
    [table] = tables(read("docs/reference/errors.md"))
    documented = {spans(code)[0]: int(status) for code, status, *_ in table.rows}
    assert documented == CODES
    assert documented.keys() == there


def test_what_a_refusal_knows_is_documented_and_sent_and_no_more() -> None:
    [table] = tables(read("docs/reference/errors.md"))
    head = {"type", "title", "status", "detail", "code", "request_id"}
    sent = {refusal.code: set(msgspec.to_builtins(problem_of(refusal, ""))) - head for refusal in EXAMPLES}
    assert {spans(code)[0]: set(spans(members)) for code, _, _, _, members in table.rows} == sent


@every_document
def test_a_code_that_a_document_names_exists_and_has_that_status(name: str) -> None:
    for table in tables(prose(name)):
        if table.head[:2] == ["code", "status"]:
            for codes, statuses, *_ in table.rows:
                assert {CODES.get(code) for code in spans(codes)} == set(map(int, statuses.split(", "))), codes
    for status, code in re.findall(r"\b([45]\d\d) `([a-z_]+)`", prose(name)):
        assert CODES.get(code) == int(status), code


def test_the_example_of_a_refusal_is_what_the_reference_shows() -> None:
    [block] = blocks("docs/reference/errors.md")
    assert json.loads(block.text) == msgspec.to_builtins(example_problems()["stamp_too_soon"])


# Endpoints.


def endpoints(handlers: list[Any]) -> Iterator[tuple[str, str, str | None]]:
    for handler in handlers:
        for method in handler.http_methods - {"HEAD", "OPTIONS"}:
            for path in handler.paths:
                yield method, path.replace(":str}", "}"), handler.opt.get("scope")


WITH_A_KEY = set(endpoints(V1))
WITHOUT_A_KEY = set(endpoints([*monitoring.HANDLERS, *REFERENCE]))


def test_every_endpoint_is_documented_with_its_scope_and_no_other() -> None:
    keyed, keyless = tables(read("docs/reference/api.md"))
    with_scope = {(row[0], spans(row[1])[0], next(iter(spans(row[3])), None)) for row in keyed.rows}
    assert with_scope == WITH_A_KEY
    assert {(row[0], spans(row[1])[0], None) for row in keyless.rows} == WITHOUT_A_KEY


@every_document
def test_an_endpoint_that_a_document_names_exists(name: str) -> None:
    there = {(method, path) for method, path, _ in WITH_A_KEY | WITHOUT_A_KEY}
    assert set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?\s]*)", prose(name))) <= there


# Commands.


def every_command(name: str = "loyalty", command: click.Command = loyalty) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for below, inner in command.commands.items():
            yield from every_command(f"{name} {below}", inner)


COMMANDS = dict(every_command())


def options(command: click.Command) -> dict[str, bool]:
    """The options and arguments of a command; whether each is needed."""
    names = {p: p.human_readable_name.upper() if isinstance(p, click.Argument) else p.opts[0] for p in command.params}
    return {name: parameter.required for parameter, name in names.items()}


def test_every_command_is_documented_with_all_its_options_and_no_other() -> None:
    documented = {}
    for heading, text in documents.sections("docs/reference/commands.md", "##").items():
        rows = [row for table in tables(text) for row in table.rows]
        documented[heading.strip("`")] = {spans(row[0])[0]: row[1] == "needed" for row in rows}
    shown_ones = {name: c for name, c in COMMANDS.items() if c.params or not isinstance(c, click.Group)}
    expected = {name: options(command) for name, command in shown_ones.items()}
    assert documented == expected


@every_document
def test_a_command_that_a_document_shows_can_be_typed(name: str) -> None:
    for _, *arguments in shown(name, "loyalty"):
        path = "loyalty"
        while isinstance(COMMANDS[path], click.Group):
            path = f"{path} {arguments.pop(0)}"
        COMMANDS[path].make_context(path, arguments)


@every_document
def test_a_command_that_a_document_names_exists_with_these_options(name: str) -> None:
    for span in spans(prose(name)):
        if re.match(r"loyalty( |$)", span):
            path = re.split(r" (?=-|…|[A-Z])", span)[0]
            assert path in COMMANDS, span
            assert set(re.findall(r"--[a-z-]+", span)) <= options(COMMANDS[path]).keys(), span


@every_document
def test_a_target_of_make_that_a_document_names_exists(name: str) -> None:
    there = set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE))
    named = [span.split() for span in spans(prose(name)) if re.match(r"make( |$)", span)]
    for _, *words in [*named, *shown(name, "make")]:
        assert {word for word in words if "=" not in word} <= there


# Links.


@every_document
def test_a_link_leads_somewhere(name: str) -> None:
    for link in documents.links(name):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor:
            assert anchor in documents.anchors(target.resolve().relative_to(ROOT).as_posix()), link


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, new = set[str](), {"README.md"}
    while new:
        reached |= new
        targets = {((ROOT / name).parent / link.partition("#")[0]).resolve() for name in new for link in linked(name)}
        new = {path.relative_to(ROOT).as_posix() for path in targets} - reached
    assert set(documents.NAMES) - reached == set()


def linked(name: str) -> list[str]:
    return [link for link in documents.links(name) if link.partition("#")[0].endswith(".md")]


@for_each(name for name in documents.NAMES if re.search(r"/\d{4}-", name))
def test_a_decision_has_a_number_and_four_parts(name: str) -> None:
    assert read(name).startswith(f"# {PurePosixPath(name).name[:4]}: ")
    assert list(documents.sections(name, "##")) == ["Context", "Decision", "Consequences", "Alternatives"]


# Examples: they are run against a demo that has just been opened, by curl and, where there is none, without it.

TELLING = {
    "code",
    "current_stamps",
    "description",
    "reward_earned",
    "stamps_added",
    "stamps_required",
    "status",
    "type",
}
LEFT_OUT = "..."
ADDRESS, KEY, CODE = (re.compile(pattern) for pattern in (r"http://[\d.]+:\d+", r"ll_\w+", r"CUS\w{10}"))


class Demo(NamedTuple):
    """A demo that serves: what it has printed, and how to ask it."""

    welcome: str
    means: str

    def ask(self, arguments: list[str]) -> Any:  # noqa: ANN401  # any JSON
        """Run a curl line; the answer, which must not be a refusal."""
        status, body = (with_curl if self.means == "curl" else without_curl)(arguments)
        assert status < 300, f"{arguments}: {body}"
        return json.loads(body)


def with_curl(arguments: list[str]) -> tuple[int, str]:
    more = ["--silent", "--show-error", "--noproxy", "*", "--write-out", "\n%{http_code}"]
    done = subprocess.run([*arguments, *more], check=True, capture_output=True, text=True, encoding="utf-8")
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def without_curl(arguments: list[str]) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    for option, settings in {"-X": {}, "-d": {}, "-H": {"action": "append", "default": []}}.items():
        parser.add_argument(option, **settings)  # type: ignore[arg-type]  # each option has its own
    asked = parser.parse_args(arguments[1:])
    headers = dict(header.split(": ", 1) for header in asked.H)
    method = asked.X or ("POST" if asked.d else "GET")
    answer = httpx.request(method, asked.url, headers=headers, content=asked.d, trust_env=False)
    return answer.status_code, answer.text


@pytest.fixture(params=["curl", "httpx"], scope="module")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that has just been opened, for each way to ask it."""
    if request.param == "curl" and shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    with started(
        Order("loyalty_cli", ("demo", "--port", "0"), str(tmp_path_factory.mktemp("demo")), dict(os.environ))
    ) as process:
        try:
            yield Demo(welcome_of(process), request.param)
        finally:
            process.terminate()


def welcome_of(process: Process) -> str:
    assert process.stdout is not None
    said = ""
    while "Ctrl-C" not in said:
        line = process.stdout.readline()
        assert line, "the demo did not start"
        said += line
    return said


def of_this_demo(text: str, demo: Demo) -> str:
    """A text with the address, key and code of this demo in the place of those that it was written with."""
    for pattern in (ADDRESS, KEY, CODE):
        text = pattern.sub(pattern.findall(demo.welcome)[0], text)
    return text


def test_the_readme_shows_what_the_demo_says_and_answers(demo: Demo) -> None:
    welcome, answer = [block.text for block in blocks("README.md") if block.language in {"text", "json"}][:2]
    written = of_this_demo(welcome, demo)
    assert written.strip() == demo.welcome.strip()
    _, stamped, _ = [demo.ask(line) for line in typed(written, "curl")]
    agree(json.loads(answer), stamped)


def test_the_examples_for_tills_can_be_pasted_and_answer_as_shown(demo: Demo) -> None:
    url, key = ADDRESS.findall(demo.welcome)[0], KEY.findall(demo.welcome)[0]
    known, answer = {"API": f"{url}/v1", "KEY": key}, None
    for block in blocks("docs/howto/integrate.md"):
        if block.language == "json":
            agree(json.loads(block.text), answer)
        elif block.language == "sh":
            for line in typed(block.text, "curl"):
                answer = demo.ask([Template(word).substitute(known) for word in line])
                known |= kept(answer["data"])


KEY_OF_A_TILL = re.compile(r"\btill-[\w-]+")
WITH_TILL_DAY_AND_RECEIPT = re.compile(r"till-\d-\d{4}-\d\d-\d\d-\d{6}(-[a-z]+)?")


def test_every_key_of_a_till_that_is_shown_names_the_day() -> None:
    """Tills begin their receipts again at 1 each day: people who copy an example must not copy a fault."""
    texts = [read("docs/howto/integrate.md"), json.dumps(openapi_document(calls_of(V1)))]
    keys = {key for text in texts for key in KEY_OF_A_TILL.findall(text)}
    assert keys, "the guide shows some"
    assert {key for key in keys if not WITH_TILL_DAY_AND_RECEIPT.fullmatch(key)} == set()


def kept(data: Any) -> dict[str, str]:  # noqa: ANN401  # any JSON
    """What the examples keep of an answer."""
    names = {"qr_code": "CODE", "id": "ID", "transaction_id": "TRANSACTION"}
    if not isinstance(data, dict) or not data.keys() & {"qr_code", "transaction_id"}:
        return {}
    return {variable: str(data[name]) for name, variable in names.items() if name in data}


def agree(written: Any, real: Any, name: str = "") -> None:  # noqa: ANN401  # any JSON
    """What is written has the shape of the real answer, and says the same where it tells the story."""
    match written:
        case dict():
            told = written.keys() - {LEFT_OUT}
            assert told <= real.keys() if LEFT_OUT in written else told == real.keys(), name
            for field in told:
                agree(written[field], real[field], field)
        case list():
            assert len(written) == len(real), name
            for one, other in zip(written, real, strict=True):
                agree(one, other, name)
        case _:
            assert type(written) is type(real), name
            assert name not in TELLING or written == real, name
