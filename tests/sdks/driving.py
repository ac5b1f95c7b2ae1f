"""Drivers: each SDK in a process of its own language, asked in JSON, so that one test speaks to all of them alike.

{"open": base_url, "key": api_key, "options": {...}}          a client
{"call": "customers.stamp", "subject": ..., "given": {...}}   {"answer": ...} or {"error": {"class": ...}}
With "shown": true, the answer is what a dump of it shows.
A value {"time": text} is given as a time of the language.
{"many": [calls]}                                             at once, where the language can
{"page": "customers", "given": {...}, "cursor": ...}          one page
{"verify": body, "headers": {...}, "secret": ..., "now": ...} a webhook
{"offline": path, "add": customer, ...}, {"offline": path}    keep a stamp; send what waits
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from testkit.servers import Missing

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
SDKS, DRIVERS = ROOT / "sdks", Path(__file__).parent / "drivers"


class Language(NamedTuple):
    """How a driver is started, and what tells that it can be."""

    command: tuple[str, ...]
    probe: tuple[str, ...]
    path: str = ""


LANGUAGES = {
    "Python": Language((sys.executable, str(DRIVERS / "driver.py")), (sys.executable, "-c", ""), str(SDKS / "python")),
    "Python with asyncio": Language(
        (sys.executable, str(DRIVERS / "driver.py"), "async"),
        (sys.executable, "-c", "import aiohttp"),
        str(SDKS / "python"),
    ),
    "Node": Language(
        ("node", str(DRIVERS / "driver.mjs"), str(SDKS / "node" / "index.js")), ("node", "-e", "fetch; URL.canParse")
    ),
    "PHP": Language(
        ("php", str(DRIVERS / "driver.php"), str(SDKS / "php" / "autoload.php")), ("php", "-r", "curl_init();")
    ),
}


def can_run(name: str) -> str:
    """The language, if it can be run here. Raises Missing."""
    probe = LANGUAGES[name].probe
    if shutil.which(probe[0]) is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        wanted = "Install it, for PHP with its curl: `apt-get install php-cli php-curl`"
        message = f"`{' '.join(probe)}` does not work. {wanted}"
        raise Missing(message)
    return name


class Driver:
    """An SDK that does what it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **asked: Any) -> Json:  # noqa: ANN401 - any JSON
        """One request, and what came of it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the driver has ended"
        told: Json = json.loads(line)
        return told

    def open(self, url: str, key: str, **options: object) -> str:
        """Make a client; gives what a dump of it shows."""
        return str(given(self.ask(open=url, key=key, options=options)))

    def call(self, operation: str, /, *subject: object, **values: object) -> Any:  # noqa: ANN401 - any JSON
        """The answer of a method."""
        return given(self.ask(**asked_for(operation, *subject, **values)))

    def refused(self, operation: str, /, *subject: object, **values: object) -> Json:
        """The error of a method."""
        told = self.ask(**asked_for(operation, *subject, **values))
        assert "error" in told, told
        error: Json = told["error"]
        return error


def asked_for(operation: str, /, *subject: object, **values: object) -> Json:
    """A call as a driver understands it."""
    return {"call": operation, "given": values} | ({"subject": subject[0]} if subject else {})


def given(told: Json) -> Any:  # noqa: ANN401 - any JSON
    """What was answered."""
    assert "answer" in told, told
    return told["answer"]


@contextmanager
def driving(name: str) -> Iterator[Driver]:
    """Start a driver."""
    language = LANGUAGES[name]
    environment = {**os.environ, "PYTHONPATH": language.path} if language.path else dict(os.environ)
    pipes: Json = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(language.command, env=environment, **pipes) as process:
        try:
            yield Driver(process)
        finally:
            process.kill()
