"""The sections of the desk, in the order of its navigation. A section is one module of this folder and one template.

To add one: a line here, its module with HANDLERS in the list of `__init__`, and a template in `templates/desk`.
"""

import msgspec

from loyalty_app.words import N_
from loyalty_core.access import Role


class Section(msgspec.Struct, frozen=True):
    """A part of the desk: the end of its address, its name, and the lowest role that sees it, as in the chat."""

    path: str
    label: str
    role: Role = Role.MANAGER


FIGURES = Section("figures", N_("Figures"))
LEDGER = Section("ledger", N_("Ledger"))
CUSTOMERS = Section("customers", N_("Customers"))
REWARDS = Section("rewards", N_("Rewards"))
FLAGS = Section("flags", N_("Worth a look"), Role.OWNER)
PROGRAMS = Section("programs", N_("Programs"), Role.OWNER)
GIFTS = Section("gifts", N_("Gifts"), Role.OWNER)
STAFF = Section("staff", N_("Staff"))
BRANCHES = Section("branches", N_("Branches"))
ACCESS = Section("access", N_("API access"), Role.OWNER)
WEBHOOKS = Section("webhooks", N_("Webhooks"), Role.OWNER)
LOOK = Section("look", N_("Look"))
IMPORT = Section("import", N_("Import"), Role.OWNER)
EXPORT = Section("export", N_("Export"), Role.OWNER)
SIGNING_IN = Section("passkeys", N_("Signing in"))

SECTIONS = (
    *(FIGURES, LEDGER, FLAGS, CUSTOMERS, REWARDS, PROGRAMS, GIFTS),
    *(STAFF, BRANCHES, LOOK, ACCESS, WEBHOOKS, IMPORT, EXPORT, SIGNING_IN),
)
