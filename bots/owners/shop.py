"""The shop's screen: today's figures in one line, and buttons to everything else.

People with several shops choose one.
"""

from bots.buttons import MAIN, Rows, button, page_row, page_url
from bots.owners.screens import below
from bots.rights import own_position, own_positions
from bots.staff.invitation import how_to_stamp
from bots.staff.scanner import scanner_row
from bots.turn import Turn
from bots.words import N_, Html, Words, shortened
from loyalty_app.chat.chats import ChatChange
from loyalty_app.customers.analytics import kept_totals, read_summary
from loyalty_app.shops.businesses import Business, check_here
from loyalty_app.shops.programs import read_program
from loyalty_app.shops.several_programs import programs_in_use
from loyalty_app.shops.staff import Position
from loyalty_app.sign_in.links import make_link
from loyalty_app.sign_in.sessions import PagePerson
from loyalty_app.words import numbered
from loyalty_core.access import PLANS, Role, reaches
from loyalty_core.analytics import Summary
from loyalty_core.programs import Program

LONGEST_TITLE = 24
ROLES = {Role.STAFF: N_("staff"), Role.MANAGER: N_("manager"), Role.OWNER: N_("owner")}


async def show_shop(turn: Turn) -> None:
    """Show the shop where the person works; a choice if there are several, or how to open one if there is none."""
    positions = await own_positions(turn)
    current = [position for position in positions if position.business.id == turn.chat.business_id]
    if not positions:
        rows = [[button(turn.words.label("🏪 Open a shop"), "newshop", look=MAIN)]]
        await turn.screen(turn.words.say("You do not work at a shop here yet. You can open your own: /newshop"), rows)
    elif len(positions) == 1 or current:
        await show_position(turn, (current or positions)[0])
    else:
        await choose_shop(turn)


async def choose_shop(turn: Turn) -> None:
    """Offer all shops where the person works."""
    turn.note(ChatChange(draft=None))
    positions = await own_positions(turn)
    names = numbered(position.business.name[:40] for position in positions)
    rows = [[button(name, "shop", each.business.id)] for name, each in zip(names, positions, strict=True)]
    await turn.screen(turn.words.say("Which shop?"), rows)


async def press_shop(turn: Turn) -> None:
    """Show the shop that was pressed."""
    position = await own_position(turn, turn.press.business_id, Role.STAFF)
    turn.note(ChatChange(draft=None))
    await show_position(turn, position)


async def show_position(turn: Turn, position: Position, head: Html | None = None) -> None:
    """Show the screen of a shop, as far as the person's role allows, below `head`. Raises ShopMoved, ShopClosed."""
    check_here(position.business)
    turn.note(ChatChange(business_id=position.business.id))
    several = len(await own_positions(turn)) > 1
    rows = shop_rows(turn.words, position) if reaches(position.role, Role.MANAGER) else []
    if reaches(position.role, Role.MANAGER):
        url = page_url(turn.runtime.settings, turn.bot_id, f"shop/{position.business.id}/figures")
        rows.append(page_row(url, turn.words.label("🖥 Open the desk")))
    if turn.runtime.settings.public_url is not None:
        rows.append([button(turn.words.label("💻 Open on a computer"), "computer", position.business.id)])
    if several:
        rows.append([button(turn.words.label("🔁 Another shop"), "shops")])
    rows.append(scanner_row(turn))
    if reaches(position.role, Role.MANAGER):
        text = await _today(turn, position)
    else:
        shop = turn.words.say("🏪 <b>{shop}</b>", shop=position.business.name)
        text = Html(f"{shop}\n\n{how_to_stamp(turn.words)}")
    await turn.screen(below(head, text), rows)


async def open_on_computer(turn: Turn, position: Position) -> None:
    """Give a link that signs the person in outside Telegram: managers at the desk, others at the scanner."""
    public = turn.runtime.settings.public_url
    if public is None:
        await turn.toast(turn.words.plain("This installation has no public address, so nothing can be opened there."))
        return
    page = "shop" if reaches(position.role, Role.MANAGER) else "scan"
    person = PagePerson(bot_id=turn.bot_id, user_id=turn.user_id, language=turn.words.code)
    path = await make_link(turn.runtime.database, person, page, now=turn.now())
    text = turn.words.say(
        "Open this link on the other device within 10 minutes. It works once, for you alone:\n<code>{link}</code>",
        link=f"{public.rstrip('/')}{path}",
    )
    await turn.screen(text, [[button(turn.words.label("‹ Back"), "shop", position.business.id)]])


async def _today(turn: Turn, position: Position) -> Html:
    words, business, now = turn.words, position.business, turn.now(position.business)
    today = await turn.read(lambda connection: read_summary(connection, business, days=1, now=now))
    program = await turn.read(lambda connection: read_program(connection, business.id))
    lines = [
        words.say("🏪 <b>{shop}</b>", shop=business.name),
        *_promises(words, program),
        *await _room(turn, business),
        "",
        words.say("Today: {figures}", figures=words.join(figures_in_words(words, today))),
    ]
    return Html("\n".join(lines))


def _promises(words: Words, program: Program) -> list[Html]:
    """What the program makes; where there are several, what each makes, the main one first."""
    programs = programs_in_use(program)
    lines = [
        words.count(
            "{n} stamp makes: {reward}",
            "{n} stamps make: {reward}",
            one.terms.stamps_required,
            reward=one.terms.reward_description,
        )
        for one in programs
    ]
    titles = numbered(shortened(one.title or program.name, LONGEST_TITLE) for one in programs)
    named = (
        words.say("<b>{title}</b>: {text}", title=title, text=line) for title, line in zip(titles, lines, strict=True)
    )
    return list(named) if len(programs) > 1 else lines


async def _room(turn: Turn, business: Business) -> list[Html]:
    """How many customers there are, of how many; nothing if the plan holds any number."""
    limit = PLANS[business.plan].customers
    if limit is None:
        return []
    count = (await turn.read(lambda connection: kept_totals(connection, business.id))).customers
    if count >= limit:
        return [turn.words.say("⚠️ Customers: {have} of {limit}. The plan is full.", have=count, limit=limit)]
    return [turn.words.say("Customers: {have} of {limit}", have=count, limit=limit)]


def figures_in_words(words: Words, summary: Summary) -> list[str]:
    """The figures of a day, as "3 visits", in reading order."""
    new, redeemed = summary.customers.new, summary.rewards.redeemed
    return [
        words.plain_count("{n} visit", "{n} visits", summary.visits),
        words.plain_count("{n} new customer", "{n} new customers", new),
        words.plain_count("{n} reward handed out", "{n} rewards handed out", redeemed),
    ]


def shop_rows(words: Words, position: Position) -> Rows:
    """The buttons of a shop: those for managers, and those for owners only."""
    shop = position.business.id
    is_owner = reaches(position.role, Role.OWNER)
    poster = button(words.label("🖨 Poster & link"), "poster", shop)
    settings = button(words.label("⚙️ Settings"), "settings", shop)
    return [
        [
            button(words.label("📊 Figures"), "figures", shop, 30, look=MAIN),
            button(words.label("🎁 What you owe"), "owed", shop, 1),
        ],
        [button(words.label("👥 Staff"), "team", shop), button(words.label("🧾 Who did what"), "work", shop, 1)],
        [poster, button(words.label("⭐ Program"), "program", shop)] if is_owner else [poster, settings],
        [settings, button(words.label("🔑 API"), "keys", shop)] if is_owner else [],
        [button(words.label("🔎 Worth a look"), "flags", shop, 1)] if is_owner else [],
    ]
