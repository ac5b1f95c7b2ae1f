"""The page of the sandbox, in a real browser: two phones that chat with a bot over HTTP."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route

from tests.bots.echo import Laptop, card, open_laptop
from tests.bots.two_phones import Phones, open_phones, start
from tests.browser import Tab, open_tab

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = "<img src=x onerror=\"document.title = 'broken'\"><b>Eve</b>"
LONG_WORD = "W" * 300
USABLE = {"button", "link", "textbox", "combobox", "tab", "menuitem"}
GROW = "document.querySelector('#phone-left .message.bot').style.paddingBottom = '300px'"
LOG = "document.querySelector('#phone-left .log')"
AT_END = f"(({{scrollHeight, scrollTop, clientHeight}}) => scrollHeight - scrollTop - clientHeight < 2)({LOG})"
WIDTHS = "[...document.querySelectorAll('html, body, .log')].map((it) => it.scrollWidth - it.clientWidth)"
NEXT_LOOK_MILLISECONDS = 2_000
NOTE_TOASTS = """{
  window.toasts = [];
  const note = () => document.querySelectorAll(".toast").forEach((toast) => toasts.push(toast.innerText));
  document.querySelectorAll(".toasts").forEach((place) => new MutationObserver(note).observe(place, {childList: true}));
}"""
"""A toast goes by itself: what they said is noted, however late a test looks."""
HOLD_STAGES = """new MutationObserver(() => {
  const pieces = (stage) => stage.getAnimations({subtree: true});
  [...document.querySelectorAll(".stage")].flatMap(pieces).forEach((piece) => piece.pause());
}).observe(document, {childList: true, subtree: true})"""
"""An effect goes by itself, too: it stands still until a test has seen it."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def laptop() -> AsyncIterator[Laptop]:
    async with open_laptop() as opened, opened.echoing():
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(browser: Browser, laptop: Laptop) -> AsyncIterator[Tab]:
    """One window for most tests: another page in it takes half as long as a window of its own."""
    del laptop  # which ends after the window
    async with open_tab(browser) as tab:
        yield tab


@pytest_asyncio.fixture(loop_scope="session")
async def window(desk: Tab) -> AsyncIterator[Tab]:
    """The window for one test: it remembers nothing of the last one."""
    desk.problems.clear()
    yield desk
    await desk.page.evaluate("{ sessionStorage.clear(); localStorage.clear(); }")
    await desk.page.goto("about:blank")


@pytest_asyncio.fixture(loop_scope="session")
async def phones(window: Tab, laptop: Laptop) -> AsyncIterator[Phones]:
    async with open_phones(window, laptop, "Ana", "Ben") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def started(phones: Phones) -> Phones:
    """Both have pressed START."""
    return await start(phones)


@pytest_asyncio.fixture(loop_scope="session")
async def moving(window: Tab, laptop: Laptop) -> AsyncIterator[Phones]:
    """The same for people who like movement."""
    await window.page.emulate_media(reduced_motion="no-preference")
    async with open_phones(window, laptop, "Ana", "Ben") as opened:
        yield await start(opened)
    await window.page.emulate_media(reduced_motion="reduce")


async def test_start_begins_the_chat(phones: Phones) -> None:
    await phones.press("left", "Start")
    await phones.sees("left", "You said: /start")
    assert await phones.part("right", ".message").count() == 0


async def test_what_a_person_types_is_answered_on_the_phone(started: Phones) -> None:
    await started.says("left", "Good morning")
    await started.sees("left", "You said: Good morning")


async def test_a_phone_shows_what_happens_elsewhere_by_itself(started: Phones) -> None:
    await started.write_elsewhere("right", "From another page")
    await started.sees("right", "You said: From another page")


async def test_a_press_shows_the_toast_of_the_bot(started: Phones) -> None:
    await started.says("left", "buttons")
    await started.ask(NOTE_TOASTS)
    await started.press("left", "toast")
    await started.until("toasts.includes('A toast for you')")
    await started.until("!document.querySelector('[aria-busy=true]')")


async def test_an_alert_stays_until_it_is_confirmed(started: Phones) -> None:
    await started.says("left", "buttons")
    await started.press("left", "alert")
    alert = started.part("left", "[role=alertdialog]")
    await alert.wait_for()
    await started.press("left", "OK")
    await alert.wait_for(state="detached")
    assert not await started.ask("document.querySelector('#phone-left .screen').inert")


async def test_an_edit_changes_the_message_where_it_is(started: Phones) -> None:
    await started.says("left", "buttons")
    before = await started.message("left", "Press one").element_handle()
    await started.press("left", "edit")
    assert "edited" in await started.sees("left", "Now it says something else")
    after = await started.message("left", "Now it says something else").element_handle()
    assert await started.page.evaluate("([one, other]) => one === other", [before, after])


async def test_what_people_write_never_becomes_markup(window: Tab, laptop: Laptop) -> None:
    async with open_phones(window, laptop, HOSTILE, "Ben") as phones:
        await phones.press("left", "Start")
        await phones.says("left", HOSTILE)
        assert HOSTILE in await phones.sees("left", "You said: <img")
        assert "<b>Eve</b>" in await phones.part("left", ".owner").inner_text()
        assert await phones.page.locator("[onerror], img[src=x], .text b").count() == 0
        assert await phones.page.title() != "broken"


async def test_a_scan_opens_the_card_of_the_other_phone(started: Phones) -> None:
    await started.says("left", "card")
    await started.sees("left", "A card")
    await started.part("right", ".scan[aria-disabled=false]").click()
    await started.press("right", "Start")
    await started.sees("right", "You said: /start c_42")


async def test_a_link_is_sent_once_start_is_pressed_and_not_before(started: Phones) -> None:
    await started.says("left", "card")
    await started.sees("left", "A card")
    await started.part("right", ".scan[aria-disabled=false]").click()
    await started.button("right", "Start", within=".composer").wait_for()
    assert "c_42" not in await started.part("right", ".log").inner_text()


async def test_the_two_cameras_are_called_by_what_they_look_for(phones: Phones) -> None:
    names = [await phones.part(side, ".scan").inner_text() for side in ("left", "right")]
    assert len({*names}) == 2


async def test_where_no_card_is_shown_there_is_nothing_to_scan(started: Phones) -> None:
    await started.ask(NOTE_TOASTS)
    # Playwright's own click waits until a button is enabled; people do not.
    await started.part("right", ".scan[aria-disabled=true]").click(force=True)
    await started.until("toasts.some((text) => text.includes('no card'))")


async def test_a_pasted_picture_is_sent_once_it_was_seen(started: Phones) -> None:
    await started.page.evaluate(
        "(bytes) => { const files = new DataTransfer();"
        " files.items.add(new File([new Uint8Array(bytes)], 'photo.png', {type: 'image/png'}));"
        " document.querySelector('#phone-left textarea').dispatchEvent("
        "new ClipboardEvent('paste', {clipboardData: files, bubbles: true})); }",
        list(card("https://t.me/echo_bot?start=c_7")),
    )
    await started.button("left", "Send", within=".preview").click()
    await started.until("document.querySelector('#phone-left .message.person .picture img')?.naturalWidth")


async def filled(phones: Phones) -> None:
    """The left phone has more messages than it can show, and shows the newest."""
    for number in range(4):
        await phones.says("left", "buttons")
        await phones.until(f"document.querySelectorAll('#phone-left .keyboard').length > {number}")
    await phones.until(AT_END)


async def scroll_back(phones: Phones) -> None:
    """Scroll to the first message on the left phone by hand."""
    await phones.ask(f"{{ {LOG}.dispatchEvent(new WheelEvent('wheel')); {LOG}.scrollTo(0, 0); }}")
    await phones.part("left", ".to-end").wait_for()


async def test_the_newest_message_stays_in_view_while_another_grows(moving: Phones) -> None:
    await filled(moving)
    on_the_way = f"new MutationObserver(() => setTimeout(() => {{ {GROW}; window.grown = true; }}, 60))"
    await moving.ask(f"{{ {on_the_way}.observe({LOG}, {{childList: true}}); }}")
    await moving.says("left", "buttons")
    await moving.until("window.grown && document.querySelectorAll('#phone-left .keyboard').length > 4")
    await moving.until(AT_END)


async def test_who_scrolls_back_is_left_there(started: Phones) -> None:
    await filled(started)
    await scroll_back(started)
    await started.ask(GROW)
    await started.ask("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert await started.ask(f"{LOG}.scrollTop") == 0


async def test_who_says_something_sees_the_answer_even_if_what_they_said_is_taken_away(moving: Phones) -> None:
    await filled(moving)
    await scroll_back(moving)
    await moving.says("left", "swallow")
    await moving.sees("left", "Swallowed")
    await moving.until(AT_END)


async def test_a_scan_reads_what_the_other_phone_shows_and_no_card_of_another_bot(
    started: Phones, laptop: Laptop
) -> None:
    await started.says("left", "card")
    await started.until("document.querySelector('#phone-left .picture img')?.naturalWidth")
    other = await laptop.add("bots", username=f"other{started.people['right']}_bot")
    theirs = {"file": ("card.png", card("https://t.me/echo_bot?start=c_7"), "image/png")}
    sent = await laptop.control.post(f"chats/{started.people['left']}/{other['username']}/photo", files=theirs)
    sent.raise_for_status()
    await started.page.reload(wait_until="commit")
    await started.part("right", "select").nth(1).select_option(other["username"])
    await started.until(f"document.querySelectorAll('#phone-right select')[1].value === '{other['username']}'")
    await started.part("right", ".scan[aria-disabled=false]").click()
    await started.until("document.querySelectorAll('#phone-right select')[1].value === 'echo_bot'")
    await started.press("right", "Start")
    await started.sees("right", "You said: /start c_42")


async def test_no_start_of_the_chat_before_can_be_pressed_while_the_next_one_loads(
    phones: Phones, laptop: Laptop
) -> None:
    other = await laptop.add("bots", username=f"slow{phones.people['right']}_bot")
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait(route: Route) -> None:
        asked.set()
        await go_on.wait()
        await route.continue_()

    await phones.button("right", "Start").wait_for()
    slow = f"**/chats/{phones.people['right']}/{other['username']}"
    await phones.page.route(slow, wait)
    await phones.page.reload(wait_until="commit")
    await phones.button("right", "Start").wait_for()
    await phones.part("right", "select").nth(1).select_option(other["username"])
    await asked.wait()
    assert await phones.button("right", "Start").is_hidden()
    go_on.set()
    await phones.button("right", "Start").wait_for()
    await phones.page.unroute(slow)


async def test_arabic_runs_from_right_to_left(started: Phones) -> None:
    await started.says("left", "صباح الخير")
    own = started.part("left", ".person .text").filter(has_text="صباح").last
    assert await own.evaluate("(it) => getComputedStyle(it).direction") == "rtl"


async def test_a_number_is_shared_only_after_a_question(started: Phones) -> None:
    await started.says("left", "number")
    await started.press("left", "Share my number")
    shared = started.part("left", ".person .icon-phone")
    assert await shared.count() == 0
    await started.press("left", "Share")
    await shared.wait_for()
    await started.part("left", ".reply-keyboard").wait_for(state="hidden")


async def test_whatever_can_be_used_has_a_name(started: Phones) -> None:
    for text in ("buttons", "card", "number"):
        await started.says("left", text)
    await started.sees("left", "Which number?")
    tree = await (await started.page.context.new_cdp_session(started.page)).send("Accessibility.getFullAXTree")
    usable = [node for node in tree["nodes"] if node.get("role", {}).get("value") in USABLE]
    assert len(usable) > 20
    assert [node for node in usable if not node["name"]["value"]] == []


async def test_who_wants_no_movement_gets_none(started: Phones) -> None:
    await started.says("left", "fireworks")
    await started.sees("left", "Hooray")
    assert await started.page.locator(".stage").count() == 0


async def test_an_effect_is_played_once(moving: Phones) -> None:
    await moving.ask(f"void {HOLD_STAGES}")
    await moving.says("left", "fireworks")
    stage = moving.part("left", ".stage")
    await stage.wait_for(state="attached")
    await stage.evaluate("(it) => it.getAnimations({subtree: true}).forEach((piece) => piece.finish())")
    await stage.wait_for(state="detached")


async def test_a_narrow_screen_shows_one_phone_and_never_scrolls_sideways(browser: Browser, laptop: Laptop) -> None:
    async with (
        open_tab(browser, width=360, height=740) as tab,
        open_phones(tab, laptop, "Ana", LONG_WORD[:60]) as phones,
    ):
        await phones.press("left", "Start")
        for text in ("card", "buttons", LONG_WORD):
            await phones.says("left", text)
        await phones.sees("left", f"You said: {LONG_WORD}")
        await phones.page.locator("[role=tab][data-name=right]").click()
        await phones.until("document.querySelector('#phone-right').offsetWidth === innerWidth")
        assert await phones.ask("document.querySelector('#phone-left').offsetWidth") == 0
        assert set(await phones.ask(WIDTHS)) == {0}
        await phones.page.locator("[role=tab][data-name=left]").click()
        assert set(await phones.ask(WIDTHS)) == {0}


async def test_the_first_people_appear_by_themselves(browser: Browser) -> None:
    async with open_laptop() as laptop, open_tab(browser) as tab:
        await tab.page.clock.install()
        await tab.page.goto(laptop.url, wait_until="commit")
        await tab.page.get_by_text("Nobody holds this phone yet").first.wait_for()
        await laptop.add("people", first_name="Ana")
        await tab.page.clock.fast_forward(NEXT_LOOK_MILLISECONDS)
        await tab.page.locator("#phone-left .owner").filter(has_text="Ana").wait_for()


async def test_a_sandbox_that_comes_back_is_found_again(browser: Browser) -> None:
    async with open_tab(browser) as tab:
        async with open_laptop() as before:
            await before.add("people", first_name="Ana")
            await tab.page.goto(f"{before.url}?hint=understood", wait_until="commit")
            await tab.page.locator("#phone-left .owner").filter(has_text="Ana").wait_for()
        async with open_laptop(httpx.URL(before.url).port or 0) as after:
            await after.add("people", first_name="Zoe")
            await tab.page.locator("#phone-left .owner").filter(has_text="Zoe").wait_for()
            await tab.page.locator(".live[data-state=live]").wait_for()


async def test_start_opens_the_link_by_which_one_came(window: Tab, laptop: Laptop) -> None:
    async with open_phones(window, laptop, "Ana", "Ben", link="https://t.me/echo_bot?start=j_bean") as phones:
        await phones.press("left", "Start")
        await phones.sees("left", "You said: /start j_bean")
