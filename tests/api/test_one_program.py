"""A shop with one program is answered as ever: golden answers of a whole life, compared byte for byte.

The goldens are answers of a server that knew one program only. Answers may have more members now, and nothing else:
what a golden has is there with the same value, in the same order. What is random or depends on the moment (codes, keys,
secrets, ids of requests and events) is written as its kind. To record them: RECORD_GOLDENS=1.
"""

import os
import re
from pathlib import Path

import httpx
import msgspec

from tests.api.endpoints import ENDPOINTS, NOBODY, an_import
from tests.api.till import Till
from tests.api.witness import Json

GOLDENS = Path(__file__).parent / "goldens" / "one_program.json"
RANDOM = {
    r"CUS[0-9A-Z]{10}": "CUS",
    r"whsec_[A-Za-z0-9+/=]+": "whsec",
    r"msg_[A-Za-z0-9]+": "msg",
    r"[A-Za-z]*ll_[A-Za-z0-9]{8,}": "key",
    r"/c/[A-Za-z0-9_-]{20,}": "/c/secret",
    r'"next_cursor":"[^"]+"': '"next_cursor":"cursor"',
    r'"secret_hint":"[^"]+"': '"secret_hint":"hint"',
    r'"request_id":"[^"]+"': '"request_id":"id"',
    r'"last_used_at":"[^"]+"': '"last_used_at":"moment"',
    r'"created_at":"20(?!26-03)[^"]+"': '"created_at":"moment"',
}
HEADERS = ("content-type", "location", "idempotent-replayed", "retry-after", "allow")
Told = dict[str, object]


class Life:
    """The life of a shop: each request by a name, with what was answered."""

    def __init__(self, till: Till) -> None:
        self.till, self.told = till, dict[str, Told]()

    async def ask(self, name: str, method: str, path: str, body: object = None, *, once: str | None = None) -> Json:
        headers = {} if once is None else {"Idempotency-Key": once}
        self.till.api.clock.wait(seconds=1)  # events of one moment have no order
        answer = await self.till.ask(method, path, body, headers=headers)
        assert name not in self.told
        self.told[name] = plain(answer)
        found: Json = answer.json() if answer.headers["content-type"].endswith("json") else {}
        about: Json = found.get("data", found)
        return about

    async def pass_by(self) -> None:
        """Everything that can be asked is asked at least once."""
        lena = await self._some_join()
        await self._stamps(lena)
        await self._changes(lena)
        await self._reads(lena)

    async def _some_join(self) -> Json:
        phone = {"name": "Lena", "phone": "+14155550100", "email": "lena@example.com", "birthday": "1990-05-17"}
        lena = await self.ask("join", "POST", "/customers", phone, once="join-1")
        await self.ask("join again", "POST", "/customers", phone, once="join-1")
        await self.ask("join twice", "POST", "/customers", phone)
        await self.ask("join badly", "POST", "/customers", {"name": ""})
        await self.ask("webhook", "POST", "/webhooks", {"url": NOBODY, "events": ["stamp.added"]})
        await self.ask("webhook changed", "PATCH", "/webhooks/1", {"active": False})
        await an_import(self.till)
        await self.ask("import", "GET", "/imports/1")
        return lena

    async def _stamps(self, lena: Json) -> None:
        by_id, by_code = f"/customers/{lena['id']}", f"/customers/qr/{lena['qr_code']}"
        first = await self.ask("stamp", "POST", f"{by_id}/stamps", {"stamps": 4, "order_ref": "17"}, once="s-1")
        await self.ask("stamp again", "POST", f"{by_id}/stamps", {"stamps": 4, "order_ref": "17"}, once="s-1")
        await self.ask("stamp the order twice", "POST", f"{by_id}/stamps", {"order_ref": "17"})
        await self.ask("stamp too many", "POST", f"{by_id}/stamps", {"stamps": 11})
        self.till.api.clock.wait(hours=30)
        await self.ask("stamp by code", "POST", f"{by_code}/stamps", {"stamps": 9}, once="s-2")
        await self.ask("stamp by code again", "POST", f"{by_code}/stamps", {"stamps": 9}, once="s-2")
        await self.ask("redeem", "POST", f"{by_id}/redeem", None, once="r-1")
        await self.ask("redeem again", "POST", f"{by_id}/redeem", None, once="r-1")
        await self.ask("redeem by code, and there is none", "POST", f"{by_code}/redeem")
        await self.ask("undo what cannot be", "POST", f"/transactions/{first['transaction_id']}/void", once="v-1")
        third = await self.ask("stamp once more", "POST", f"{by_id}/stamps", {"stamps": 3})
        await self.ask("undo", "POST", f"/transactions/{third['transaction_id']}/void", {"reason": "wrong"}, once="v-2")
        await self.ask(
            "undo again", "POST", f"/transactions/{third['transaction_id']}/void", {"reason": "wrong"}, once="v-2"
        )
        items = [
            {"idempotency_key": "b-1", "customer_id": lena["id"], "stamps": 2},
            {"idempotency_key": "b-2", "qr_code": "CUS0000000000"},
        ]
        await self.ask("batch", "POST", "/stamps/batch", {"items": items})
        await self.ask("batch again", "POST", "/stamps/batch", {"items": items})

    async def _changes(self, lena: Json) -> None:
        by_id = f"/customers/{lena['id']}"
        await self.ask("profile", "PATCH", by_id, {"name": "Lena M"}, once="p-1")
        await self.ask("profile again", "PATCH", by_id, {"name": "Lena M"}, once="p-1")
        asked = {"stamps_required": 6, "reward_description": "A cake", "surplus": "carry", "reward_valid_days": 5}
        await self.ask("program changed", "PATCH", "/program", asked, once="g-1")
        await self.ask("program changed badly", "PATCH", "/program", {"stamps_required": 0})
        await self.ask("stamp under new terms", "POST", f"{by_id}/stamps", {"stamps": 10})
        self.till.api.clock.wait(days=1)
        omar = await self.ask("another joins", "POST", "/customers", {"name": "Omar", "phone": "+14155550101"})
        await self.ask("another is stamped", "POST", f"/customers/{omar['id']}/stamps", {"stamps": 7})
        await self.ask("another is erased", "DELETE", f"/customers/{omar['id']}", once="e-1")
        await self.ask("card link", "POST", f"{by_id}/card-link")
        await self.ask("card link revoked", "DELETE", f"{by_id}/card-link")

    async def _reads(self, lena: Json) -> None:
        reads = {
            "program": "/program",
            "customers": "/customers",
            "customers of a page": "/customers?limit=1",
            "customers by text": "/customers?q=len",
            "customer": f"/customers/{lena['id']}",
            "customer by code": f"/customers/qr/{lena['qr_code']}",
            "nobody": "/customers/999",
            "ledger of a card": f"/customers/{lena['id']}/transactions",
            "rewards of a card": f"/customers/{lena['id']}/rewards",
            "ledger": "/transactions",
            "one entry": "/transactions/1",
            "rewards": "/rewards",
            "rewards owed": "/rewards?status=available",
            "analytics": "/analytics",
            "analytics of a week": "/analytics?days=7",
            "branches": "/branches",
            "webhooks": "/webhooks",
            "one webhook": "/webhooks/1",
            "deliveries": "/webhooks/1/deliveries",
            "events": "/events",
            "key": "/key",
            "picture": f"/customers/{lena['id']}/card.png",
        }
        for name, path in reads.items():
            await self.ask(name, "GET", path)
        await self.ask("webhook tested", "POST", "/webhooks/1/test")
        await self.ask("webhook sent again", "POST", "/webhooks/1/replay", {"since": "2026-03-01T09:30:00Z"})
        await self.ask("webhook's new secret", "POST", "/webhooks/1/rotate-secret")
        await self.ask("webhook deleted", "DELETE", "/webhooks/1")


def plain(answer: httpx.Response) -> Told:
    """An answer without what is random."""
    headers = {name: answer.headers[name] for name in HEADERS if name in answer.headers}
    text = answer.text if headers.get("content-type", "").endswith("json") else "a picture"
    for pattern, kind in RANDOM.items():
        text = re.sub(pattern, kind, text)
    return {"status": answer.status_code, "headers": headers, "body": text}


def pared(answered: object, golden: object) -> object:
    """An answer without the members that the golden does not have."""
    if isinstance(answered, dict) and isinstance(golden, dict):
        return {name: pared(value, golden[name]) for name, value in answered.items() if name in golden}
    if isinstance(answered, list) and isinstance(golden, list) and len(answered) == len(golden):
        return [pared(one, wanted) for one, wanted in zip(answered, golden, strict=True)]
    return answered


def pared_text(answered: str, golden: str) -> str:
    if not golden.startswith("{"):
        return answered
    kept = pared(msgspec.json.decode(answered), msgspec.json.decode(golden))
    return msgspec.json.encode(kept).decode()


async def test_a_shop_with_one_program_is_answered_as_ever_byte_for_byte_but_for_added_members(till: Till) -> None:
    life = Life(till)
    await life.pass_by()
    if os.environ.get("RECORD_GOLDENS"):
        GOLDENS.write_bytes(msgspec.json.format(msgspec.json.encode(life.told), indent=1) + b"\n")
    goldens: dict[str, Told] = msgspec.json.decode(GOLDENS.read_bytes())
    assert list(life.told) == list(goldens)
    for name, golden in goldens.items():
        answered = life.told[name]
        body = pared_text(str(answered["body"]), str(golden["body"]))
        assert {**answered, "body": body} == golden, name


def test_the_goldens_have_an_answer_of_each_kind_of_endpoint() -> None:
    goldens: dict[str, Told] = msgspec.json.decode(GOLDENS.read_bytes())
    assert len(goldens) > len(ENDPOINTS)
