"""Staff cards: what staff see of each card of a customer, in a shop with several programs. Nothing is written here."""

import msgspec
from sqlalchemy import Connection, select

from loyalty_app.customers.lists import find_customer
from loyalty_app.db.tables import transaction
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.further_programs import with_cards
from loyalty_app.shops.programs import program_of
from loyalty_app.shops.several_programs import programs_in_use
from loyalty_core.customers import Card, Customer
from loyalty_core.fields import CustomerId
from loyalty_core.ledger import Gift
from loyalty_core.programs import Program, running_goal
from loyalty_core.views import program_named, program_number


class StaffCard(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a program at the counter: stamps out of `goal`. A program without a title is called as the shop."""

    program_number: int
    title: str
    stamps: int
    goal: int


def cards_in_use(customer: Customer, main: Program) -> tuple[StaffCard, ...]:
    """A card for each program that can be stamped, the main one's first; none if it is the only one."""
    in_use = programs_in_use(main)
    return tuple(staff_card(customer, program) for program in in_use) if len(in_use) > 1 else ()


def has_several(connection: Connection, business: Business) -> bool:
    """Whether a shop has several programs that can be stamped."""
    return len(programs_in_use(program_of(connection, business))) > 1


def staff_card(customer: Customer, program: Program) -> StaffCard:
    """The card of a program; an empty one if there is none yet."""
    card = customer.card_of(program.id) or Card()
    return StaffCard(
        program_number=program_number(customer.business_id, program.id),
        title=program.title or program.name,
        stamps=card.current_stamps,
        goal=running_goal(card, program),
    )


def with_card_of(
    connection: Connection, business: Business, customers: list[Customer], number: int | None
) -> list[Customer]:
    """Customers of a shop with the card of the program of that number at hand, else with that of the main one."""
    if not business.programs_version:
        return customers
    main = program_of(connection, business)
    wanted = None if number is None else main.turned_to(program_named(business.id, number))
    return [one.turned_to((wanted or main).id) for one in with_cards(connection, customers)]


def card_of_entry(
    connection: Connection, business: Business, customer_id: CustomerId, transaction_id: int
) -> StaffCard | None:
    """The card that an entry of the ledger is about, as it is now; None in a shop that never had several programs.

    Raises CustomerNotFound.
    """
    if not business.programs_version:
        return None
    program_id = program_named(business.id, program_of_entry(connection, business, transaction_id))
    customer, main = find_customer(connection, business.id, customer_id), program_of(connection, business)
    return staff_card(customer, main.turned_to(program_id) or main) if main.others else None


def program_of_entry(connection: Connection, business: Business, transaction_id: int) -> int:
    """The number of the program to whose card an entry of the ledger belongs."""
    own = (transaction.c.business_id == business.id, transaction.c.id == transaction_id)
    return program_number(business.id, connection.execute(select(transaction.c.program_id).where(*own)).scalar())


def opening_with(connection: Connection, business: Business, transaction_id: int) -> int:
    """The stamps of the head start that came along with a stamp: 0 unless that stamp made the card."""
    own, columns = transaction.c.business_id == business.id, transaction.c
    stamp = connection.execute(select(transaction).where(own, columns.id == transaction_id)).one()
    together = (columns.customer_id == stamp.customer_id, columns.occurred_at == stamp.occurred_at)
    gift = select(columns.stamps).where(own, *together, columns.occasion == Gift.HEAD_START.value)
    same = columns.program_id.is_not_distinct_from(stamp.program_id)
    return connection.execute(gift.where(same)).scalar() or 0
