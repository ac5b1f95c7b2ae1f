"""Keys: API keys (`loyalty key create | list | revoke`), and the one of all secrets (`rotate-secret-key`)."""

from typing import TYPE_CHECKING

import click

from loyalty_app.settings import read_settings
from loyalty_cli import options
from loyalty_cli.database import with_database
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
@options.as_json
def create(business_id: int, name: str, *, scopes: tuple[Scope, ...], as_json: bool) -> None:
    """Make a key. It is shown now and never again."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.api_keys import create_key

    shown = with_database(lambda database: create_key(database, business_id, now=utc_now(), name=name, scopes=scopes))
    words = f"Key {shown.key_id} of business {business_id}, shown only now:\n\n  {shown.api_key}"
    tell(shown, words, as_json=as_json)


@key.command("list")
@options.of_business
@options.as_json
def list_(business_id: int, *, as_json: bool) -> None:
    """Show the keys of a shop; of each key only its beginning."""
    from loyalty_app.shops.api_keys import list_keys

    keys = with_database(lambda database: list_keys(database, business_id))
    rows = [
        (one.key_id, f"{PREFIX}{one.public_id}…", _state(one), _used(one), _scope_words(one), one.name) for one in keys
    ]
    head = ("ID", "BEGINS WITH", "STATE", "LAST USED (UTC)", "SCOPES", "NAME")
    words = table(head, rows) if keys else f"Business {business_id} has no key."
    tell({"keys": [_answer(one) for one in keys]}, words, as_json=as_json)


@key.command()
@options.of_business
@click.argument("key_id", type=options.NUMBER)
@options.as_json
def revoke(business_id: int, key_id: int, *, as_json: bool) -> None:
    """Close the key with the number KEY_ID for ever, within a second. `loyalty key list` shows the numbers."""
    from loyalty_app.clock import utc_now
    from loyalty_app.shops.api_keys import revoke_key

    closed = with_database(lambda database: revoke_key(database, business_id, key_id, now=utc_now()))
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
