"""The endpoints of the contract, written down by hand: what the API serves must be these, no more and no less."""

import asyncio
from typing import NamedTuple

import httpx

from loyalty_core.access import Scope
from tests.api.till import Till, given, only_once
from tests.api.witness import Json


class Things(NamedTuple):
    """What requests can be about: a customer whose one transaction earned a reward, and a phone number nobody has."""

    customer: int
    code: str
    transaction: int
    reward: int
    phone: str
    webhook: int = 1
    since: str = "2026-03-01T09:30:00Z"
    imported: int = 1
    second: int = 2
    merged: int = 3
    other_program: int = 2


class Endpoint(NamedTuple):
    """One endpoint: what its key needs, what it answers, and a request that it accepts."""

    name: str
    method: str
    path: str
    scope: Scope | None
    status: int = 200
    body: Json | None = None
    picture: bool = False

    @property
    def template(self) -> str:
        """The path as the reference writes it."""
        return (
            self.path.replace("{customer}", "{id}")
            .replace("{transaction}", "{id}")
            .replace("{webhook}", "{id}")
            .replace("{imported}", "{id}")
            .replace("{other_program}", "{id}")
            .replace("{code}", "{qr_code}")
        )

    @property
    def names(self) -> set[str]:
        """Which of the things its request names."""
        return {thing for thing in Things._fields if f"{{{thing}}}" in f"{self.path} {self.body}"}

    async def ask(
        self, till: Till, about: Things, *, base: str = "/v1", slash: str = "", once: str | None = None
    ) -> httpx.Response:
        """Send the request, about these things."""
        path = self.path.format(**about._asdict()) + slash
        return await till.ask(self.method, path, self.body_about(about), base=base, headers=only_once(once))

    def body_about(self, about: Things) -> Json | None:
        """The body of the request."""
        filled = about._asdict()
        body = self.body and {k: v.format(**filled) if isinstance(v, str) else v for k, v in self.body.items()}
        if body and "from_id" in body:
            body["from_id"] = int(body["from_id"])
        return body


NOBODY = "http://127.0.0.1:9/hook"
"""A port of this machine where nobody listens."""

RARE = "customer.deleted"

ENDPOINTS = (
    Endpoint("customers.list", "GET", "/customers", Scope.CUSTOMERS_READ),
    Endpoint(
        "customers.create", "POST", "/customers", Scope.CUSTOMERS_WRITE, 201, {"name": "Omar", "phone": "{phone}"}
    ),
    Endpoint(
        "imports.create",
        "POST",
        "/customers/import",
        Scope.CUSTOMERS_WRITE,
        202,
        {"customers": [{"name": "Omar", "email": "omar@example.com"}]},
    ),
    Endpoint("imports.get", "GET", "/imports/{imported}", Scope.CUSTOMERS_WRITE),
    Endpoint("customers.get", "GET", "/customers/{customer}", Scope.CUSTOMERS_READ),
    Endpoint("customers.get_by_code", "GET", "/customers/qr/{code}", Scope.CUSTOMERS_READ),
    Endpoint("customers.stamp", "POST", "/customers/{customer}/stamps", Scope.STAMPS_WRITE, 200, {}),
    Endpoint("customers.stamp_by_code", "POST", "/customers/qr/{code}/stamps", Scope.STAMPS_WRITE, 200, {}),
    Endpoint(
        "stamps.batch",
        "POST",
        "/stamps/batch",
        Scope.STAMPS_WRITE,
        200,
        {"items": [{"idempotency_key": "receipt 1", "qr_code": "CUS0000000000"}]},
    ),
    Endpoint("customers.redeem", "POST", "/customers/{customer}/redeem", Scope.REWARDS_WRITE),
    Endpoint("customers.redeem_by_code", "POST", "/customers/qr/{code}/redeem", Scope.REWARDS_WRITE),
    Endpoint("customers.update", "PATCH", "/customers/{customer}", Scope.CUSTOMERS_WRITE, 200, {"name": "Lena M"}),
    Endpoint("customers.delete", "DELETE", "/customers/{customer}", Scope.CUSTOMERS_WRITE),
    Endpoint(
        "customers.merge", "POST", "/customers/{customer}/merge", Scope.CUSTOMERS_WRITE, 200, {"from_id": "{second}"}
    ),
    Endpoint(
        "customers.unmerge",
        "POST",
        "/customers/{customer}/unmerge",
        Scope.CUSTOMERS_WRITE,
        200,
        {"from_id": "{merged}"},
    ),
    Endpoint("customers.list_transactions", "GET", "/customers/{customer}/transactions", Scope.CUSTOMERS_READ),
    Endpoint("transactions.list", "GET", "/transactions", Scope.CUSTOMERS_READ),
    Endpoint("transactions.get", "GET", "/transactions/{transaction}", Scope.CUSTOMERS_READ),
    Endpoint("events.list", "GET", "/events", Scope.CUSTOMERS_READ),
    Endpoint("key.get", "GET", "/key", None),
    Endpoint("branches.list", "GET", "/branches", Scope.PROGRAM_READ),
    Endpoint("webhooks.get", "GET", "/webhooks/{webhook}", Scope.WEBHOOKS_READ),
    Endpoint("customers.card", "GET", "/customers/{customer}/card.png", Scope.CUSTOMERS_READ, picture=True),
    Endpoint("customers.card_link", "POST", "/customers/{customer}/card-link", Scope.CUSTOMERS_WRITE),
    Endpoint("customers.revoke_card_link", "DELETE", "/customers/{customer}/card-link", Scope.CUSTOMERS_WRITE),
    Endpoint("customers.list_rewards", "GET", "/customers/{customer}/rewards", Scope.REWARDS_READ),
    Endpoint("transactions.void", "POST", "/transactions/{transaction}/void", Scope.STAMPS_WRITE),
    Endpoint("rewards.list", "GET", "/rewards", Scope.REWARDS_READ),
    Endpoint("rewards.summary", "GET", "/rewards/summary", Scope.REWARDS_READ),
    Endpoint("program.get", "GET", "/program", Scope.PROGRAM_READ),
    Endpoint("program.preview_win_back", "GET", "/program/win-back", Scope.PROGRAM_READ),
    Endpoint("program.update", "PATCH", "/program", Scope.PROGRAM_WRITE, 200, {"reward_description": "A cake"}),
    Endpoint("flags.list", "GET", "/flags", Scope.CUSTOMERS_READ),
    Endpoint("flags.get_rules", "GET", "/flags/rules", Scope.PROGRAM_READ),
    Endpoint("flags.update_rules", "PATCH", "/flags/rules", Scope.PROGRAM_WRITE, 200, {"most_visits": 6}),
    Endpoint("programs.list", "GET", "/programs", Scope.PROGRAM_READ),
    Endpoint(
        "programs.create",
        "POST",
        "/programs",
        Scope.PROGRAM_WRITE,
        201,
        {"stamps_required": 8, "reward_description": "A salad"},
    ),
    Endpoint("programs.get", "GET", "/programs/{other_program}", Scope.PROGRAM_READ),
    Endpoint("programs.update", "PATCH", "/programs/{other_program}", Scope.PROGRAM_WRITE, 200, {"title": "Bowls"}),
    Endpoint("programs.make_main", "POST", "/programs/{other_program}/make-main", Scope.PROGRAM_WRITE),
    Endpoint("programs.archive", "POST", "/programs/{other_program}/archive", Scope.PROGRAM_WRITE),
    Endpoint("analytics.get", "GET", "/analytics", Scope.ANALYTICS_READ),
    Endpoint("webhooks.list", "GET", "/webhooks", Scope.WEBHOOKS_READ),
    Endpoint("webhooks.create", "POST", "/webhooks", Scope.WEBHOOKS_WRITE, 201, {"url": NOBODY, "events": [RARE]}),
    Endpoint("webhooks.update", "PATCH", "/webhooks/{webhook}", Scope.WEBHOOKS_WRITE, 200, {"events": [RARE]}),
    Endpoint("webhooks.rotate_secret", "POST", "/webhooks/{webhook}/rotate-secret", Scope.WEBHOOKS_WRITE),
    Endpoint("webhooks.test", "POST", "/webhooks/{webhook}/test", Scope.WEBHOOKS_WRITE),
    Endpoint("webhooks.list_deliveries", "GET", "/webhooks/{webhook}/deliveries", Scope.WEBHOOKS_READ),
    Endpoint("webhooks.replay", "POST", "/webhooks/{webhook}/replay", Scope.WEBHOOKS_WRITE, 200, {"since": "{since}"}),
    Endpoint("webhooks.delete", "DELETE", "/webhooks/{webhook}", Scope.WEBHOOKS_WRITE),
)


async def furnish(till: Till, asking: Endpoint | None = None) -> Things:
    """Let somebody join and fill a card, so that every endpoint has something to be about.

    Of what only few need, an endpoint that is asking gets what its request names.
    """
    wanted = {*Things._fields} if asking is None else asking.names
    lena = await till.join()
    few = {name: await make(till, lena["id"]) for name, make in FEW.items() if name in wanted}
    stamped = await till.stamp(lena["id"], 10)
    return Things(
        customer=lena["id"],
        code=lena["qr_code"],
        transaction=stamped["transaction_id"],
        reward=stamped["rewards"][0]["id"],
        phone=till.free_phone(),
        since=till.api.clock().isoformat(),
        **few,
    )


async def a_second(till: Till, _customer: int) -> int:
    """Somebody else."""
    return int((await till.join())["id"])


async def a_merged_one(till: Till, customer: int) -> int:
    """Somebody who was merged into a customer."""
    merged = await a_second(till, customer)
    given(await till.post(f"/customers/{customer}/merge", {"from_id": merged}))
    return merged


async def a_program(till: Till, _customer: int) -> int:
    """A program of the shop in use that is not the main one; there is room for one more."""
    known = (await till.ask("GET", "/programs?limit=100")).json()["data"]
    others = [one["id"] for one in known if not (one["main"] or one["archived"])]
    for spare in others[1:]:
        await till.ask("POST", f"/programs/{spare}/archive")
    if others:
        return int(others[0])
    made = await till.ask("POST", "/programs", {"stamps_required": 8, "reward_description": "A salad"})
    return int(made.json()["data"]["id"])


async def an_import(till: Till, _customer: int = 0) -> int:
    """An import that is over and has brought nobody, so that nothing changes while a test looks."""
    queued = (await till.ask("POST", "/customers/import", {"customers": [{"name": ""}]})).json()["data"]
    while (seen := (await till.ask("GET", f"/imports/{queued['id']}")).json()["data"])["status"] != "done":  # noqa: ASYNC110  # polled
        await asyncio.sleep(0.01)
    return int(seen["id"])


async def quiet_webhook(till: Till, _customer: int) -> int:
    """A webhook that is switched off, so that nothing changes by itself while a test looks."""
    known = (await till.ask("GET", "/webhooks")).json()["data"]
    if not known:
        known = [(await till.ask("POST", "/webhooks", {"url": NOBODY, "events": [RARE]})).json()["data"]]
    number = int(known[0]["id"])
    await till.ask("PATCH", f"/webhooks/{number}", {"active": False})
    return number


FEW = {
    "webhook": quiet_webhook,
    "second": a_second,
    "merged": a_merged_one,
    "imported": an_import,
    "other_program": a_program,
}
"""How that is made which few requests name."""
