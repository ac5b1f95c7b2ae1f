"""The reference: a valid OpenAPI 3.1 document with an example for every operation and every refusal."""

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from openapi_spec_validator import validate

from api.problems import STATUS
from api.reference.errors import EXAMPLES, IN_THE_CHAT
from api.reference.openapi import IN_HEADERS
from loyalty_core.delivery_retries import RETRY_SCHEDULE
from loyalty_core.errors import LoyaltyError
from loyalty_core.events import EVENT_TYPES
from tests.api.till import Api
from tests.api.witness import Json, escaped

CONTRACT = {
    400: "invalid_request malformed_json malformed_request page_too_deep invalid_cursor",
    401: "missing_api_key invalid_api_key",
    403: "plan_required scope_required not_on_staff role_required",
    404: (
        "not_found customer_not_found reward_not_found transaction_not_found webhook_not_found import_not_found "
        "program_not_found"
    ),
    405: "method_not_allowed",
    409: (
        "customer_exists customer_limit_reached stamp_too_soon daily_cap_reached no_reward_available "
        "reward_already_redeemed reward_expired already_voided void_refused merge_refused order_ref_used "
        "webhook_limit_reached rotating_code_required code_expired code_used card_in_use invite_invalid last_owner "
        "shop_limit_reached "
        "program_archived main_program_needed program_limit_reached"
    ),
    408: "request_timed_out",
    410: "shop_moved shop_closed",
    412: "precondition_failed",
    413: "body_too_large",
    414: "uri_too_long",
    415: "unsupported_media_type",
    422: "idempotency_key_reused",
    429: "rate_limited",
    431: "headers_too_large",
    500: "internal_error",
    503: "busy",
}
CODES = {code: status for status, codes in CONTRACT.items() for code in codes.split()}
OVER_HTTP = {code: status for code, status in CODES.items() if code not in IN_THE_CHAT}


@pytest.fixture
def document(api: Api) -> Json:
    return api.witness.document


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Every operation with its place in the document."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"/paths/{escaped(path)}/{method}", operation


def answers(document: Json, operation: Json) -> Iterator[tuple[str, Json]]:
    """Every answer of an operation with its status; what stands for all other statuses is shared."""
    for status, answer in operation["responses"].items():
        shared = answer.get("$ref", "").rpartition("/")[2]
        yield status, document["components"]["responses"][shared] if shared else answer


def examples(document: Json) -> Iterator[tuple[str, object]]:
    """Every example of a body or an answer, with the place of its schema."""
    for pointer, operation in operations(document):
        if "requestBody" in operation:
            place = f"{pointer}/requestBody/content/application~1json"
            yield f"{place}/schema", operation["requestBody"]["content"]["application/json"]["example"]
        for status, answer in answers(document, operation):
            where = "/components/responses/Otherwise" if status == "default" else f"{pointer}/responses/{status}"
            for media_type, content in answer["content"].items():
                if media_type == "image/png":
                    continue
                place = f"{where}/content/{escaped(media_type)}/schema"
                many = content.get("examples", {"one": {"value": content.get("example")}})
                yield from ((place, example["value"]) for example in many.values())


def problems(document: Json) -> Iterator[Json]:
    """Every example of a refusal."""
    for answer in [answer for _, operation in operations(document) for _, answer in answers(document, operation)]:
        for example in answer["content"].get("application/problem+json", {}).get("examples", {}).values():
            yield example["value"]


def every_kind(of: type[LoyaltyError] = LoyaltyError) -> Iterator[type[LoyaltyError]]:
    for kind in of.__subclasses__():
        yield kind
        yield from every_kind(kind)


def test_the_document_is_valid_openapi_3_1(document: Json) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1.")
    assert [server["url"] for server in document["servers"]] == ["http://shop.test/v1", "http://shop.test/api/v1"]
    assert document["info"]["version"].split(".")[0] == "1", "as in /v1"
    assert document["info"]["license"]["identifier"] == "MIT"


def test_every_operation_has_an_example_that_fits_its_schema(api: Api, document: Json) -> None:
    shown = list(examples(document))
    assert all(example is not None for _, example in shown)
    for pointer, example in shown:
        api.witness.assert_fits(pointer, example)


def test_every_parameter_is_described_and_its_example_fits(document: Json) -> None:
    for pointer, operation in operations(document):
        for parameter in operation["parameters"]:
            described = [parameter, parameter["schema"], *parameter["schema"].get("anyOf", [])]
            assert any("description" in place or "$ref" in place for place in described), f"{pointer} {parameter}"


def test_every_operation_says_what_it_does_under_a_name_of_its_own(document: Json) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert all(operation["summary"] and operation["description"] for _, operation in operations(document))


def test_every_group_of_operations_is_described_and_is_the_one_of_its_operations(document: Json) -> None:
    described = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(described.values())
    assert {tag for _, operation in operations(document) for tag in operation["tags"]} == set(described)


def places(value: object, pointer: str = "") -> Iterator[tuple[str, Json]]:
    """Every object in a document, with its place."""
    if isinstance(value, dict):
        yield pointer, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield from places(one, f"{pointer}/{name}")


def test_every_component_is_used_and_every_reference_leads_to_one(document: Json) -> None:
    text = msgspec.json.encode(document).decode()
    used = set(re.findall(r'"#/components/(\w+)/([\w-]+)"', text))
    kept = {(kind, name) for kind in ("schemas", "headers", "responses") for name in document["components"][kind]}
    assert used == kept


def test_a_pattern_is_one_that_engines_without_look_ahead_know(document: Json) -> None:
    patterns = {place["pattern"] for _, place in places(document) if isinstance(place.get("pattern"), str)}
    assert patterns
    assert [pattern for pattern in patterns if "(?" in pattern or not pattern.endswith("$")] == []


def test_no_field_has_a_default_for_which_generators_would_require_it(document: Json) -> None:
    for pointer, schema in places(document["components"]["schemas"]):
        assert "default" not in schema or pointer.endswith("/properties"), pointer
    stamp = document["components"]["schemas"]["StampRequest"]
    assert stamp["properties"]["stamps"]["description"].endswith("; 1 if it is left out")
    assert "required" not in stamp


def test_an_id_has_64_bits_and_a_time_has_its_format(document: Json) -> None:
    for pointer, schema in places(document["components"]["schemas"]):
        for name, field in schema.items() if pointer.endswith("/properties") else ():
            forms = field.get("anyOf", [field])
            if re.fullmatch(r"(\w+_)?id|voids|voided_by", name):
                assert all(form.get("format") == "int64" for form in forms if form.get("type") == "integer"), pointer
            if (name.endswith("_at") and name != "joined_at") or name in {"at", "timestamp"}:
                assert {form.get("format") for form in forms if form["type"] != "null"} == {"date-time"}, pointer
            assert all(abs(form.get("maximum", 0)) <= 2**53 for form in forms), pointer


NOT_ALWAYS = {"rotating_code", "card_codes", "stamps_voided", "reward_cost", "currency"}
"""Fields that are there only where they say something."""
SINCE_SEVERAL = {"cards", "program_id", "title", "main", "archived"}
"""Fields that an answer from before a shop could have several programs, when it is given again, does not have."""


def test_what_is_sent_has_all_its_fields_and_an_envelope_with_a_name(document: Json) -> None:
    schemas = document["components"]["schemas"]
    for name in ("Customer", "Transaction", "Reward", "Program", "ImportRemark", "Delivery", "Webhook", "CustomerPage"):
        lacking = NOT_ALWAYS | SINCE_SEVERAL | ({"id"} if name == "Program" else set())
        always = [field for field in schemas[name]["properties"] if field not in lacking]
        assert schemas[name]["required"] == always, name
    for pointer, operation in operations(document):
        for status, answer in answers(document, operation):
            for media_type, content in answer["content"].items():
                assert "$ref" in content["schema"] or media_type == "image/png", (pointer, status)


def test_every_event_is_told_as_a_webhook_with_its_own_type(document: Json) -> None:
    assert set(document["webhooks"]) == set(EVENT_TYPES)
    for name, methods in document["webhooks"].items():
        schema = methods["post"]["requestBody"]["content"]["application/json"]["schema"]
        found = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        assert found["properties"]["type"]["enum"] == [name]
        assert [one["name"] for one in methods["post"]["parameters"]] == [
            *("webhook-id", "webhook-timestamp", "webhook-signature")
        ]
    logged = document["components"]["schemas"]["LoggedEvent"]["discriminator"]["mapping"]
    assert set(logged) == set(EVENT_TYPES) - {"webhook.test"}


def test_every_operation_needs_a_key_and_may_be_limited(document: Json) -> None:
    assert document["security"] == [{"bearer": []}, {"header": []}]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "header"}
    for pointer, operation in operations(document):
        assert {"401", "403", "429", "500"} <= set(operation["responses"]), pointer


def test_every_code_of_the_contract_is_shown_with_an_example_and_no_other(document: Json) -> None:
    assert {problem["code"]: problem["status"] for problem in problems(document)} == OVER_HTTP


def test_every_kind_of_refusal_has_a_status_an_example_and_a_place_in_the_contract() -> None:
    kinds = [
        kind for kind in every_kind() if kind.__module__.partition(".")[0] in {"api", "loyalty_core", "loyalty_app"}
    ]
    assert {kind.code: STATUS[kind] for kind in kinds} == CODES
    assert sorted(type(example).__name__ for example in EXAMPLES) == sorted(kind.__name__ for kind in kinds)


def test_nothing_is_promised_that_an_operation_without_a_body_cannot_answer(document: Json) -> None:
    for pointer, operation in operations(document):
        assert ("413" in operation["responses"]) == ("requestBody" in operation), pointer
        assert ("415" in operation["responses"]) == ("requestBody" in operation), pointer


def test_a_once_only_request_says_so_and_no_other(document: Json) -> None:
    """Except for a batch, whose items carry their keys."""
    for pointer, operation in operations(document):
        if operation["operationId"] == "stamps.batch":
            continue
        takes_key = any(parameter["name"] == "Idempotency-Key" for parameter in operation["parameters"])
        writes = not pointer.endswith("/get")
        assert takes_key == writes == ("422" in operation["responses"]), pointer


def test_the_example_of_a_path_is_what_the_samples_ask_for(document: Json) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            inside = {p["name"]: p["example"] for p in operation["parameters"] if p["in"] == "path"}
            plain = [one for one in operation["x-codeSamples"] if not one["label"].startswith("SDK")]
            for sample in plain:
                assert path.format(**inside) in sample["source"]


def test_the_head_of_the_reference_explains_every_code_where_its_type_points(document: Json) -> None:
    head = document["info"]["description"]
    explained = dict(re.findall(r'^\| <a id="(\w+)"></a>`\1` \| (\d{3}) · \*\*', head, re.MULTILINE))
    assert {code: int(status) for code, status in explained.items()} == OVER_HTTP
    for problem in problems(document):
        assert problem["type"].removeprefix("/docs#") in explained


def test_the_head_of_the_reference_says_what_the_code_keeps(document: Json) -> None:
    head = document["info"]["description"]
    assert re.findall(r"^# (.+)$", head, re.MULTILINE) == [
        *("Getting started", "Once only", "Lists", "Limits", "Webhook events", "Errors")
    ]
    assert {name for name in EVENT_TYPES if f"| `{name}` |" in head} == set(EVENT_TYPES)
    [waits] = re.findall(r"sent again after (.*?) \(each", " ".join(head.split()))
    units = {"s": "seconds", "min": "minutes", "h": "hours"}
    told = [timedelta(**{units[unit]: int(count)}) for count, unit in re.findall(r"(\d+) (s|min|h)\b", waits)]
    assert [timedelta(0), *told] == list(RETRY_SCHEDULE)
    assert "$" not in head.replace("$KEY", "").replace("$API", "")


def test_a_header_that_the_head_of_the_reference_names_is_one_of_ours(document: Json) -> None:
    ours = {*document["components"]["headers"], *IN_HEADERS, "X-Api-Key"}
    assert set(re.findall(r"`((?:X-|Idempot|Retry)[\w-]+)(?:`|:)", document["info"]["description"])) <= ours


async def test_the_document_is_served_as_json_without_a_key(api: Api, document: Json) -> None:
    answer = await api.client.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert msgspec.json.decode(answer.content) == document


async def test_the_first_example_can_be_pasted_as_it_stands_at_every_address(api: Api) -> None:
    answer = await api.client.get("/openapi.json", headers={"Host": "cards.example.com"})
    assert "export API=http://cards.example.com/v1\n" in answer.json()["info"]["description"]
