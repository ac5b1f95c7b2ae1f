"""Following a document: a terminal in a scratch folder, in which what a document shows is typed line by line.

Lines run in a real bash, one after the other; variables and the folder stay from line to line. A command that goes on
(a server) is waited for until it says that it is up, and ended with the terminal. What stands for something else in a
document (an address, a key, an id) is filled in from what the commands before have said.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from testkit.console import PACKAGE
from testkit.warm_process import RELAY, can_be_warm, warm_place
from tests.documents import CONTINUED, ROOT

GOES_ON = ("make run", "loyalty demo", "loyalty serve", "loyalty api", "loyalty worker", "loyalty bot")
INSTEAD = {"loyalty serve": ("make run", "loyalty demo", "loyalty serve")}
"""What is stopped before something starts, because it has the same file or the same purpose."""
UP = "Ctrl-C"
PATIENCE_SECONDS = 60
PYTHON = shlex.quote(sys.executable)
COLD_PROGRAM = f'#!/bin/sh\nexec {PYTHON} -m loyalty_cli "$@"\n'
PYTHON_PROGRAM = f'#!/bin/sh\nexec {PYTHON} "$@"\n'
ACTIVATE = 'PATH="$PWD/.venv/bin:$PATH"\n'
CURL = 'silent\nshow-error\nfail-with-body\nnoproxy = "*"\n'
GIT = "[safe]\n\tdirectory = *\n"


def lines_of(text: str) -> list[str]:
    """The commands of a block, those over several lines as one."""
    whole = CONTINUED.sub("", text).splitlines()
    return [line.strip() for line in whole if line.strip() and not line.startswith("#")]


def warm_program() -> str:
    """The program, as one that starts warm."""
    words = [sys.executable, "-IS", str(RELAY), str(warm_place()), PACKAGE]
    return f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n'


def furnish(folder: Path, program: str) -> None:
    """Put into a folder what `make setup` would: the program, and what puts it on the PATH."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, text in {"loyalty": program, "python": PYTHON_PROGRAM}.items():
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    (programs / "activate").write_text(ACTIVATE, encoding="utf-8")
    (folder / ".venv" / ".service-installed").touch()


class Terminal:
    """A terminal in a folder. `said` is what all commands have said; `fill` puts real values into a line."""

    def __init__(self, folder: Path, fill: Callable[[str, str], str], *, cold: bool = False, **variables: str) -> None:
        """In a cold terminal each `loyalty` is a new Python."""
        home, self.folder = folder / "home", folder / "here"
        self.program = warm_program() if can_be_warm(os.environ) and not cold else COLD_PROGRAM
        for place in (home, self.folder):
            place.mkdir()
        (home / ".curlrc").write_text(CURL, encoding="utf-8")
        (home / ".gitconfig").write_text(GIT, encoding="utf-8")
        furnish(self.folder, self.program)
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("LOYALTY_", "MAKE", "MFLAGS"))}
        path = os.pathsep.join([str(self.folder / ".venv" / "bin"), os.environ["PATH"]])
        own = {"HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        self.environment = {**kept, **own, "LOYALTY_PORT": "0", **variables}
        self.home, self.fill, self.said = home, fill, ""
        self.going_on: dict[str, subprocess.Popen[str]] = {}

    def type(self, line: str) -> str:
        """Run a line; what it says. One that fails is an AssertionError."""
        line = self.fill(line, self.said)
        begun = next((name for name in GOES_ON if line == name or line.startswith(f"{name} ")), None)
        said = self._run(line) if begun is None else self._start(line, begun)
        self.said += said
        return said

    def _run(self, line: str) -> str:
        state = self.home / "state"
        kept = shlex.quote(str(state))
        script = f"set -e -o pipefail -a\n{line}\nenv -0 > {kept}\npwd > {kept}.folder"
        ended = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            check=False,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_SECONDS,
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        self.environment = dict(pair.split("=", 1) for pair in state.read_text("utf-8").split("\0") if pair)
        self.folder = Path(Path(f"{state}.folder").read_text("utf-8").rstrip("\n"))
        if line.startswith("git clone"):
            furnish(self.folder, self.program)
        return ended.stdout

    def _start(self, line: str, name: str) -> str:
        for other in INSTEAD.get(name, ()):
            self._stop(other)
        started = self.going_on[name] = subprocess.Popen(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        assert started.stdout is not None
        said = ""
        while UP not in said:
            more = started.stdout.readline()
            assert more, f"{line} ended: {said}"
            said += more
        return said

    def _stop(self, name: str) -> None:
        if (started := self.going_on.pop(name, None)) is not None:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGTERM)
            started.communicate(timeout=PATIENCE_SECONDS)

    def close(self) -> None:
        """End all that goes on."""
        for name in list(self.going_on):
            self._stop(name)


def last(pattern: str, said: str) -> str | None:
    """What was said last of that form; of its group, if it has one."""
    found = re.findall(pattern, said)
    return str(found[-1]) if found else None
