"""The desk: an owner's or a manager's shop, on a phone and on a large screen, at `/app/<bot>/shop`.

    sections.py   the table of sections: add one there, and its module below
    frame.py      who is there, in which shop, and how a section is shown
    forms.py      what is sent, and what is refused, in sentences
    entry.py      the way in: the list of shops, and what is shown to those who are not signed in
    figures.py, ledger.py, customers.py, customer_card.py, rewards.py: a section each
    programs.py, program.py, program_fields.py, program_form.py  the programs, and the terms of one
    merging.py    two cards of one person become one, and two again
    flags.py      entries that may be worth a look, and what is flagged
    gifts.py, gift_fields.py  what is given for an occasion
    staff.py, staff_lines.py  people and invitations
    branches.py   where the shop is
    access.py, access_lines.py  API keys
    webhooks.py, endpoint.py, endpoint_lines.py  webhooks, and what was sent to each
    look.py       how cards and posters look; exporting.py: files to take along
    importing.py, import_texts.py: lists of customers that are uploaded, tried and imported
    passkeys.py   the person's own passkeys

Nothing is decided here that the chat and the API do not decide: rights, rules and writes are those of `loyalty_app`.
"""

from litestar import Router

from api.pages.desk import (
    access,
    branches,
    customer_card,
    customers,
    endpoint,
    entry,
    exporting,
    figures,
    flags,
    gifts,
    importing,
    ledger,
    look,
    merging,
    passkeys,
    program,
    programs,
    rewards,
    staff,
    webhooks,
)

DESK = Router(
    "/{bot:str}/shop",
    route_handlers=[
        *entry.HANDLERS,
        *figures.HANDLERS,
        *ledger.HANDLERS,
        *flags.HANDLERS,
        *customers.HANDLERS,
        *customer_card.HANDLERS,
        *merging.HANDLERS,
        *rewards.HANDLERS,
        *programs.HANDLERS,
        *program.HANDLERS,
        *gifts.HANDLERS,
        *staff.HANDLERS,
        *branches.HANDLERS,
        *access.HANDLERS,
        *passkeys.HANDLERS,
        *webhooks.HANDLERS,
        *endpoint.HANDLERS,
        *look.HANDLERS,
        *importing.HANDLERS,
        *exporting.HANDLERS,
    ],
    exception_handlers=entry.EXCEPTION_HANDLERS,
)
