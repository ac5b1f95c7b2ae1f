"""Staff: `loyalty staff invite | list | remove`."""

from typing import TYPE_CHECKING

import click

from loyalty_cli import options
from loyalty_cli.business_bot import invitation_advice
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import table, tell
from loyalty_core.access import Role
from loyalty_core.fields import BusinessId

if TYPE_CHECKING:
    from loyalty_app.db.engine import Database
    from loyalty_app.shops.staff import StaffMember


@click.group(cls=OrderedGroup)
def staff() -> None:
    """The people who work in a shop: invite them, list them, remove them."""


@staff.command()
@options.of_business
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.STAFF.value,
    show_default=True,
    help="What they may do: staff give stamps, managers run the shop, owners decide about it.",
)
@options.as_json
def invite(business_id: BusinessId, role: str, *, as_json: bool) -> None:
    """Make an invitation for one person. It is shown now and never again, and is good for 24 hours.

    It is a link that opens the shop's bot. While the shop has no bot, it is what such a link will say to it.
    """
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.invites import invite as give_invite
    from loyalty_app.shops.links import invite_link

    async def work(database: "Database") -> tuple[str, str | None]:
        payload = await give_invite(database, business_id, Role(role), now=utc_now())
        return payload, await database.read(lambda connection: invite_link(connection, business_id, payload))

    payload, link = with_shop(business_id, work)
    answer = {"business_id": business_id, "role": role, "invite": payload, "link": link}
    words = (
        f"An invitation to business {business_id} as {role}, for 24 hours, shown only now:\n\n  {link or payload}\n\n"
        f"{invitation_advice(link)}"
    )
    tell(answer, words, as_json=as_json)


@staff.command("list")
@options.of_business
@options.as_json
def list_(business_id: BusinessId, *, as_json: bool) -> None:
    """Show who works in a shop."""
    from loyalty_app.shops.staff import list_staff

    here = with_database(lambda database: list_staff(database, business_id))
    rows = [(one.staff_id, one.role, f"{one.created_at:%Y-%m-%d}", one.name) for one in here]
    words = table(("ID", "ROLE", "SINCE", "NAME"), rows) if here else f"Nobody works in business {business_id} yet."
    tell({"staff": [_answer(one) for one in here]}, words, as_json=as_json)


@staff.command()
@options.of_business
@click.option(
    "--staff",
    "staff_id",
    type=options.NUMBER,
    metavar="ID",
    required=True,
    help="The number of the person; `loyalty staff list` shows it.",
)
@options.as_json
def remove(business_id: BusinessId, staff_id: int, *, as_json: bool) -> None:
    """Take somebody off the staff, at once. The last owner stays."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.staff import remove_staff

    gone = with_shop(business_id, lambda database: remove_staff(database, business_id, staff_id, now=utc_now()))
    tell(_answer(gone), f"{gone.name} does not work in business {business_id} any more.", as_json=as_json)


def _answer(one: "StaffMember") -> dict[str, object]:
    return {"staff_id": one.staff_id, "name": one.name, "role": one.role, "created_at": one.created_at}
