"""What the command says when something is wrong: one line, an exit code, and no traceback unless it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from loyalty_app.settings import Settings
from loyalty_cli import database, loyalty
from testkit.console import CAFE, Console, refused
from testkit.pretended_cluster import copies_held


@pytest.fixture
def _unexpected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that nobody here has thought of."""

    def read_settings() -> None:
        message = "what is this"
        raise TypeError(message)

    monkeypatch.setattr(database, "read_settings", read_settings)


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        yield (*names, name)


@pytest.mark.parametrize("words", list(commands(loyalty)), ids=" ".join)
def test_every_command_explains_itself_and_its_options(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(loyalty, [*words, "--help"])

    assert shown.exit_code == 0
    command: click.Command = loyalty
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    ended = Console(tmp_path, cold=True).run_process("--version")

    assert (ended.returncode, ended.stdout) == (0, "loyalty 0.1.0\n")


@pytest.mark.parametrize("words", [("nonsense",), ("--nonsense",), ("serve", "--nonsense")])
def test_what_is_no_command_and_no_option_is_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = Console(tmp_path).run(*words)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "nonsense" in ended.stderr


SHOP = ("--business", "1")


@pytest.mark.parametrize(
    "words",
    [
        *(
            ("business", "create", *CAFE, *wrong)
            for wrong in (
                ("--name", " "),
                ("--stamps-required", "0"),
                ("--reward", ""),
                ("--plan", "gold"),
                ("--timezone", "Europe/Nowhere"),
                ("--country", "Germany"),
                ("--rate-limit", "0"),
            )
        ),
        ("business", "set-plan", *SHOP, "--plan", "basic"),
        ("staff", "invite", *SHOP),
        ("staff", "invite", *SHOP, "--role", "king"),
        ("key", "create", *SHOP, "--name", "Till"),
        ("key", "create", *SHOP, "--name", "Till", "--scopes", "everything"),
        ("customers", "import", *SHOP, "nowhere.csv"),
        ("customers", "export", *SHOP, "out.csv"),
        ("branch", "add", *SHOP, "--name", " "),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_a_refused_command_makes_no_file(tmp_path: Path, words: tuple[str, ...]) -> None:
    ended = Console(tmp_path).run(*words)

    assert ended.returncode in {1, 2}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LOYALTY_PORT", "eighty"),
        ("LOYALTY_WORKERS", "3"),
        ("LOYALTY_DATABASE_URL", "mysql://here/shop"),
        ("LOYALTY_DATABASE_URL", "postgresql://me:secret@here:port/shop"),
        ("LOYALTY_DATABASE_URL", "postgresql://me:secret@here/shop?nonsense=1"),
        ("LOYALTY_DATABASE_URL", "postgresql://me:secret@here/shop?sslmode=perhaps"),
        ("LOYALTY_DATABASE_POOL_SIZE", "1"),
        ("LOYALTY_DATABASE_LOCK_SECONDS", "0"),
    ],
)
def test_a_wrong_setting_is_named_and_no_secret_is_told(tmp_path: Path, variable: str, value: str) -> None:
    message = refused(Console(tmp_path).run("serve", **{"LOYALTY_PORT": "0", variable: value}), 2)

    assert variable in message
    assert "secret" not in message


def test_settings_are_read_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOYALTY_WORKERS=0\n")

    assert "LOYALTY_WORKERS" in refused(Console(tmp_path).run("business", "list"), 2)


def test_a_database_that_does_not_answer_is_said_to_do_so(tmp_path: Path) -> None:
    ended = Console(tmp_path).run("business", "list", LOYALTY_DATABASE_URL="postgresql://127.0.0.1:1/shop")

    assert "does not answer" in refused(ended, 1)


async def test_a_machine_of_a_cluster_that_does_not_answer_is_named_with_what_to_do(
    tmp_path: Path, postgres_settings: Settings
) -> None:
    console, pause = Console(tmp_path, postgres_settings), ("deliveries", "pause", "--business", "1")
    console.ask("business", "create", *CAFE)
    async with copies_held(postgres_settings):
        ended = console.run(*pause)
    assert (ended.returncode, ended.stdout, "Traceback" in ended.stderr) == (1, "", False)
    assert "kept on every machine of the cluster" in ended.stderr
    assert "`loyalty doctor` says which" in ended.stderr
    assert console.run(*pause).returncode == 0


@pytest.mark.usefixtures("_unexpected")
def test_the_unexpected_is_one_line_with_its_name(tmp_path: Path) -> None:
    message = refused(Console(tmp_path).run("business", "list"), 1)

    assert "TypeError" in message
    assert "loyalty --debug" in message


@pytest.mark.usefixtures("_unexpected")
def test_whoever_asks_for_it_is_shown_the_traceback(tmp_path: Path) -> None:
    console = Console(tmp_path)

    asked = console.run("--debug", "business", "list")
    set_so = console.run("business", "list", LOYALTY_DEBUG="1")

    for ended in (asked, set_so):
        assert ended.returncode == 1
        assert "Traceback" in ended.stderr


def test_a_file_that_is_not_there_is_named_in_plain_words(tmp_path: Path) -> None:
    said = refused(Console(tmp_path).run("restore", "b.zip"), 1)

    assert said == "Error: b.zip: No such file or directory."
