"""Keys: API keys (`loyalty key create | list | revoke | wipe-test`), and that of all secrets (`rotate-secret-key`)."""

from typing import TYPE_CHECKING

import click

from loyalty_app.settings import read_settings
from loyalty_cli import options
from loyalty_cli.database import with_database, with_shop
from loyalty_cli.groups import OrderedGroup
from loyalty_cli.output import counted, table, tell
from loyalty_core.access import PREFIX, Scope

if TYPE_CHECKING:
    from loyalty_app.db.engine import Database
    from loyalty_app.shops.api_keys import KeyInfo
    from loyalty_app.vault.rotation import KeyRotation

SCOPES = ", ".join(Scope)


class ScopesParam(click.ParamType[tuple[Scope, ...]]):
    """Scopes, with commas between them."""

    name = "scopes"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Scope, ...]:
        """Look the scopes up by their names."""
        if value == "all":
            return tuple(Scope)
        names = [name.strip() for name in str(value).split(",") if name.strip()]
        unknown = [name for name in names if name not in set(Scope)]
        if unknown or not names:
            self.fail(f"{', '.join(unknown) or 'nothing'} is no scope; the scopes are {SCOPES}", param, ctx)
        return tuple(Scope(name) for name in names)


@click.group(cls=OrderedGroup)
def key() -> None:
    """API keys: make them, list them, close them."""


@key.command()
@options.of_business
@click.option("--name", type=options.TEXT, required=True, help='Who or what uses it, as "Till at the door".')
@click.option(
    "--scopes",
    type=ScopesParam(),
    default="all",
    show_default=True,
    metavar="A,B",
    help=f"What it may do, with commas between: {SCOPES}.",
)
@click.option(
    "--test", is_flag=True, help="A test key: what it writes is kept apart, nobody is told, and it can be wiped."
)
@options.as_json
def create(business_id: int, name: str, *, scopes: tuple[Scope, ...], test: bool, as_json: bool) -> None:
    """Make a key. It is shown now and never again."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.api_keys import create_key
    from loyalty_app.shops.twins import create_test_key

    make, kind = (create_test_key, "Test key") if test else (create_key, "Key")
    shown = with_shop(
        business_id, lambda database: make(database, business_id, now=utc_now(), name=name, scopes=scopes)
    )
    words = f"{kind} {shown.key_id} of business {business_id}, shown only now:\n\n  {shown.api_key}"
    tell({"key_id": shown.key_id, "api_key": shown.api_key, "test": test}, words, as_json=as_json)


@key.command("list")
@options.of_business
@options.as_json
def list_(business_id: int, *, as_json: bool) -> None:
    """Show the keys of a shop, test keys too; of each key only its beginning."""
    keys = with_database(lambda database: _all_keys(database, business_id))
    rows = [
        (
            one.key_id,
            f"{PREFIX}{one.public_id}…",
            "test" if test else "real",
            _state(one),
            _used(one),
            _scope_words(one),
            one.name,
        )
        for one, test in keys
    ]
    head = ("ID", "BEGINS WITH", "KIND", "STATE", "LAST USED (UTC)", "SCOPES", "NAME")
    words = table(head, rows) if keys else f"Business {business_id} has no key."
    tell({"keys": [{**_answer(one), "test": test} for one, test in keys]}, words, as_json=as_json)


async def _all_keys(database: "Database", business_id: int) -> "list[tuple[KeyInfo, bool]]":
    """The keys of a shop and its test keys, each with whether it is one."""
    from loyalty_app.shops.api_keys import list_keys
    from loyalty_app.shops.twins import list_test_keys

    real, tests = await list_keys(database, business_id), await list_test_keys(database, business_id)
    return [*((one, False) for one in real), *((one, True) for one in tests)]


@key.command("wipe-test")
@options.of_business
@options.as_json
def wipe_test(business_id: int, *, as_json: bool) -> None:
    """Delete all that the test keys of a shop have written: customers, cards, events, deliveries, figures.

    The keys, their webhooks and their program stay. Servers go on meanwhile. Nothing of the shop itself is touched.
    """
    from loyalty_app.shops.twins import wipe_test_data

    done = with_shop(business_id, lambda database: wipe_test_data(database, business_id))
    rows = counted(sum(done.rows.values()), "row")
    left = f" {counted(done.left, 'row')} came meanwhile, and stay." if done.left else ""
    tell(done, f"Deleted {rows} of the test keys of business {business_id}.{left}", as_json=as_json)


@key.command()
@options.of_business
@click.argument("key_id", type=options.NUMBER)
@options.as_json
def revoke(business_id: int, key_id: int, *, as_json: bool) -> None:
    """Close the key with the number KEY_ID for ever, within a second. `loyalty key list` shows the numbers."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.api_keys import revoke_key

    closed = with_shop(business_id, lambda database: revoke_key(database, business_id, key_id, now=utc_now()))
    tell(_answer(closed), f"Key {closed.key_id}, {closed.name}, opens nothing any more.", as_json=as_json)


@key.command("rotate-secret-key")
@click.option(
    "--old-key-is-lost",
    "lost",
    is_flag=True,
    help="Go on although neither key is that of the database; secrets that cannot be read have to be made again.",
)
@options.as_json
def rotate_secret_key(*, lost: bool, as_json: bool) -> None:
    """Encrypt all stored secrets again with a new LOYALTY_SECRET_KEY.

    Set the new key as LOYALTY_SECRET_KEY and the old one as LOYALTY_SECRET_KEY_OLD, for all processes, and restart
    them. Then run this; servers go on meanwhile. It may be stopped and run again. Afterwards remove the old key.
    """
    from loyalty_app.vault.fingerprint import kept_fingerprint
    from loyalty_app.vault.keys import open_vault
    from loyalty_app.vault.rotation import KeyRotation
    from loyalty_app.vault.rotation import rotate_secret_key as rotate

    async def work(database: "Database") -> KeyRotation:
        kept = await database.read(kept_fingerprint)
        return await rotate(database, open_vault(read_settings()), kept=kept, lost=lost)

    done = with_database(work)
    tell(done, _rotated_words(done), as_json=as_json)


def _rotated_words(done: "KeyRotation") -> str:
    lines = [f"Encrypted {counted(done.changed, 'secret')} again. LOYALTY_SECRET_KEY is the key of this database now."]
    if done.unreadable:
        lines.append("No key reads the secrets of these. Rotate the webhooks, and set the bots again:")
        lines += [f"  {one}" for one in done.unreadable]
    else:
        lines.append("Remove LOYALTY_SECRET_KEY_OLD, and restart the servers.")
    return "\n".join(lines)


def _state(one: "KeyInfo") -> str:
    return "revoked" if one.revoked_at else "works"


def _used(one: "KeyInfo") -> str | None:
    return f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else None


def _scope_words(one: "KeyInfo") -> str:
    return "all" if one.scopes == set(Scope) else ",".join(sorted(one.scopes))


def _answer(one: "KeyInfo") -> dict[str, object]:
    return {
        "key_id": one.key_id,
        "name": one.name,
        "begins_with": PREFIX + one.public_id,
        "scopes": sorted(one.scopes),
        "created_at": one.created_at,
        "last_used_at": one.last_used_at,
        "revoked_at": one.revoked_at,
    }
