"""The witness: compares every answer that a test sees with the reference that the API itself serves.

So each test proves, beside its own law, that the reference is true: the status is one that the operation declares, the
body fits its schema, the headers are those that were promised.
"""

import re
from functools import cache
from typing import Any

import httpx
import msgspec
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

BASES = ("/v1", "/api/v1")
WITHOUT_KEY = {"/health/live", "/health/ready", "/metrics", "/openapi.json", "/postman.json"}
WITHOUT_KEY |= {"", "/docs", "/docs/start.js", "/docs/scalar.js"}
LIMIT_HEADERS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
SPECIAL_HEADERS = LIMIT_HEADERS | {
    "x-request-id",
    "retry-after",
    "www-authenticate",
    "idempotent-replayed",
    "allow",
    "etag",
    "location",
}
INSIDE = re.compile(rb"traceback|sqlalchemy|sqlite|asyncpg|litestar|msgspec|\.py\b|select |insert ", re.IGNORECASE)
HOUR = 3_600
PNG = b"\x89PNG\r\n\x1a\n"

formats = FormatChecker(formats=())
formats.checks("date")(lambda text: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(text))))
formats.checks("date-time")(lambda text: bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", str(text))))


class Reference:
    """The reference that an API serves, and a validator for each place in it."""

    def __init__(self, document: Json) -> None:
        self.document = document
        resource = Resource.from_contents(document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource("urn:reference", resource)
        self.validator = cache(self._make_validator)
        self.templates = [(known, known.strip("/").split("/")) for known in document["paths"]]

    def _make_validator(self, pointer: str) -> Draft202012Validator:
        schema = {"$ref": f"urn:reference#{pointer}"}
        return Draft202012Validator(schema, registry=self._registry, format_checker=formats)


@cache
def reference_in(served: bytes) -> Reference:
    """The reference that was served in these bytes; the same bytes are read once."""
    return Reference(msgspec.json.decode(served))


class Witness:
    """Looks at answers; `keys` are those that are valid, as far as the test knows."""

    def __init__(self, reference: Reference) -> None:
        self.document, self._validator = reference.document, reference.validator
        self._templates = reference.templates
        self.keys: set[str] = set()

    async def __call__(self, response: httpx.Response) -> None:
        """Look at an answer, as httpx hands it over."""
        await response.aread()
        path = response.request.url.raw_path.decode().partition("?")[0]
        assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", response.headers["x-request-id"])
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            assert not INSIDE.search(response.content)
        if path.rstrip("/") not in WITHOUT_KEY and response.request.method != "OPTIONS":
            self._look(response, self.template(path))

    def template(self, path: str) -> str | None:
        """The path of the reference that a request's path stands for; a literal segment goes before a parameter."""
        base = next((base for base in BASES if path.startswith(f"{base}/")), None)
        given = path.removeprefix(base or "").strip("/").split("/")
        fitting = [known for known, segments in self._templates if _fits(segments, given)]
        return min(fitting, key=_parameters) if base and fitting else None

    def _look(self, response: httpx.Response, template: str | None) -> None:
        methods = self.document["paths"].get(template, {})
        method = "get" if response.request.method == "HEAD" else response.request.method.lower()
        operation = methods.get(method)
        if template is None:
            self._look_at_problem(response, 404, "not_found")
        elif operation is None:
            assert {method.upper() for method in methods} <= set(response.headers["allow"].split(", "))
            self._look_at_problem(response, 405, "method_not_allowed")
        else:
            pointer = f"/paths/{escaped(template)}/{method}"
            self._look_at_operation(response, pointer, operation)

    def _look_at_problem(self, response: httpx.Response, status: int, code: str) -> None:
        """An answer of no operation: a key is not asked for, but it is told its limit if it is known."""
        assert response.status_code == status
        self._look_at_limits(response)
        if response.request.method != "HEAD":
            problem = self._body(response, "/components/schemas/Problem", "application/problem+json")
            _assert_problem(problem, response, {code})

    def _look_at_operation(self, response: httpx.Response, pointer: str, operation: Json) -> None:
        status = str(response.status_code)
        assert status in operation["responses"], f"{pointer} does not declare {status}: {response.text}"
        declared = operation["responses"][status]
        self._look_at_content(response, pointer, declared["content"])
        seen = SPECIAL_HEADERS & set(response.headers)
        assert seen <= {name.lower() for name in declared["headers"]}, f"{pointer} does not declare all of {seen}"
        self._look_at_limits(response)

    def _look_at_content(self, response: httpx.Response, pointer: str, declared: Json) -> None:
        if response.request.method == "HEAD":
            assert (response.headers["content-type"] in declared, response.content) == (True, b"")
            return
        if response.status_code == httpx.codes.NOT_MODIFIED:
            assert (declared, response.content) == ({}, b"")
            return
        [(media_type, content)] = declared.items()
        if media_type == "image/png":
            assert (response.headers["content-type"], response.content[:8]) == (media_type, PNG)
            return
        where = f"{pointer}/responses/{response.status_code}/content/{escaped(media_type)}/schema"
        body = self._body(response, where, media_type)
        if response.is_error:
            _assert_problem(body, response, set(content["examples"]))

    def _body(self, response: httpx.Response, pointer: str, media_type: str) -> Json:
        assert response.headers["content-type"] == media_type
        body: Json = msgspec.json.decode(response.content)
        self.assert_fits(pointer, body)
        return body

    def assert_fits(self, pointer: str, value: object) -> None:
        """Compare a value with the schema at that place of the reference."""
        self._validator(pointer).validate(value)

    def _look_at_limits(self, response: httpx.Response) -> None:
        """Every authenticated answer says where the key stands, a refusal too."""
        if response.status_code == httpx.codes.UNAUTHORIZED or _key(response.request) not in self.keys:
            assert not LIMIT_HEADERS & set(response.headers)
            return
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE and not LIMIT_HEADERS & set(response.headers):
            return  # the database was away when the key was to be looked up
        limit, remaining, reset = (int(response.headers[name]) for name in sorted(LIMIT_HEADERS))
        assert 0 <= remaining <= limit
        assert reset % HOUR == 0


def _key(request: httpx.Request) -> str:
    """The key that counts, where two are sent."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer: str = token.strip() if scheme.lower() == "bearer" else ""
    return bearer or request.headers.get("x-api-key", "")


def _fits(known: list[str], given: list[str]) -> bool:
    return len(known) == len(given) and all(
        segment.startswith("{") or segment == piece for segment, piece in zip(known, given, strict=True)
    )


def _parameters(template: str) -> tuple[bool, ...]:
    return tuple(segment.startswith("{") for segment in template.split("/"))


def escaped(name: str) -> str:
    """A name as a part of a JSON pointer in a link."""
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _assert_problem(problem: Json, response: httpx.Response, codes: set[str]) -> None:
    assert problem["code"] in codes
    assert problem["status"] == response.status_code
    assert problem["type"] == f"/docs#{problem['code']}"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["detail"].endswith(".")
    assert ("errors" in problem) == (problem["code"] == "invalid_request")
    assert ("www-authenticate" in response.headers) == (response.status_code == httpx.codes.UNAUTHORIZED)
    assert response.headers.get("retry-after", "") == str(problem.get("retry_after", ""))
    waits = {"rate_limited", "busy", "stamp_too_soon", "daily_cap_reached"}
    assert ("retry-after" in response.headers) == (problem["code"] in waits)
