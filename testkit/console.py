"""The command `loyalty` in a folder of its own: in this process, which is quick, or in one of its own, as people do.

In this process nothing of the command stays: folder, variables, output and logging are the test's again afterwards.
What concerns the process itself (signals, servers, encodings) runs in a separate one. That starts warm, forked from a
process that has imported everything, unless a test is about the start itself: then its console is cold.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loyalty_app.settings import Settings
from testkit.console_in_process import run_here
from testkit.warm_process import Order, Process, started

PACKAGE = "loyalty_cli"
GO_ON = {"serve", "api", "worker", "bot", "demo", "mcp", "listen"}
"""Commands that set signals and serve until they are stopped: always separate processes."""
A_KEY = "a key for tests, and nowhere else"
SERVING = re.compile(r"Serving (?P<url>https?://[^\s/]+)/v1")
CAFE = ("--name", "Café Zoë", "--reward", "A free coffee")

Ended = subprocess.CompletedProcess[str]


class Console:
    """A terminal in a folder. It has none of this test run's LOYALTY_ variables, only given ones."""

    def __init__(
        self,
        folder: Path,
        settings: Settings | None = None,
        *,
        hangup: signal.Handlers = signal.SIG_DFL,
        cold: bool = False,
    ) -> None:
        """`hangup` is what SIGHUP does to long-running commands, however the tests themselves were started.

        Processes of a cold console are new Pythons.
        """
        self.folder, self.hangup, self.cold = folder, hangup, cold
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
        with self._process(words, variables) as process:
            said = process.communicate()
        assert process.returncode is not None
        return subprocess.CompletedProcess(words, process.returncode, *said)

    def ask(self, *words: str) -> dict[str, Any]:
        """The one JSON object that a command prints if it works."""
        return answer_of(self.run(*words, "--json"))

    def ask_process(self, *words: str) -> dict[str, Any]:
        """The same from a separate process."""
        return answer_of(self.run_process(*words, "--json"))

    @contextmanager
    def start(self, *words: str, **variables: str) -> Iterator[Process]:
        """Start a long-running command; it is killed at the end if it still runs."""
        with self._process(words, variables) as process:
            try:
                yield process
            finally:
                process.kill()

    def _process(self, words: tuple[str, ...], variables: dict[str, str]) -> Process:
        order = Order(PACKAGE, words, str(self.folder), {**self.environment, **variables}, int(self.hangup))
        return started(order, cold=self.cold)

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
