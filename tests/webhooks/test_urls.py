"""Which URLs may be registered, and that no spelling, name or change of a name leads inside."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from loyalty_app.webhooks.addresses import UNLESS_ALLOWED, Guard, addresses_of, checked_url, judge_url, read_ranges
from loyalty_core.delivery_retries import Delivered
from loyalty_core.errors import InvalidRequest
from tests.webhooks.names import NameServer, name_server
from tests.webhooks.receiver import Receiver, receiving
from tests.webhooks.sending import PUBLIC_ONLY, THIS_MACHINE_TOO, a_job, sending

NOT_PUBLIC = [("/url", f"must lead to a public address{UNLESS_ALLOWED}")]
NOT_HTTPS = [("/url", f"must use https, at port 443 or 8443{UNLESS_ALLOWED}")]
NO_HOST = [("/url", "must be a URL with a host, as https://example.com/hook")]
NO_URL = [("/url", "must be a URL, as https://example.com/hook")]
CREDENTIALS = [("/url", "must not carry a user name or password")]

THIS_MACHINE = {
    "dotted": "127.0.0.1",
    "elsewhere in its range": "127.8.7.6",
    "decimal": "2130706433",
    "hexadecimal": "0x7f000001",
    "hexadecimal, capitals": "0X7F000001",
    "hexadecimal parts": "0x7f.0x0.0x0.0x1",
    "octal": "017700000001",
    "octal parts": "0177.0.0.01",
    "with zeros before": "00000177.0.0.1",
    "short": "127.1",
    "of three parts": "127.0.1",
    "mixed": "0x7f.1",
    "zero": "0",
    "zeros": "0.0.0.0",  # noqa: S104  # to be refused
    "full-width digits": "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "circled digits": "\u2460\u2461\u2466.0.0.\u2460",
    "ideographic dots": "127\u30020\u30020\u30021",
    "version 6": "[::1]",
    "version 6, long": "[0:0:0:0:0:0:0:1]",
    "version 6, nowhere": "[::]",
    "mapped": "[::ffff:127.0.0.1]",
    "mapped, in hexadecimal": "[::ffff:7f00:1]",
    "mapped, long": "[0:0:0:0:0:ffff:7f00:0001]",
    "v4-compatible": "[::127.0.0.1]",
    "NAT64": "[64:ff9b::127.0.0.1]",
    "6to4": "[2002:7f00:1::]",
    "a name": "localhost",
    "a name in capitals": "LOCALHOST",
    "a name with a dot behind": "localhost.",
    "a name in odd letters": "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
}
INSIDE = ["10.0.0.7", "192.168.1.1", "172.20.0.3", "169.254.169.254", "100.100.100.200", "[fe80::1%25lo]", "[fd00::7]"]
REACHES_THIS_MACHINE = ["127.0.0.1", "localhost", "0x7f.1"]


@pytest.fixture
async def names() -> AsyncIterator[NameServer]:
    """The name server that is asked instead of the world."""
    with name_server() as server:
        server.leads("localhost", "127.0.0.1", "::1")
        server.leads("localhost.", "127.0.0.1")
        yield server


@pytest.fixture
async def listener() -> AsyncIterator[Receiver]:
    """A receiver that must not be contacted."""
    async with receiving() as receiver:
        yield receiver


async def refusal(text: str, guard: Guard = PUBLIC_ONLY) -> list[tuple[str, str]]:
    """What is said of a URL when it is registered; nothing if it is taken."""
    try:
        url = checked_url(text)
        judge_url(url, await addresses_of(url), guard)
    except InvalidRequest as refused:
        return [(error.pointer, error.message) for error in refused.errors]
    return []


# Registering.


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.example",
        "https://shop.example/hook?from=loyalty#top",
        "https://shop.example:443/",
        "https://shop.example:8443/",
        "HTTPS://SHOP.EXAMPLE/",
        "https://1.1.1.1/",
        "https://[2606:4700::1111]/",
        "https://b\xfccher.example/",
        "https://not-yet.example/",
        "https://_under.score-.example./",
    ],
)
async def test_public_https_urls_are_taken_and_names_that_lead_nowhere_yet(text: str, names: NameServer) -> None:
    names.leads("shop.example", "93.184.216.34", "2606:4700::1111")
    assert await refusal(text) == []


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("host", [*THIS_MACHINE.values(), *INSIDE])
async def test_no_spelling_of_an_inner_address_is_taken_and_the_refusal_says_only_that_it_is_not_public(
    host: str,
) -> None:
    found = await refusal(f"https://{host}/")
    assert found == (NO_HOST if "%25" in host else NOT_PUBLIC)


@pytest.mark.parametrize("inner", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::1", "fd00::7", "::ffff:10.0.0.7"])
async def test_a_name_is_refused_if_any_of_its_addresses_is_inner(inner: str, names: NameServer) -> None:
    names.leads("shop.example", "93.184.216.34", inner)
    assert await refusal("https://shop.example/") == NOT_PUBLIC
    assert await refusal("http://shop.example:80/") == NOT_PUBLIC


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://shop.example/", NOT_HTTPS),
        ("http://shop.example:443/", NOT_HTTPS),
        ("https://shop.example:80/", NOT_HTTPS),
        ("https://shop.example:8080/", NOT_HTTPS),
        ("https://shop.example:0/", NOT_HTTPS),
        ("ftp://shop.example/", NO_HOST),
        ("javascript:alert(1)", NO_HOST),
        ("file:///etc/passwd", NO_HOST),
        ("", NO_HOST),
        ("shop.example/hook", NO_HOST),
        ("//shop.example/hook", NO_HOST),
        ("https:///hook", NO_HOST),
        ("https://", NO_HOST),
        ("https://shop..example/", NO_HOST),
        ("https://.example/", NO_HOST),
        ("https://shop example/", NO_HOST),
        ("https://shop\x00.example/", NO_HOST),
        ("https://shop%2eexample/", NO_HOST),
        ("https://%6cocalhost/", NO_HOST),
        ("https://shop.example:65536/", NO_URL),
        ("https://shop.example:https/", NO_URL),
        ("https://[::1/", NO_URL),
        ("https://[127.0.0.1]/", NO_URL),
        ("https://shop.example\\@127.0.0.1/", NO_URL),
        ("https://\ud800/", NO_URL),
        ("https://mira:tulip@shop.example/", CREDENTIALS),
        ("https://mira@shop.example/", CREDENTIALS),
        ("https://:tulip@shop.example/", CREDENTIALS),
        ("https://shop.example@127.0.0.1/", CREDENTIALS),
    ],
)
async def test_other_urls_are_refused_with_what_would_be_right(
    text: str, said: list[tuple[str, str]], names: NameServer
) -> None:
    names.leads("shop.example", "93.184.216.34")
    assert await refusal(text) == said


async def test_a_url_may_have_2048_characters_and_no_more(names: NameServer) -> None:
    names.leads("shop.example", "93.184.216.34")
    longest = "https://shop.example/".ljust(2_048, "x")
    assert await refusal(longest) == []
    assert await refusal(f"{longest}x") == [("/url", "must have at most 2048 characters")]


@given(st.text().map("https://{}".format) | st.from_regex(r"https?://[\w.\[\]:%@\\]+(/\S*)?"))
@example("https://[2606:4700::\u2460]/")  # as version 6, but not for ever
@example("https://\u2460.1.1.1/")
@example("https://134744072/")
def test_a_url_that_is_taken_is_the_same_when_it_is_read_from_the_database(text: str) -> None:
    try:
        url = checked_url(text)
    except InvalidRequest:
        return
    assert URL(str(url)) == url
    assert checked_url(str(url)) == url


def test_an_address_in_an_odd_spelling_is_kept_in_the_usual_one() -> None:
    assert str(checked_url("https://134744072/hook")) == "https://8.8.8.8/hook"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "localhost", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("start", ["http://{}/", "http://{}:5000/", "https://{}:5000/"])
@pytest.mark.usefixtures("names")
async def test_an_allowed_range_may_be_registered_in_any_way(host: str, start: str) -> None:
    assert await refusal(start.format(host), THIS_MACHINE_TOO) == []


async def test_what_lies_beside_an_allowed_range_is_refused_as_ever(names: NameServer) -> None:
    names.leads("shop.example", "127.0.0.1", "10.0.0.7")
    assert await refusal("https://shop.example/", THIS_MACHINE_TOO) == NOT_PUBLIC
    assert await refusal("http://not-yet.example/", THIS_MACHINE_TOO) == NOT_HTTPS


async def test_a_name_server_that_does_not_answer_holds_nobody_up(names: NameServer) -> None:
    names.is_silent = True
    url = checked_url("https://shop.example/")
    assert await addresses_of(url, patience_seconds=0.01) == []
    judge_url(url, [], PUBLIC_ONLY)  # it is taken


# Delivering, past all that: the listener counts who connects.


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", THIS_MACHINE.values(), ids=THIS_MACHINE)
async def test_no_spelling_of_this_machine_opens_a_connection(host: str, scheme: str, listener: Receiver) -> None:
    async with sending(PUBLIC_ONLY) as sender:
        tried = await sender.attempt(a_job(f"{scheme}://{host}:{listener.port}/hook"))

    assert tried.error in {"address_not_public", "url"}
    assert listener.connections == 0


@pytest.mark.parametrize("host", REACHES_THIS_MACHINE)
@pytest.mark.usefixtures("names")
async def test_that_listener_is_really_there(host: str, listener: Receiver) -> None:
    async with sending(THIS_MACHINE_TOO) as sender:
        tried = await sender.attempt(a_job(f"http://{host}:{listener.port}/hook"))

    assert (tried.verdict, listener.connections) == (Delivered(), 1)


@pytest.mark.parametrize("then", [["127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.7", "127.0.0.1"], ["::1", "127.0.0.1"]])
async def test_a_name_that_leads_inside_after_it_was_registered_opens_no_connection(
    then: list[str], listener: Receiver, names: NameServer
) -> None:
    names.leads("shop.example", "93.184.216.34")
    assert await refusal("https://shop.example/hook") == []

    names.leads("shop.example", *then, port=listener.port)
    async with sending(PUBLIC_ONLY) as sender:
        tried = await sender.attempt(a_job("https://shop.example/hook"))

    assert (tried.error, listener.connections) == ("address_not_public", 0)


async def test_of_several_addresses_only_those_that_are_admitted_are_dialled(
    listener: Receiver, names: NameServer
) -> None:
    names.leads("shop.example", "127.0.0.1", "127.0.0.2")
    async with sending(Guard(read_ranges("127.0.0.2"))) as sender:
        await sender.attempt(a_job(f"http://shop.example:{listener.port}/hook"))
    assert listener.connections == 0

    async with sending(Guard(read_ranges("127.0.0.1"))) as sender:
        await sender.attempt(a_job(f"http://shop.example:{listener.port}/hook"))
    assert listener.connections == 1


async def test_what_was_registered_while_more_was_allowed_is_not_reached_in_plain_http() -> None:
    async with sending(PUBLIC_ONLY) as sender:
        tried = await sender.attempt(a_job("http://1.1.1.1:443/hook"))

    assert tried.error == "address_not_public"


async def test_a_name_is_looked_up_for_every_new_connection(listener: Receiver, names: NameServer) -> None:
    url = f"http://shop.example:{listener.port}/hook"
    names.leads("shop.example", "127.0.0.1")
    listener.will("close")
    async with sending(Guard(read_ranges("127.0.0.1"))) as sender:
        await sender.attempt(a_job(url))
        names.leads("shop.example", "127.0.0.2")
        tried = await sender.attempt(a_job(url))

    assert (tried.error, listener.connections) == ("address_not_public", 1)
