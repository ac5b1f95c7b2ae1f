"""What samples of the reference can be about: things that are there, and what an answer must show."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from api import examples
from api.reference.calls import Call
from api.reference.routes import document
from tests.api.live import NOBODY, Live
from tests.api.witness import Json

HOOK = "https://example.com/hook"


class Things(NamedTuple):
    """What the samples can be about; a reward is there to redeem."""

    customer: Json
    transaction: int
    reward: int
    webhook: int
    imported: int
    second: int
    merged: int
    program: int

    def instead(self, live: Live) -> dict[str, str]:
        """What stands in the samples → what stands for it here."""
        return {
            f"/customers/{examples.CUSTOMER.id}": f"/customers/{self.customer['id']}",
            f"/transactions/{examples.TRANSACTION.id}": f"/transactions/{self.transaction}",
            f"/webhooks/{examples.WEBHOOK.id}": f"/webhooks/{self.webhook}",
            f"/programs/{examples.OTHER_PROGRAM.id}": f"/programs/{self.program}",
            f"/imports/{examples.IMPORT.id}": f"/imports/{self.imported}",
            examples.CUSTOMER.qr_code: self.customer["qr_code"],
            str(examples.CUSTOMER.phone): live.free_phone(),
            HOOK: NOBODY,
        }


def furnish(live: Live) -> Things:
    """Somebody new with a full card, one with many visits, and a webhook that is off while something waits."""
    customer = live.given("POST", "/customers", {"name": "Lena", "phone": live.free_phone()})
    stamped = live.given("POST", f"/customers/{customer['id']}/stamps", {"stamps": 10})
    second, merged = (live.given("POST", "/customers", {"name": "Lena", "phone": live.free_phone()}) for _ in range(2))
    live.given("POST", f"/customers/{customer['id']}/merge", {"from_id": merged["id"]})
    welcome_a_regular(live)
    webhook = live.given("POST", "/webhooks", {"url": NOBODY, "events": ["customer.deleted"]})
    live.given("PATCH", f"/webhooks/{webhook['id']}", {"active": False})
    live.given("POST", f"/webhooks/{webhook['id']}/test")
    imported = live.given("POST", "/customers/import", {"customers": [{"name": "Mira"}]})
    return Things(
        program=a_program(live),
        customer=customer,
        transaction=stamped["transaction_id"],
        reward=stamped["rewards"][0]["id"],
        webhook=webhook["id"],
        imported=imported["id"],
        second=second["id"],
        merged=merged["id"],
    )


@cache
def welcome_a_regular(live: Live) -> None:
    """Somebody with many visits, whom no sample changes: one is enough for all samples at a shop."""
    guest = live.given("POST", "/customers", {"name": "Omar", "phone": live.free_phone()})
    for _ in range(5):
        live.given("POST", f"/customers/{guest['id']}/stamps", {})


def a_program(live: Live) -> int:
    """A program in use that is not the main one; there is room for some more."""
    others = [one["id"] for one in live.given("GET", "/programs?limit=100") if not (one["main"] or one["archived"])]
    for spare in others[1:]:
        live.given("POST", f"/programs/{spare}/archive")
    new = {"stamps_required": 8, "reward_description": "A salad"}
    return int(others[0] if others else live.given("POST", "/programs", new)["id"])


def tidy(live: Live) -> None:
    """A shop can have 20 webhooks and ten programs at most, and one program is the main one."""
    for webhook in live.given("GET", "/webhooks"):
        live.given("DELETE", f"/webhooks/{webhook['id']}")
    begun, *others = live.given("GET", "/programs?limit=100")
    live.given("POST", f"/programs/{begun['id']}/make-main")
    for program in [one for one in others if not one["archived"]][1:]:
        live.given("POST", f"/programs/{program['id']}/archive")


def of_here(text: str, things: Things, live: Live) -> str:
    """A sample that asks for things that are there. Everything else stays as it is written."""
    for shown, here in things.instead(live).items():
        text = text.replace(shown, here)
    text = re.sub(r"""(reward_?[iI]d\W+)7\b""", rf"\g<1>{things.reward}", text)
    for number, other in ((examples.OTHER_CUSTOMER.id, things.second), (examples.MERGED_CUSTOMER_ID, things.merged)):
        text = re.sub(rf"""(from_?[iI]d\W+){number}\b""", rf"\g<1>{other}", text)
    return text.replace("2026-03-01T09:30:00Z", things.customer["created_at"])


def sample(call: Call, label: str) -> str:
    """The sample as the document shows it."""
    shown = document()["paths"][call.path][call.method.lower()]["x-codeSamples"]
    [text] = [one["source"] for one in shown if one["label"] == label]
    return str(text)


def assert_shown(call: Call, said: str, picture: Path) -> None:
    """The answer has come: a picture as a file, else the first of the fields that are promised."""
    if call.operation.picture:
        assert picture.read_bytes().startswith(b"\x89PNG")
        picture.unlink()
    else:
        example = msgspec.to_builtins(call.operation.example)
        rows = example["data"] if call.operation.listed else example if call.operation.many else [example]
        [field, *_] = rows[0]
        assert re.search(rf"\b{field}\b", said), call.operation.name
