"""A browser: a real Chromium, spoken to in its DevTools protocol through two pipes, so that no port is opened.

`open_browser()` starts one, `browser.open(url)` gives a page. What is on a page is asked in JavaScript.
"""

import asyncio
import base64
import itertools
import json
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from testkit import servers

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--no-proxy-server", "--remote-debugging-pipe"),
    "--force-prefers-no-reduced-motion",
)
# The browser reads its file 3 and writes its file 4; the shell puts our pipes there.
WITH_PIPES = 'exec "$0" "$@" 3</dev/fd/{} 4>/dev/fd/{}'
PATIENCE_SECONDS = 20
LONGEST_MESSAGE = 64 * 1024 * 1024

Json = dict[str, Any]


def find_chromium() -> str:
    """Find a Chromium on PATH. Raises Missing."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    message = "no chromium on PATH. Install one, as `apt-get install chromium`."
    raise servers.Missing(message)


class Browser:
    """A running Chromium. Commands are numbered; answers come when they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.numbers = itertools.count(1)
        self.asked: dict[int, asyncio.Future[Json]] = {}
        self.pages: dict[str, Page] = {}

    async def call(self, method: str, session: str | None = None, **params: object) -> Json:
        """Ask for something and give the answer; a refusal is an AssertionError."""
        number = next(self.numbers)
        self.asked[number] = asyncio.get_running_loop().create_future()
        command = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        self.writer.write(json.dumps(command).encode() + b"\0")
        answer = await asyncio.wait_for(self.asked[number], PATIENCE_SECONDS)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: Json = answer["result"]
        return result

    async def listen(self) -> None:
        """Hand out answers, and tell pages what happened on them, until the browser is gone."""
        with suppress(asyncio.IncompleteReadError):
            while True:
                said = json.loads((await self.reader.readuntil(b"\0"))[:-1])
                if "id" in said:
                    self.settle(said)
                elif said.get("sessionId") in self.pages:
                    self.pages[said["sessionId"]].heard(said["method"], said["params"])

    def settle(self, answer: Json) -> None:
        """Give an answer to whoever still waits for it."""
        asked = self.asked.pop(answer["id"])
        if not asked.done():
            asked.set_result(answer)

    async def open(self, url: str, *, width: int = 1400, height: int = 900, dark: bool = False) -> "Page":
        """Open a page in a window of that size, and wait until it is loaded."""
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        session = (await self.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        page = self.pages[session] = Page(self, target, session)
        for domain in ("Page", "Runtime", "Log"):
            await page.call(f"{domain}.enable")
        await page.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await page.call("Emulation.setEmulatedMedia", features=[scheme])
        await page.call("Page.navigate", url=url)
        await page.until("document.readyState === 'complete' && location.href !== 'about:blank'")
        return page


class Page:
    """A page. `problems` are the errors and warnings of its console."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self.browser, self.target, self.session = browser, target, session
        self.problems: list[str] = []

    async def call(self, method: str, **params: object) -> Json:
        """Ask for something on this page."""
        return await self.browser.call(method, self.session, **params)

    def heard(self, method: str, params: Json) -> None:
        """Keep what went wrong."""
        if method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning", "assert"}:
            self.problems.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.problems.append(json.dumps(params["entry"]))

    async def resize(self, width: int, height: int) -> None:
        """Make the window as large as that, in pixels; narrow ones are phones."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **size)

    async def ask(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """Evaluate JavaScript; promises are awaited."""
        answer = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, script: str) -> Any:  # noqa: ANN401 - whatever the script gives
        """Wait in the page until an expression is true, and give what it is then."""
        try:
            return await self.ask(
                f"new Promise((so) => {{ const look = () => {{ const it = ({script});"
                " if (it) so(it); else setTimeout(look, 10); }; look(); })"
            )
        except TimeoutError as error:
            screen = await self.ask("document.body.innerText")
            message = f"Never came true: {script}\nThe page says:\n{screen}\n{self.problems}"
            raise AssertionError(message) from error

    async def click(self, element: str) -> None:
        """Press the mouse where an element, given in JavaScript, comes to rest."""
        spot = await self.until(
            f"((it) => {{ const box = it?.getBoundingClientRect(); if (!box?.width) return null;"
            " const at = {x: box.x + box.width / 2, y: box.y + box.height / 2, button: 'left', clickCount: 1};"
            " const moves = document.getAnimations().some(({effect, playState}) =>"
            " playState === 'running' && effect.target.contains(it));"
            " return !moves && it.contains(document.elementFromPoint(at.x, at.y)) && at; })"
            f"({element})"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, **spot)

    async def write(self, text: str) -> None:
        """Type a text where the cursor is, and press Enter."""
        await self.call("Input.insertText", text=text)
        for kind in ("keyDown", "keyUp"):
            enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
            await self.call("Input.dispatchKeyEvent", type=kind, **enter)

    async def close(self) -> None:
        """Close the page."""
        await self.browser.call("Target.closeTarget", targetId=self.target)

    async def picture(self) -> bytes:
        """What the page looks like, as a PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot", format="png"))["data"])


@asynccontextmanager
async def open_browser(program: str, home: Path) -> AsyncIterator[Browser]:
    """Start a Chromium that keeps its things in the home, and end it afterwards."""
    (to_browser, ours_out), (ours_in, from_browser) = os.pipe(), os.pipe()
    command = ("sh", "-c", WITH_PIPES.format(to_browser, from_browser), program, *FLAGS, f"--user-data-dir={home}")
    process = await asyncio.create_subprocess_exec(
        *command, pass_fds=(to_browser, from_browser), stdout=DEVNULL, stderr=DEVNULL
    )
    os.close(to_browser)
    os.close(from_browser)
    browser = await connected(ours_in, ours_out)
    listening = asyncio.create_task(browser.listen())
    try:
        yield browser
    finally:
        with suppress(TimeoutError):
            await browser.call("Browser.close")
        await ended(process)
        await listening
        browser.writer.close()


async def connected(ours_in: int, ours_out: int) -> Browser:
    """Speak through the pipes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LONGEST_MESSAGE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours_in, "rb"))
    transport, protocol = await loop.connect_write_pipe(
        lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), os.fdopen(ours_out, "wb")
    )
    return Browser(reader, asyncio.StreamWriter(transport, protocol, None, loop))


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait for the end of the browser, and bring it about if it does not come."""
    try:
        await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
