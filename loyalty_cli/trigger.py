"""Triggers: `loyalty trigger` makes an event happen in a shop, so that a receiver of webhooks can be tried."""

import secrets
from collections.abc import Callable

import click

from loyalty_cli.remote_api import Json, RemoteApi, of_service, with_key
from loyalty_core.fields import MOST_STAMPS

NAME = "Test customer"
PHONES = 10_000


def _customer(service: RemoteApi) -> str:
    """Somebody new, with a number of those that are kept for films and books; the path of them."""
    body = {"name": NAME, "phone": f"+44 7700 900{secrets.randbelow(1_000):03}"}
    known = service.get("/customers", phone=body["phone"])["data"]
    customer: Json = known[0] if known else service.send("POST", "/customers", body)
    return f"/customers/{customer['id']}"


def _stamp(service: RemoteApi) -> Json:
    stamped: Json = service.send("POST", f"{_customer(service)}/stamps")
    return stamped


def _full_card(service: RemoteApi) -> str:
    """Somebody whose card is full; the path of them.

    As many stamps at once as a visit may have: the next one may have to wait.
    """
    path, earned = _customer(service), False
    while not earned:
        card = service.get(path)["data"]
        stamps = min(MOST_STAMPS, card["stamps_required"] - card["current_stamps"])
        earned = service.send("POST", f"{path}/stamps", {"stamps": stamps})["reward_earned"]
    return path


def _newcomer(service: RemoteApi) -> Json:
    """Somebody new, with another such number."""
    body = {"name": NAME, "phone": f"+1 212 555 {secrets.randbelow(PHONES):04}"}
    customer: Json = service.send("POST", "/customers", body)
    return customer


def _created(service: RemoteApi) -> None:
    _newcomer(service)


def _updated(service: RemoteApi) -> None:
    service.send("PATCH", _customer(service), {"name": f"{NAME} {secrets.token_hex(2)}"})


def _void(service: RemoteApi) -> None:
    service.send("POST", f"/transactions/{_stamp(service)['transaction_id']}/void", {"reason": "triggered"})


def _test(service: RemoteApi) -> None:
    webhooks = service.get("/webhooks")["data"]
    if not webhooks:
        raise click.ClickException("This shop has no webhook to test. Register one first.")
    for webhook in webhooks:
        service.send("POST", f"/webhooks/{webhook['id']}/test")


def _merge(service: RemoteApi) -> tuple[str, Json]:
    first, other = _customer(service), _newcomer(service)
    order = {"from_id": other["id"]}
    service.send("POST", f"{first}/merge", order)
    return first, order


def _unmerge(service: RemoteApi) -> None:
    first, order = _merge(service)
    service.send("POST", f"{first}/unmerge", order)


TRIGGERS: dict[str, Callable[[RemoteApi], object]] = {
    "customer.created": _created,
    "customer.updated": _updated,
    "customer.deleted": lambda service: service.send("DELETE", _customer(service)),
    "customer.merged": _merge,
    "customer.unmerged": _unmerge,
    "stamp.added": _stamp,
    "reward.earned": _full_card,
    "reward.redeemed": lambda service: service.send("POST", f"{_full_card(service)}/redeem"),
    "transaction.voided": _void,
    "webhook.test": _test,
}
"""How each event is made to happen."""


@click.command()
@click.argument("event", type=click.Choice(tuple(TRIGGERS)))
@of_service
@with_key
def trigger(event: str, url: str, api_key: str) -> None:
    """Make an event happen, so that your receiver can be tried.

    It happens for real, to a customer named "Test customer": best in a shop that is there for trying, as that of
    `loyalty demo`.
    """
    TRIGGERS[event](RemoteApi(url, api_key))
    click.echo(f"{event} has happened.")
