"""A machine: one process of `loyalty api` on a port that stays its own, of this tree or of an older one."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.server_process import PATIENCE_SECONDS, ROOT, await_ready
from bench.shops import SECRET_KEY
from testkit.servers import free_port


class Machine:
    """A process that can be started, killed and ended. What it says is in a file of the folder."""

    def __init__(self, name: str, folder: Path, urls: Mapping[str, str]) -> None:
        self.port = free_port()
        self._log = folder / f"{name}.log"
        self._environment = environment_of(urls)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, tree: Path = ROOT) -> None:
        """Start it from a tree, and wait until it is ready."""
        command = [sys.executable, "-m", "loyalty_cli", "api", "--port", str(self.port)]
        with self._log.open("ab") as log:
            environment = {**self._environment, "PYTHONPATH": str(tree)}
            self._process = subprocess.Popen(command, env=environment, cwd=tree, stdout=log, stderr=log)  # noqa: S603
        await_ready(self._process, f"http://127.0.0.1:{self.port}/health/ready")

    def end(self) -> None:
        """Let it finish what it has accepted, and end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a machine that loses its power."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None


def command(tree: Path, urls: Mapping[str, str], words: Sequence[str]) -> str:
    """What a command of `loyalty` of that tree prints. Raises CalledProcessError."""
    environment = {**environment_of(urls), "PYTHONPATH": str(tree)}
    whole = [sys.executable, "-m", "loyalty_cli", *words]
    return subprocess.run(whole, env=environment, cwd=tree, check=True, capture_output=True, text=True).stdout  # noqa: S603


def environment_of(urls: Mapping[str, str]) -> dict[str, str]:
    """The variables of a machine, without what the one who measures has set for a shop of theirs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LOYALTY_")}
    return {**kept, "LOYALTY_SECRET_KEY": SECRET_KEY, **urls}
