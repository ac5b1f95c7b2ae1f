"""Discretion: what is planted wherever somebody may type is found nowhere in what is logged."""

import json
import logging
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text, update

from loyalty_app.db.tables import staff
from loyalty_app.observability.redaction import redacted, without_values
from loyalty_cli.logs import LineFormatter
from testkit.console import CAFE, Console
from testkit.town import Town
from tests.api.till import Api, Till, on_both_databases
from tests.observability.planted import (
    API_KEY,
    BOT_TOKEN,
    EMAIL,
    EVERYTHING,
    INVITATION,
    NAME,
    PASSWORD,
    PHONE,
    WEBHOOK_SECRET,
    found,
    logged,
)

ANYTHING = f"{NAME} {PHONE} {EMAIL} {API_KEY} {WEBHOOK_SECRET} {INVITATION} {BOT_TOKEN} postgresql://u:{PASSWORD}@db/x"


@pytest.mark.parametrize(
    "planted", [PHONE, EMAIL, API_KEY, WEBHOOK_SECRET, INVITATION, BOT_TOKEN, f"x://u:{PASSWORD}@h"]
)
def test_a_secret_is_known_by_its_looks_in_plain_and_in_a_url(planted: str) -> None:
    for way in (planted, quote(planted), f"({planted})", f"'{planted}'", f"/bot{planted}/getMe", f"q={planted}&x"):
        assert found(redacted(way)) == [], way


@pytest.mark.parametrize("phone", ["+1 415 555 0987", "+1 (415) 555-0987", "+1.415.555.0987", "%2B14155550987"])
def test_a_phone_number_is_known_however_it_is_written(phone: str) -> None:
    assert "0987" not in redacted(f"called {phone}.")


@pytest.mark.parametrize("password", ["hunter@two", "hunter%40two", "@two", "a%40b@two"])
def test_a_password_with_an_at_sign_in_it_is_hidden_to_its_end(password: str) -> None:
    assert (
        redacted(f"postgresql://shop:{password}@db.example/cards and more")
        == "postgresql://…@db.example/cards and more"
    )


def test_what_is_no_secret_stays_as_it_is() -> None:
    said = (
        "10:40 at 127.0.0.1:8000, update 123456:7, msg_01999f3c0a1bdeadbeef01234567, poll_interval, @stamp_bot is open"
    )
    assert redacted(said) == said
    assert without_values("port 8000 of 0.0.0.0 is taken") == "port 8000 of 0.0.0.0 is taken"


@pytest.mark.parametrize("kind", ["text", "json"])
def test_whatever_way_a_value_comes_into_a_line_it_does_not_get_out(kind: str) -> None:
    told = ValueError(f"invalid literal: {ANYTHING!r}\nDETAIL:  Failing row contains (1, {NAME}).")
    record = logging.LogRecord("asyncio", logging.ERROR, __file__, 1, "%s failed", (repr(told),), None)
    vars(record).update(
        more=ANYTHING.removeprefix(NAME), several=[PHONE, {"mail": EMAIL}], exc_info=(ValueError, told, None)
    )
    line = LineFormatter(kind).format(record)
    assert found(line) == []
    assert "ValueError" in line


async def plant_over_http(client: httpx.AsyncClient, key: str) -> None:
    """Type it all wherever the API lets anybody type."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    about = {"name": NAME, "phone": PHONE, "email": EMAIL}
    for body in (about, about, {**about, "phone": ANYTHING}, [about], {"stamps": ANYTHING}):
        for path in ("/v1/customers", "/v1/customers/1/stamps", "/v1/webhooks"):
            await client.post(path, headers=headers, json=body)
    for planted in EVERYTHING.values():
        await client.get(f"/v1/customers/{quote(planted, safe='')}?phone={quote(planted)}", headers=headers)
        await client.get(f"/{quote(planted, safe='')}", headers={"X-Api-Key": planted})
        await client.post("/v1/customers", headers=headers, content=f'{{"name": "{planted}"')
        await client.post("/v1/customers/1/stamps", headers={**headers, "Idempotency-Key": planted[:9]}, json={})
    for whole in (PHONE, EMAIL, API_KEY, WEBHOOK_SECRET, INVITATION, BOT_TOKEN):
        await client.get("/v1/program", headers={**headers, "X-Request-Id": whole})
    hook = {"url": f"https://u:{PASSWORD}@example.com/{API_KEY}?who={quote(EMAIL)}", "events": ["stamp.added"]}
    await client.post("/v1/webhooks", headers=headers, json=hook)
    await client.post("/v1/webhooks", headers=headers, json={**hook, "url": f"https://example.com/{API_KEY}"})


@on_both_databases
@pytest.mark.parametrize("kind", ["text", "json"])
async def test_the_api_logs_nothing_of_what_it_is_given(
    till: Till, api: Api, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with logged(monkeypatch, kind) as lines:
        await plant_over_http(api.client, till.key)
        for table in ("customer", "idempotency", "webhook_endpoint"):
            await rename(api, table, "lost")
            await plant_over_http(api.client, till.key)
            await rename(api, "lost", table)
    said = lines.getvalue()
    assert "failed" in said
    assert "[SQL: " in said
    assert "/v1/customers/{id}/stamps" in said
    assert found(said) == []
    assert till.key[11:] not in said


async def rename(api: Api, table: str, other: str) -> None:
    await api.database.write(lambda connection: connection.execute(text(f'ALTER TABLE "{table}" RENAME TO "{other}"')))


async def test_a_server_in_a_process_of_its_own_is_as_discreet(tmp_path: Path) -> None:
    console = Console(tmp_path)
    key = console.ask("business", "create", *CAFE, "--plan", "professional")["api_key"]
    console.environment |= {"LOYALTY_LOG_LEVEL": "DEBUG", "LOYALTY_LOG_FORMAT": "json"}
    with console.serve("serve", LOYALTY_TELEGRAM_API_URL=f"http://u:{PASSWORD}@127.0.0.1:1") as (server, url):
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            await plant_over_http(client, key)
        server.terminate()
        said = server.communicate()[1]
    assert '"status": 201' in said
    assert found(said) == []


@pytest.mark.usefixtures("unhurried")
async def test_the_chat_logs_nothing_of_what_it_is_told(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    with logged(monkeypatch) as lines:
        shop = await town.open_shop()
        person = await town.person(NAME.split()[0], last_name=NAME.split()[1], phone=PHONE)
        await person.start(f"j_{shop.business.slug}")
        await person.start(INVITATION)
        for planted in EVERYTHING.values():
            await person.say(planted)
        await person.press("Use my number")
        await person.share_contact()
        await plant_broken_updates(town, person.id)
        ana = await town.hire(shop, "Ana")
        await shop.database.write(lambda connection: connection.execute(update(staff).values(role=NAME)))
        await ana.say(ANYTHING)
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert any(line["event"] == "update" and line["outcome"] == "aside" for line in said)
    assert any("exception" in line for line in said)
    assert found(lines.getvalue()) == []


async def plant_broken_updates(town: Town, user_id: int) -> None:
    """Updates that cannot be read, with everything in them."""
    [bot_id] = town.supervisor.bots
    sender = {"id": user_id, "is_bot": False, "first_name": NAME, "username": ANYTHING}
    for number, broken in enumerate(({"message_id": ANYTHING}, {"date": ANYTHING}, {"entities": ANYTHING})):
        update = {"update_id": 910_000_000 + number, "message": {"from": sender, "text": ANYTHING, **broken}}
        await town.supervisor.intake.take(bot_id, [update])
    await town.idle()


async def test_a_stamp_can_be_followed_from_the_request_to_the_webhook(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    lena = await till.join()
    await till.post("/webhooks", {"url": "https://example.com/hook", "events": ["stamp.added"]})
    with logged(monkeypatch) as lines:
        await till.ask("POST", f"/customers/{lena['id']}/stamps", {}, headers={"X-Request-Id": "till-7"})
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    [order] = [line for line in said if line["event"] == "order"]
    [access] = [line for line in said if line["event"].startswith("POST")]
    assert (order["request_id"], order["order"], order["outcome"]) == ("till-7", "GiveStamp", "ok")
    assert (access["request_id"], access["status"], access["business"]) == ("till-7", 200, till.business.id)
    kept = await till.api.dump()
    assert any(event in map(str, row) for event in order["events"] for row in kept["event"])


async def test_a_stamp_in_the_chat_can_be_followed_from_the_update(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = await town.open_shop()
    lena = await town.person("Lena")
    with logged(monkeypatch) as lines:
        await lena.start(f"j_{shop.business.slug}")
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    [order] = [line for line in said if line["event"] == "order"]
    [update] = [line for line in said if line["event"] == "update" and line["outcome"] == "handled"]
    assert order["update"] == update["update"]
    assert order["order"] == "Join"


async def test_without_being_asked_no_request_is_logged(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    await till.join()
    assert capsys.readouterr().err == ""
