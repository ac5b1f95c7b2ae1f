"""What the scanner keeps on the phone: a scan, an undoing and a choice are said to be kept only once they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from testkit.shop import Shop
from tests.pages.place import Place
from tests.pages.scanning import Scanner, open_scanner
from tests.pages.test_scan_trouble import STAMPS, abort

pytestmark = pytest.mark.asyncio(loop_scope="session")

TELL = """
window.told = [];
const later = setTimeout;
window.setTimeout = (act, wait, ...more) => (wait === 1500 ? 0 : later(act, wait, ...more));
addEventListener("DOMContentLoaded", () => {
  const said = (row) => (row.innerText.includes("will be undone") ? "to be undone" : row.dataset.state);
  const tell = () => document.querySelectorAll("#scans > li").forEach((row) => told.push(said(row)));
  new MutationObserver(tell).observe(document.querySelector("#scans"), { childList: true });
  const hear = ({ addedNodes: [said] }) => said?.data.startsWith("Now stamps go to") && told.push("chosen");
  const says = document.querySelector("#last-says");
  new MutationObserver((changes) => changes.forEach(hear)).observe(says, { childList: true });
});
"""
"""`told` are what is said of scans and choices, and the moments of keeping, in order. The page waits for a store
however long that takes here: its patience would end after a second and a half."""
SLOW_STORE = """
const open = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...asked) {
  const transaction = open.apply(this, asked);
  if (asked[1] === "readwrite") Object.defineProperty(transaction, "oncomplete", {
    set(done) { setTimeout(() => { told.push("kept"); done(); }, 200); },
  });
  return transaction;
};
"""
"""A phone that needs a moment to keep something."""
SLOW_TELEGRAM = """
Object.defineProperty(window, "indexedDB", { value: null });
const kept = new Map();
const keep = (act, answer) => setTimeout(() => { told.push("kept"); act(); answer(null, true); }, 200);
window.Telegram = { WebApp: {
  isVersionAtLeast: () => true, enableClosingConfirmation() {}, disableClosingConfirmation() {},
  DeviceStorage: {
    getItem: (key, answer) => answer(null, kept.get(key) ?? null),
    setItem: (key, value, answer) => keep(() => kept.set(key, value), answer),
    removeItem: (key, answer) => keep(() => kept.delete(key), answer),
  },
} };
"""
"""A phone where only Telegram keeps something, and needs a moment for it."""
UNDO_AND_SEND = """(() => {
  const row = document.querySelector("#scans > li[data-state=waiting]");
  if (!row) return false;
  told.length = 0;
  row.querySelector("button").click();
  dispatchEvent(new Event("online"));
  return true;
})()"""
"""Undo the scan that waits, while the network comes back for a moment: the list is drawn at once."""
HELD_STORE = """
const held = [], open = IDBDatabase.prototype.transaction;
window.letGo = () => held.splice(0).forEach((done) => done());
IDBDatabase.prototype.transaction = function (...asked) {
  const transaction = open.apply(this, asked);
  if (asked[1] === "readwrite") Object.defineProperty(transaction, "oncomplete", { set: (done) => held.push(done) });
  return transaction;
};
"""
"""A phone that has kept nothing until `letGo`."""


class Till(NamedTuple):
    """A scanner that is open for Ana, in a shop with coffees and salads, and the code of Lena's card."""

    scanner: Scanner
    shop: Shop
    code: str


@asynccontextmanager
async def open_till(browser: Browser, place: Place, script: str) -> AsyncIterator[Till]:
    """Open it with a script of the test's own, and without Telegram's."""
    shop = await place.town.open_shop()
    await shop.change(title="☕ Coffee")
    await shop.make_program("🥗 Salad")
    ana, lena = await place.town.hire(shop, "Ana"), await shop.join("Lena")
    async with open_scanner(browser, place) as scanner:
        await scanner.page.route("**/telegram-web-app.js", abort)
        await scanner.page.add_init_script(TELL + script)
        await scanner.open(ana)
        yield Till(scanner, shop, lena.qr_code)


@pytest_asyncio.fixture(params=[SLOW_STORE, SLOW_TELEGRAM], ids=["database", "telegram"], loop_scope="session")
async def slow_till(place: Place, camera_browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Till]:
    """A till with a phone that needs a moment to keep something."""
    async with open_till(camera_browser, place, request.param) as till:
        yield till


async def test_a_scan_is_said_to_wait_and_is_sent_only_once_it_is_kept(slow_till: Till) -> None:
    await slow_till.scanner.show(slow_till.code)
    await slow_till.scanner.row("done", "+1 for Lena")
    told = await slow_till.scanner.page.evaluate("told")
    assert told[: told.index("kept")] == ["seen"]
    assert set(told[told.index("kept") :]) - {"kept"} <= {"waiting", "sending", "done"}


async def test_a_scan_that_waits_is_said_to_be_undone_later_only_once_that_is_kept(slow_till: Till) -> None:
    await slow_till.scanner.page.route(STAMPS, abort)
    await slow_till.scanner.show(slow_till.code)
    await slow_till.scanner.tab.until(UNDO_AND_SEND)
    told = await slow_till.scanner.tab.until("told.includes('to be undone') && told")
    assert told[0] == "sending"
    assert told.index("kept") < told.index("to be undone")


async def test_a_program_is_said_to_be_chosen_only_once_that_is_kept(slow_till: Till) -> None:
    await slow_till.scanner.choose("🥗 Salad")
    assert await slow_till.scanner.page.evaluate("told") == ["kept", "chosen"]


async def test_of_two_programs_that_are_pressed_at_once_the_last_is_said_to_be_chosen(
    place: Place, camera_browser: Browser
) -> None:
    async with open_till(camera_browser, place, HELD_STORE) as till:
        await till.scanner.page.get_by_role("radio", name="🥗 Salad").check()
        await till.scanner.page.get_by_role("radio", name="☕ Coffee").check()
        await till.scanner.page.evaluate("letGo()")
        await till.scanner.tab.until("told.includes('chosen')")
        assert await till.scanner.page.evaluate("told") == ["chosen"]
        assert "☕ Coffee" in await till.scanner.last("plain")


async def test_a_scan_before_a_choice_is_kept_is_for_what_was_chosen_and_what_it_says_is_not_talked_over(
    place: Place, camera_browser: Browser
) -> None:
    async with open_till(camera_browser, place, HELD_STORE) as till:
        await till.scanner.page.get_by_role("radio", name="🥗 Salad").check()
        await till.scanner.show(till.code)
        await till.scanner.row("seen", f"+1 for {till.code} · 🥗 Salad")
        await till.scanner.page.evaluate("letGo()")
        await till.scanner.row("done", "+1 for Lena · 🥗 Salad")
        assert "chosen" not in await till.scanner.page.evaluate("told")
