"""The command `loyalty` in a folder of its own: in this process, which is quick, or in one of its own, as people do.

In this process nothing of the command stays: folder, variables, output and logging are the test's again afterwards.
What concerns the process itself (signals, servers, encodings, a cold start) runs in a separate one.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loyalty_app.settings import Settings
from testkit.console_in_process import run_here

COMMAND = [sys.executable, "-m", "loyalty_cli"]
SET_HANGUP = (
    sys.executable,
    "-S",
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGHUP, int(sys.argv[1])); os.execv(sys.argv[2], sys.argv[2:])",
)
"""Starts the command that follows, with a disposition of SIGHUP: a process inherits one that is ignored."""
GO_ON = {"serve", "api", "worker", "bot", "demo", "mcp", "listen"}
"""Commands that set signals and serve until they are stopped: always separate processes."""
A_KEY = "a key for tests, and nowhere else"
SERVING = re.compile(r"Serving (?P<url>https?://[^\s/]+)/v1")
CAFE = ("--name", "Café Zoë", "--reward", "A free coffee")

Ended = subprocess.CompletedProcess[str]
Process = subprocess.Popen[str]


class Console:
    """A terminal in a folder. It has none of this test run's LOYALTY_ variables, only given ones."""

    def __init__(
        self, folder: Path, settings: Settings | None = None, *, hangup: signal.Handlers = signal.SIG_DFL
    ) -> None:
        """`hangup` is what SIGHUP does to long-running commands, however the tests themselves were started."""
        self.folder, self.hangup = folder, hangup
        self.environment = {name: text for name, text in os.environ.items() if not name.startswith("LOYALTY_")}
        if settings is not None:
            self.environment["LOYALTY_DATABASE_URL"] = settings.database_url
            if not settings.on_sqlite:
                self.environment["LOYALTY_SECRET_KEY"] = A_KEY

    def run(self, *words: str, **variables: str) -> Ended:
        """Run a command that ends by itself, in this process unless it is one that serves."""
        if GO_ON & set(words):
            return self.run_process(*words, **variables)
        return run_here(words, folder=self.folder, environment={**self.environment, **variables})

    def run_process(self, *words: str, **variables: str) -> Ended:
        """Run the same in a separate process."""
        return subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env={**self.environment, **variables},
            check=False,
            capture_output=True,
            text=True,
        )

    def ask(self, *words: str) -> dict[str, Any]:
        """The one JSON object that a command prints if it works."""
        return answer_of(self.run(*words, "--json"))

    def ask_process(self, *words: str) -> dict[str, Any]:
        """The same from a separate process."""
        return answer_of(self.run_process(*words, "--json"))

    @contextmanager
    def start(self, *words: str, **variables: str) -> Iterator[Process]:
        """Start a long-running command; it is killed at the end if it still runs."""
        with subprocess.Popen(
            [*SET_HANGUP, str(int(self.hangup)), *COMMAND, *words],
            cwd=self.folder,
            env={**self.environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    @contextmanager
    def serve(self, *words: str, **variables: str) -> Iterator[tuple[Process, str]]:
        """Start a server; gives the process and its URL once it serves."""
        with self.start(*words, "--port", "0", **variables) as process:
            assert process.stderr is not None
            for line in process.stderr:
                if (up := SERVING.search(line)) is not None:
                    yield process, up["url"]
                    return
            raise AssertionError("it did not start")


def answer_of(ended: Ended) -> dict[str, Any]:
    """The one JSON object that a command printed."""
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("\n") == 1
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def refused(ended: Ended, code: int) -> str:
    """The one line with which a command refused."""
    assert (ended.returncode, ended.stdout) == (code, "")
    line = ended.stderr.rstrip("\n")
    assert "\n" not in line
    assert line.startswith("Error: ")
    return line
