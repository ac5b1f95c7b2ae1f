"""New shop welcome: the first messages to the owner of a new shop: the poster, the link, and what to do next."""

from bots.buttons import MAIN, Rows, button, copy
from bots.owners import cities
from bots.owners.poster import link_of, send_poster
from bots.owners.program import surplus_buttons
from bots.owners.program_questions import QUESTIONS
from bots.owners.time_zone import keep_button, question_of
from bots.rights import own_positions
from bots.turn import Turn
from bots.words import Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.businesses import Business
from loyalty_app.shops.staff import Position
from loyalty_core.access import PLANS, Role


async def tell(turn: Turn, position: Position, *, stamps: int, reward: str) -> None:
    """Tell the owner, and only then end the draft. Why: whatever fails is then done again.

    If their language does not tell where they are, they are asked for their city at once: days are counted by it.
    """
    turn.note(ChatChange(business_id=position.business.id))
    await send_poster(turn, position)
    await _celebrate(turn, position, stamps=stamps, reward=reward)


async def _celebrate(turn: Turn, position: Position, *, stamps: int, reward: str) -> None:
    words, shop = turn.words, position.business
    text = words.count(
        "🎉 <b>{shop}</b> is open! {n} stamp makes: {reward}\n\n{next}",
        "🎉 <b>{shop}</b> is open! {n} stamps make: {reward}\n\n{next}",
        stamps,
        shop=shop.name,
        reward=reward,
        next=_what_next(words, position),
    )
    link = await link_of(turn, shop)
    asks = shop.timezone == cities.UNKNOWN or not (
        cities.is_sure(turn.user.language_code) or await _has_another(turn, shop)
    )
    rows: Rows = [
        keep_button(words, shop) if asks else [],
        [copy(words.label("📋 Copy the link"), link)] if link else [],
        surplus_buttons(words, shop.id),
        [
            button(words.label("👥 Invite staff"), "team", shop.id),
            button(words.label("🕓 Time zone"), "zone", shop.id),
        ],
        [button(words.label("🏪 My shop"), "shop", shop.id, look=MAIN)],
    ]
    turn.note(ChatChange(draft=None))
    await turn.screen(Html(f"{text}\n\n{question_of(turn, shop)}") if asks else text, rows)


async def _has_another(turn: Turn, shop: Business) -> bool:
    """Whether the owner has another shop there: the new one has its time zone."""
    others = [each.business for each in await own_positions(turn) if each.role is Role.OWNER]
    return any(other.id != shop.id and other.timezone == shop.timezone for other in others)


def _what_next(words: Words, position: Position) -> Html:
    shop = position.business
    steps = words.say(
        "1. Print the poster above. Customers scan it and have a card.\n"
        "2. To give a stamp, point your phone's camera at a customer's card, or send me a photo of it.\n"
        "3. Invite your staff: they stamp with their own phones.\n\n"
        "🕓 A day begins at midnight in {city}.",
        city=cities.city(shop.timezone, words.locale),
    )
    limit = PLANS[shop.plan].customers
    lines = [steps] if limit is None else [steps, words.say("🎟 Your plan holds {limit} customers.", limit=limit)]
    return Html("\n".join([*lines, "", words.say("➕ {question}", question=words.plain(QUESTIONS["surplus"].what))]))
