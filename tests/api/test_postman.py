"""The Postman collection: the form of v2.1, the original's requests first, and it runs from top to bottom."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from api.reference.routes import calls
from loyalty_app.settings import Settings
from tests.api.live import NOBODY, Live, live_shop
from tests.api.till import Api, open_api
from tests.api.witness import Json
from tests.conftest import leg
from tests.npm_programs import INSTALL_SECONDS, install_newman

RUN_SECONDS = 90

THE_ORIGINAL = {
    "Customers": ["GET /customers", "GET /customers/:id", "GET /customers/qr/:qr_code", "POST /customers"],
    "Stamps": ["POST /customers/:id/stamps", "POST /customers/qr/:qr_code/stamps"],
    "Analytics": ["GET /analytics"],
    "Webhooks": ["GET /webhooks", "POST /webhooks", "DELETE /webhooks/:id"],
}
"""The requests of the published API, in its order."""

OF_NEW_CUSTOMER = {"DELETE /customers/:id", "POST /customers/:id/merge", "POST /customers/:id/unmerge"}
"""What is only done to a customer whom the collection has made."""

PAIRS = {
    "type": "array",
    "items": {"type": "object", "required": ["key", "value"], "properties": {"value": {"type": "string"}}},
}
URL = {
    "type": "object",
    "required": ["raw", "host", "path"],
    "properties": {"host": {"const": ["{{base_url}}"]}, "query": PAIRS, "variable": PAIRS},
}
REQUEST = {
    "type": "object",
    "required": ["method", "header", "url", "description"],
    "properties": {
        "method": {"enum": ["GET", "POST", "PATCH", "PUT", "DELETE"]},
        "header": PAIRS,
        "url": URL,
        "body": {
            "type": "object",
            "required": ["mode", "raw", "options"],
            "properties": {"mode": {"const": "raw"}, "raw": {"type": "string"}},
        },
    },
}
EVENT = {
    "type": "object",
    "required": ["listen", "script"],
    "properties": {
        "listen": {"enum": ["test", "prerequest"]},
        "script": {
            "type": "object",
            "required": ["type", "exec"],
            "properties": {"exec": {"type": "array", "items": {"type": "string"}}},
        },
    },
}
RESPONSE = {
    "type": "object",
    "required": ["name", "originalRequest", "status", "code", "header", "body"],
    "properties": {"originalRequest": REQUEST, "code": {"type": "integer"}, "body": {"type": "string"}},
}
ITEM = {
    "type": "object",
    "required": ["name", "request", "response"],
    "properties": {
        "request": REQUEST,
        "response": {"type": "array", "minItems": 1, "items": RESPONSE},
        "event": {"type": "array", "items": EVENT},
    },
}
FOLDER = {
    "type": "object",
    "required": ["name", "item"],
    "properties": {"item": {"type": "array", "minItems": 1, "items": ITEM}},
}
FORM = {
    "type": "object",
    "required": ["info", "item", "auth", "variable"],
    "properties": {
        "info": {
            "type": "object",
            "required": ["name", "schema", "_postman_id"],
            "properties": {"schema": {"const": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}},
        },
        "item": {"type": "array", "items": FOLDER},
        "auth": {"type": "object", "required": ["type", "bearer"], "properties": {"type": {"const": "bearer"}}},
        "variable": PAIRS,
        "event": {"type": "array", "items": EVENT},
    },
}
"""What the published schema of v2.1 asks of a collection like ours."""


@pytest.fixture
async def collection(api: Api) -> Json:
    """The collection as it is served, without a key."""
    answer = await api.client.get("/postman.json")
    assert answer.headers["content-type"] == "application/json"
    return dict(answer.json())


def items(collection: Json) -> Iterator[Json]:
    for folder in collection["item"]:
        yield from folder["item"]


def asked(item: Json) -> str:
    """The method and path of a request."""
    return f"{item['request']['method']} {item['request']['url']['raw'].removeprefix('{{base_url}}/v1')}"


def test_the_collection_has_the_form_of_postman_2_1(collection: Json) -> None:
    jsonschema.validate(collection, FORM)
    assert collection["auth"]["bearer"] == [{"key": "token", "value": "{{api_key}}", "type": "string"}]


def test_the_requests_of_the_original_come_first_in_its_folders_and_its_order(collection: Json) -> None:
    folders = {folder["name"]: [asked(item) for item in folder["item"]] for folder in collection["item"]}
    assert dict(list(folders.items())[:4]) == THE_ORIGINAL
    assert list(folders)[:4] == list(THE_ORIGINAL)
    assert len(folders) == len(collection["item"])


def test_every_operation_is_in_the_collection_once(collection: Json) -> None:
    there = [f"{call.method} {call.path.replace('{', ':').replace('}', '')}" for call in calls()]
    assert sorted(map(asked, items(collection))) == sorted(there)


def test_a_path_variable_of_a_request_is_a_variable_of_the_collection(collection: Json) -> None:
    for item in items(collection):
        url = item["request"]["url"]
        assert "/".join(["{{base_url}}", *url["path"]]) == url["raw"]
        named = [part[1:] for part in url["path"] if part.startswith(":")]
        assert named == [variable["key"] for variable in url.get("variable", [])]
        assert all(re.fullmatch(r"{{\w+}}", variable["value"]) for variable in url.get("variable", []))


async def test_the_base_url_is_where_the_collection_was_asked_for(api: Api, collection: Json) -> None:
    elsewhere = (await api.client.get("/postman.json", headers={"Host": "stamps.example:8443"})).json()
    urls = [{v["key"]: v["value"] for v in one["variable"]}["base_url"] for one in (collection, elsewhere)]
    assert urls == ["http://shop.test", "http://stamps.example:8443"]
    keys = [variable["value"] for variable in collection["variable"] if variable["key"] == "api_key"]
    assert keys == ["ll_YOUR_API_KEY"], "as in the original's collection"


async def test_the_base_url_is_the_public_one_where_that_is_set(place: Settings) -> None:
    """A proxy in front may speak https where the server hears http."""
    async with open_api(msgspec.structs.replace(place, public_url="https://stamps.example")) as api:
        collection = (await api.client.get("/postman.json")).json()
    assert {"key": "base_url", "value": "https://stamps.example", "type": "string"} in collection["variable"]


def test_an_example_answer_is_the_one_of_the_reference(api: Api, collection: Json) -> None:
    paths = api.witness.document["paths"]
    for item in items(collection):
        [example] = item["response"]
        method, path = asked(item).split(" ")
        operation = paths[re.sub(r":(\w+)", r"{\1}", path)][method.lower()]
        answer = operation["responses"][str(example["code"])]["content"]
        if "application/json" in answer:
            shown = msgspec.to_builtins(answer["application/json"]["example"])
            assert json.loads(example["body"]) == json.loads(msgspec.json.encode(shown))
        assert example["originalRequest"] == item["request"]


def test_only_a_customer_that_the_collection_has_made_is_erased_by_it(collection: Json) -> None:
    own = [item for item in items(collection) if asked(item) in OF_NEW_CUSTOMER]
    assert [item["request"]["url"]["variable"] for item in own] == [[{"key": "id", "value": "{{new_customer_id}}"}]] * 3
    for item in items(collection):
        scripts = "\n".join(line for event in item.get("event", []) for line in event["script"]["exec"])
        for variable in ("new_customer_id", "second_customer_id"):
            if f'set("{variable}"' in scripts.replace("unset", ""):
                assert 'ask("POST", "/customers"' in scripts or asked(item) == "POST /customers"
        assert re.findall(r'ask\("DELETE", (.*?), null', scripts) in ([], ['"/customers/" + second'])


def test_a_merge_sends_the_id_of_the_second_customer_as_a_number(collection: Json) -> None:
    bodies = [item["request"]["body"]["raw"] for item in items(collection) if asked(item).endswith("merge")]
    assert [json.loads(raw.replace("{{second_customer_id}}", "7")) for raw in bodies] == [{"from_id": 7}] * 2


# Run by newman, Postman's own runner.


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with live_shop(tmp_path_factory.mktemp("live")) as live:
        yield live


@pytest.fixture(scope="module")
def newman(home: Path) -> str:
    return leg("newman", install_newman, home, needed=False)


def run(newman: str, live: Live, folder: Path, key: str | None = None) -> Any:  # noqa: ANN401  # newman's report
    """Run the collection as it is served, with a key of the shop or another; the report."""
    collection, report = folder / "collection.json", folder / "report.json"
    collection.write_bytes(live.client.get(f"{live.url}/postman.json").content)
    values = {"webhook_url": NOBODY} | ({} if key is None else {"api_key": key})
    given = [word for name, value in values.items() for word in ("--env-var", f"{name}={value}")]
    kept = ["--reporters", "cli,json", "--reporter-json-export", str(report), "--color", "off"]
    ended = subprocess.run(
        [newman, "run", str(collection), *given, *kept],
        cwd=folder,
        env={**os.environ, "NO_PROXY": "*", "no_proxy": "*"},
        check=False,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    ran = json.loads(report.read_text("utf-8"))["run"]
    assert bool(ended.returncode) == bool(ran["failures"]), ended.stdout + ended.stderr
    return ran


@pytest.mark.timeout(INSTALL_SECONDS + 2 * RUN_SECONDS)
def test_the_collection_runs_from_top_to_bottom_again_and_again(newman: str, live: Live, tmp_path: Path) -> None:
    """The first time in an empty shop. All that it leaves there is one customer and one webhook."""
    everything = [item["name"] for item in items(live.client.get(f"{live.url}/postman.json").json())]
    for _ in range(2):
        ran = run(newman, live, tmp_path, live.key)
        assert ran["failures"] == []
        assert list(dict.fromkeys(one["item"]["name"] for one in ran["executions"])) == everything
        assert {one["response"]["code"] for one in ran["executions"]} <= {200, 201, 202}
        assert len(live.given("GET", "/customers")) == 1
        assert len(live.given("GET", "/webhooks")) == 1
        assert live.given("GET", "/program")["reward_description"] == 'A "large" coffee'


@pytest.mark.timeout(INSTALL_SECONDS + RUN_SECONDS)
def test_with_the_key_that_it_comes_with_each_request_tells_why_and_no_script_fails(
    newman: str, live: Live, tmp_path: Path
) -> None:
    ran = run(newman, live, tmp_path)
    assert {one["response"]["code"] for one in ran["executions"]} <= {401, 429}
    assert {failure["error"]["name"] for failure in ran["failures"]} == {"AssertionError"}
    assert len(ran["failures"]) == len(calls()), "one for each request"
    assert any("invalid_api_key" in failure["error"]["message"] for failure in ran["failures"])
