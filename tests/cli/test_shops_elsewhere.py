"""Commands that change a shop, where it has moved away or is being deleted: they say so, and what to do."""

from pathlib import Path

import click

from loyalty_app.db.engine import Database
from loyalty_app.moving import departures
from loyalty_app.settings import Settings
from loyalty_cli import loyalty
from testkit.builders import NOON
from testkit.console import Console, refused
from testkit.half_deleted import begin_deleting
from testkit.shop import Shop
from tests.cli.test_failures import commands

CHANGES = {
    ("business", "set-plan"): ("--plan", "basic"),
    ("business", "rename"): ("--name", "New"),
    ("business", "set-timezone"): ("--timezone", "Europe/Paris"),
    ("business", "set-country"): ("--country", "FR"),
    ("business", "set-card-codes"): ("--codes", "rotating_all"),
    ("business", "set-joining"): ("--page",),
    ("business", "set-bot"): ("--remove",),
    ("program", "add"): ("--title", "Salads", "--reward", "A salad"),
    ("program", "archive"): ("1",),
    ("program", "make-main"): ("1",),
    ("branch", "add"): ("--name", "Harbour"),
    ("branch", "rename"): ("1", "--name", "Port"),
    ("branch", "close"): ("1",),
    ("branch", "reopen"): ("1",),
    ("staff", "invite"): (),
    ("staff", "remove"): ("--staff", "1"),
    ("customers", "import"): ("guests.csv", "--dry-run"),
    ("key", "create"): ("--name", "Till", "--test"),
    ("key", "revoke"): ("1",),
    ("key", "wipe-test"): (),
}
OTHERS = {
    *(("business", name) for name in ("delete", "poster")),
    *(("customers", name) for name in ("export", "show-data", "erase", "renew-search")),
    *((group, "list") for group in ("program", "branch", "staff", "key")),
    *(("deliveries", name) for name in ("pause", "resume")),
    ("export",),
    ("move",),
}
"""They read, have a refusal of their own, or may be used in such a shop."""
BEING_DELETED = "1 is being deleted, and `loyalty business delete --business 1` finishes that."


def _takes_a_shop(words: tuple[str, ...]) -> bool:
    command: click.Command = loyalty
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    return any("--business" in option.opts for option in command.params)


def _told(console: Console) -> set[str]:
    """What all commands of CHANGES say of shop 1."""
    (console.folder / "guests.csv").write_text("name\nAna\n", encoding="utf-8")
    return {refused(console.run(*words, *more, "--business", "1"), 2) for words, more in CHANGES.items()}


def _exported(console: Console) -> tuple[set[str], set[str]]:
    """What exports of shop 1 say, and the files that they leave."""
    exports = (("export", "all"), ("customers", "export", "guests.csv"), ("customers", "export"))
    told = {refused(console.run(*words, "--business", "1"), 2) for words in exports}
    return told, {path.name for path in console.folder.iterdir()} & {"all", "guests.csv"}


def test_each_command_that_takes_a_shop_is_tried_here_or_is_among_the_others() -> None:
    assert {words for words in commands(loyalty) if _takes_a_shop(words)} == {*CHANGES, *OTHERS}


async def test_no_command_changes_a_shop_that_is_being_deleted_and_each_says_what_finishes_that(
    tmp_path: Path, settings: Settings, shop: Shop
) -> None:
    await shop.join("Lena")
    await begin_deleting(shop.database, shop.business.id)

    told = _told(Console(tmp_path, settings))

    assert told == {f"Error: Invalid value for --business: {BEING_DELETED}"}


async def test_what_is_left_of_a_shop_that_is_being_deleted_is_not_written_out_as_if_it_were_all(
    tmp_path: Path, settings: Settings, shop: Shop
) -> None:
    await shop.join("Lena")
    await begin_deleting(shop.database, shop.business.id)

    told, files = _exported(Console(tmp_path, settings))

    assert (told, files) == ({f"Error: Invalid value for --business: {BEING_DELETED}"}, set())


async def test_no_command_changes_a_shop_that_has_moved_away_and_each_says_where_to_give_it(
    tmp_path: Path, settings: Settings, shop: Shop, database: Database
) -> None:
    await shop.join("Lena")
    await departures.hold(database, [1])
    await departures.close_shops(database, [1], place="https://two.example.com", now=NOON)

    told = _told(Console(tmp_path, settings))

    said = "1 has moved to https://two.example.com: give the command there."
    assert told == {f"Error: Invalid value for --business: {said}"}
