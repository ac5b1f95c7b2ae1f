"""The page of the sandbox, in a real browser: two phones that chat with a bot over HTTP."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from tests.bots.browser import Browser, Page, find_chromium, open_browser
from tests.bots.echo import Laptop, card, open_laptop
from tests.conftest import leg

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = "<img src=x onerror=\"document.title = 'broken'\"><b>Eve</b>"
LONG_WORD = "W" * 300
USABLE = {"button", "link", "textbox", "combobox", "tab", "menuitem"}
LESS_MOVEMENT = {"name": "prefers-reduced-motion", "value": "reduce"}
GROW = "document.querySelector('#phone-left .message.bot').style.paddingBottom = '300px'"
LOG = "document.querySelector('#phone-left .log')"
LAPTOP, PHONE = (1400, 900), (360, 740)


@pytest.fixture(scope="module")
def chromium(home: Path) -> str:
    return leg("Chromium", lambda _: find_chromium(), home)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    async with open_browser(chromium, tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def laptop() -> AsyncIterator[Laptop]:
    async with open_laptop() as opened, opened.echoing():
        yield opened


class Phones:
    """The page, and who holds its two phones."""

    def __init__(self, page: Page, laptop: Laptop, left: int, right: int) -> None:
        self.page, self.laptop, self.people = page, laptop, {"left": left, "right": right}

    async def says(self, phone: str, text: str) -> None:
        """Type a text on a phone."""
        await self.page.click(f"document.querySelector('#phone-{phone} textarea')")
        await self.page.write(text)

    async def sees(self, phone: str, text: str) -> str:
        """Wait until a message with a text is on a phone; gives what the whole message says."""
        said: str = await self.page.until(f"{message(phone, text)}?.innerText")
        return said

    async def press(self, phone: str, label: str) -> None:
        """Press what carries a label on a phone."""
        await self.page.click(labelled(f"#phone-{phone}", label))

    async def write_elsewhere(self, phone: str, text: str) -> None:
        """Let the person write without this page."""
        path = f"chats/{self.people[phone]}/echo_bot/say"
        (await self.laptop.control.post(path, json={"text": text})).raise_for_status()


def message(phone: str, text: str) -> str:
    """The script that finds a message of the bot with a text."""
    found = f"[...document.querySelectorAll('#phone-{phone} .message.bot')]"
    return f"{found}.findLast((it) => it.innerText.includes({json.dumps(text)}))"


def labelled(within: str, label: str) -> str:
    """The script that finds a button by what it says."""
    found, said = f"[...document.querySelectorAll('{within} button, {within} a')]", json.dumps(label)
    return f"{found}.findLast((it) => it.textContent.trim() === {said} || it.ariaLabel === {said})"


async def open_phones(browser: Browser, laptop: Laptop, size: tuple[int, int], *names: str, link: str = "") -> Phones:
    """Open the page for two new people. `link` is how the left one came."""
    left, right = [int((await laptop.add("people", first_name=name))["id"]) for name in names]
    asked = urlencode({"left": left, "right": right, "bot": "echo_bot", "hint": "understood", "left-link": link})
    page = await browser.open(f"{laptop.url}?{asked}", width=size[0], height=size[1])
    await page.until("document.querySelector('.live').dataset.state === 'live'")
    await page.until("document.querySelector('#phone-right .big, #phone-left .big')?.offsetWidth")
    return Phones(page, laptop, left, right)


async def close_quietly(phones: Phones) -> None:
    """Every test holds this law too: the console stays empty."""
    await phones.page.close()
    assert phones.page.problems == []


@pytest_asyncio.fixture(loop_scope="module")
async def phones(browser: Browser, laptop: Laptop) -> AsyncIterator[Phones]:
    opened = await open_phones(browser, laptop, LAPTOP, "Ana", "Ben")
    yield opened
    await close_quietly(opened)


@pytest_asyncio.fixture(loop_scope="module")
async def started(phones: Phones) -> Phones:
    """Both have pressed START."""
    for phone in ("left", "right"):
        await phones.press(phone, "Start")
        await phones.sees(phone, "You said: /start")
    return phones


async def test_start_begins_the_chat(phones: Phones) -> None:
    await phones.press("left", "Start")
    await phones.sees("left", "You said: /start")
    assert await phones.page.ask("document.querySelectorAll('#phone-right .message').length") == 0


async def test_what_a_person_types_is_answered_on_the_phone(started: Phones) -> None:
    await started.says("left", "Good morning")
    await started.sees("left", "You said: Good morning")


async def test_a_phone_shows_what_happens_elsewhere_by_itself(started: Phones) -> None:
    await started.write_elsewhere("right", "From another page")
    await started.sees("right", "You said: From another page")


async def test_a_press_shows_the_toast_of_the_bot(started: Phones) -> None:
    await started.says("left", "buttons")
    await started.press("left", "toast")
    await started.page.until("document.querySelector('#phone-left .toast')?.innerText === 'A toast for you'")
    await started.page.until("!document.querySelector('[aria-busy=true]')")


async def test_an_alert_stays_until_it_is_confirmed(started: Phones) -> None:
    await started.says("left", "buttons")
    await started.press("left", "alert")
    await started.page.until("document.querySelector('#phone-left [role=alertdialog]')")
    await started.press("left", "OK")
    await started.page.until("!document.querySelector('[role=alertdialog]')")
    assert not await started.page.ask("document.querySelector('#phone-left .screen').inert")


async def test_an_edit_changes_the_message_where_it_is(started: Phones) -> None:
    await started.says("left", "buttons")
    await started.sees("left", "Press one")
    await started.page.ask(f"{{ window.before = {message('left', 'Press one')}; }}")
    await started.press("left", "edit")
    said = await started.sees("left", "Now it says something else")
    assert "edited" in said
    assert await started.page.ask(f"window.before === {message('left', 'Now it says something else')}")


async def test_what_people_write_never_becomes_markup(browser: Browser, laptop: Laptop) -> None:
    phones = await open_phones(browser, laptop, LAPTOP, HOSTILE, "Ben")
    await phones.press("left", "Start")
    await phones.says("left", HOSTILE)
    assert HOSTILE in await phones.sees("left", "You said: <img")
    assert await phones.page.ask("document.querySelector('#phone-left .owner').innerText.includes('<b>Eve</b>')")
    assert not await phones.page.ask("document.querySelector('[onerror], img[src=x], .text b')")
    assert await phones.page.ask("document.title") != "broken"
    await close_quietly(phones)


async def test_a_scan_opens_the_card_of_the_other_phone(started: Phones) -> None:
    await started.says("left", "card")
    await started.sees("left", "A card")
    await started.page.until("document.querySelector('#phone-right .scan').ariaDisabled === 'false'")
    await started.page.click("document.querySelector('#phone-right .scan')")
    await started.sees("right", "You said: /start c_42")


async def test_where_no_card_is_shown_there_is_nothing_to_scan(started: Phones) -> None:
    assert await started.page.ask("document.querySelector('#phone-right .scan').ariaDisabled") == "true"
    await started.page.click("document.querySelector('#phone-right .scan')")
    await started.page.until("document.querySelector('#phone-right .toast')?.innerText.includes('no card')")


async def test_a_pasted_picture_is_sent_once_it_was_seen(started: Phones) -> None:
    picture = json.dumps(list(card("https://t.me/echo_bot?start=c_7")))
    await started.page.ask(
        f"{{ const files = new DataTransfer(); const bytes = new Uint8Array({picture});"
        " files.items.add(new File([bytes], 'photo.png', {type: 'image/png'}));"
        " document.querySelector('#phone-left textarea').dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData: files, bubbles: true})); }"
    )
    await started.page.click(labelled("#phone-left .preview", "Send"))
    await started.page.until("document.querySelector('#phone-left .message.person .picture img')?.naturalWidth")


async def filled(phones: Phones) -> None:
    """The left phone has more messages than it can show, and shows the newest."""
    for number in range(4):
        await phones.says("left", "buttons")
        await phones.page.until(f"document.querySelectorAll('#phone-left .keyboard').length > {number}")
    await phones.page.until(at_end())


async def scroll_back(phones: Phones) -> None:
    """Scroll to the first message on the left phone by hand."""
    await phones.page.ask(f"{{ {LOG}.dispatchEvent(new WheelEvent('wheel')); {LOG}.scrollTo(0, 0); }}")
    await phones.page.until("!document.querySelector('#phone-left .to-end').hidden")


def at_end() -> str:
    """The script that tells whether the left phone shows its newest message."""
    return "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight < 2)" + f"({LOG})"


async def test_the_newest_message_stays_in_view_while_another_grows(started: Phones) -> None:
    await filled(started)
    on_the_way = f"new MutationObserver(() => setTimeout(() => {{ {GROW}; window.grown = true; }}, 60))"
    await started.page.ask(f"{{ {on_the_way}.observe({LOG}, {{childList: true}}); }}")
    await started.says("left", "buttons")
    await started.page.until("window.grown && document.querySelectorAll('#phone-left .keyboard').length > 4")
    await started.page.until(at_end())


async def test_who_scrolls_back_is_left_there(started: Phones) -> None:
    await filled(started)
    await scroll_back(started)
    await started.page.ask(GROW)
    await started.page.ask("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert await started.page.ask(f"{LOG}.scrollTop") == 0


async def test_who_says_something_sees_the_answer_even_if_what_they_said_is_taken_away(started: Phones) -> None:
    await filled(started)
    await scroll_back(started)
    await started.says("left", "swallow")
    await started.sees("left", "Swallowed")
    await started.page.until(at_end())


async def test_a_scan_reads_what_the_other_phone_shows_and_no_card_of_another_bot(
    started: Phones, laptop: Laptop
) -> None:
    await started.says("left", "card")
    await started.page.until("document.querySelector('#phone-left .picture img')?.naturalWidth")
    other = await laptop.add("bots", username=f"other{started.people['right']}_bot")
    theirs = {"file": ("card.png", card("https://t.me/echo_bot?start=c_7"), "image/png")}
    sent = await laptop.control.post(f"chats/{started.people['left']}/{other['username']}/photo", files=theirs)
    sent.raise_for_status()
    await started.page.call("Page.reload")
    await started.page.until(f"document.querySelector('#phone-right option[value={other['username']}]')")
    choose = "(it, value) => { it.value = value; it.dispatchEvent(new Event('change')); }"
    bots = "document.querySelectorAll('#phone-right select')[1]"
    await started.page.ask(f"({choose})({bots}, '{other['username']}')")
    await started.page.until(f"{bots}.value === '{other['username']}'")
    await started.page.until("document.querySelector('#phone-right .scan').ariaDisabled === 'false'")
    await started.page.click("document.querySelector('#phone-right .scan')")
    await started.sees("right", "You said: /start c_42")


async def test_arabic_runs_from_right_to_left(started: Phones) -> None:
    await started.says("left", "صباح الخير")
    own = "[...document.querySelectorAll('#phone-left .person .text')].findLast((it) => it.innerText.includes('صباح'))"
    await started.page.until(own)
    assert await started.page.ask(f"getComputedStyle({own}).direction") == "rtl"


async def test_a_number_is_shared_only_after_a_question(started: Phones) -> None:
    await started.says("left", "number")
    await started.press("left", "Share my number")
    assert not await started.page.ask("document.querySelector('#phone-left .person .icon-phone')")
    await started.press("left", "Share")
    await started.page.until("document.querySelector('#phone-left .person .icon-phone')")
    await started.page.until("document.querySelector('#phone-left .reply-keyboard').hidden")


async def test_whatever_can_be_used_has_a_name(started: Phones) -> None:
    for text in ("buttons", "card", "number"):
        await started.says("left", text)
    await started.sees("left", "Which number?")
    tree = await started.page.call("Accessibility.getFullAXTree")
    usable = [node for node in tree["nodes"] if node.get("role", {}).get("value") in USABLE]
    assert len(usable) > 20
    assert [node for node in usable if not node["name"]["value"]] == []


async def test_who_wants_no_movement_gets_none(started: Phones) -> None:
    await started.page.call("Emulation.setEmulatedMedia", features=[LESS_MOVEMENT])
    await started.says("left", "fireworks")
    await started.sees("left", "Hooray")
    assert not await started.page.ask("document.querySelector('.stage')")


async def test_an_effect_is_played_once(started: Phones) -> None:
    await started.says("left", "fireworks")
    await started.page.until("document.querySelector('#phone-left .stage')")
    await started.page.until("!document.querySelector('.stage')")


async def test_a_narrow_screen_shows_one_phone_and_never_scrolls_sideways(browser: Browser, laptop: Laptop) -> None:
    phones = await open_phones(browser, laptop, PHONE, "Ana", LONG_WORD[:60])
    await phones.press("left", "Start")
    for text in ("card", "buttons", LONG_WORD):
        await phones.says("left", text)
    await phones.sees("left", f"You said: {LONG_WORD}")
    await phones.page.click("document.querySelector('[role=tab][data-name=right]')")
    await phones.page.until("document.querySelector('#phone-right').offsetWidth === innerWidth")
    assert await phones.page.ask("document.querySelector('#phone-left').offsetWidth") == 0
    widths = "[...document.querySelectorAll('html, body, .log')].map((it) => it.scrollWidth - it.clientWidth)"
    assert set(await phones.page.ask(widths)) == {0}
    await phones.page.click("document.querySelector('[role=tab][data-name=left]')")
    assert set(await phones.page.ask(widths)) == {0}
    await close_quietly(phones)


async def test_the_first_people_appear_by_themselves(browser: Browser) -> None:
    async with open_laptop() as laptop:
        page = await browser.open(laptop.url)
        await page.until("document.body.innerText.includes('Nobody holds this phone yet')")
        await laptop.add("people", first_name="Ana")
        await page.until("document.querySelector('#phone-left .owner').innerText.includes('Ana')")
        await page.close()


async def test_a_sandbox_that_comes_back_is_found_again(browser: Browser) -> None:
    async with open_laptop() as before:
        await before.add("people", first_name="Ana")
        page = await browser.open(f"{before.url}?hint=understood")
        await page.until("document.querySelector('#phone-left .owner').innerText.includes('Ana')")
    async with open_laptop(httpx.URL(before.url).port or 0) as after:
        await after.add("people", first_name="Zoe")
        await page.until("document.querySelector('#phone-left .owner').innerText.includes('Zoe')")
        await page.until("document.querySelector('.live').dataset.state === 'live'")
        await page.close()


async def test_start_opens_the_link_by_which_one_came(browser: Browser, laptop: Laptop) -> None:
    phones = await open_phones(browser, laptop, LAPTOP, "Ana", "Ben", link="https://t.me/echo_bot?start=j_bean")
    await phones.press("left", "Start")
    await phones.sees("left", "You said: /start j_bean")
    await close_quietly(phones)
