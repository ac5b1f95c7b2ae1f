"""Personal data: `loyalty customers show-data | erase`, for people who ask what is stored of them or want it gone."""

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from loyalty_cli import options
from loyalty_cli.database import with_database
from loyalty_cli.output import tell
from loyalty_core.fields import LARGEST_ID, BusinessId

if TYPE_CHECKING:
    from loyalty_app.counter.orders import CustomerRef
    from loyalty_app.db.engine import Database
    from loyalty_core.outcomes import Erased


class CustomerParam(click.ParamType["CustomerRef"]):
    """A customer, by number or by the code of the card."""

    name = "customer"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> "CustomerRef":
        """Read a number, or a code as people type it."""
        text = str(value)
        if text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= LARGEST_ID:
            return int(text)
        from loyalty_app.shops.links import code_in

        code = code_in(text)
        if code is None:
            self.fail(f"{text!r} is neither the number of a customer nor the code of a card", param, ctx)
        return code


CUSTOMER = CustomerParam()


@click.command("show-data")
@click.argument("customer", type=CUSTOMER)
@options.of_business
@options.as_json
def show_data(customer: "CustomerRef", business_id: BusinessId, *, as_json: bool) -> None:
    """Show all that is stored about one customer, as JSON.

    CUSTOMER is a number, or the code of a card. Hand it to the person who asks: nothing of others is in it.
    """
    from loyalty_app.clock import utc_now
    from loyalty_app.customers.personal_data import show_data as read_data

    stored = with_database(lambda database: read_data(database, business_id, customer, now=utc_now()))
    tell(stored, msgspec.json.format(msgspec.json.encode(stored), indent=2).decode(), as_json=as_json)


@click.command()
@click.argument("customer", type=CUSTOMER)
@options.of_business
@click.option("--yes", is_flag=True, help="Do not ask whether that is meant.")
@options.as_json
def erase(customer: "CustomerRef", business_id: BusinessId, *, yes: bool, as_json: bool) -> None:
    """Erase a customer's personal data, for ever.

    CUSTOMER is a number, or the code of a card. Name, phone, e-mail and birthday go, and open rewards are taken back.
    The ledger stays, without a name. Older backups still hold the data.
    """
    from loyalty_app.clock import utc_now
    from loyalty_app.customers.personal_data import show_data as read_data

    stored = with_database(lambda database: read_data(database, business_id, customer, now=utc_now()))
    if not yes and not as_json and sys.stdin.isatty():
        click.confirm(f"Erase {stored.profile.name}, for ever?", abort=True, err=True)
    erased = with_database(lambda database: _erase(database, business_id, customer))
    tell(erased, f"Customer {erased.id} is erased. The card {erased.qr_code} finds nobody any more.", as_json=as_json)


async def _erase(database: "Database", business_id: BusinessId, customer: "CustomerRef") -> "Erased":
    from loyalty_app.counter import Caller, Counter
    from loyalty_app.shops.businesses import find_business
    from loyalty_core.ledger import SYSTEM

    shop = await database.read(lambda connection: find_business(connection, business_id))
    counter = Counter(database)
    try:
        answer = await counter.erase(Caller(business=shop, actor=SYSTEM), customer)
    finally:
        await counter.close()
    return answer.outcome
