"""Invitation: a person opens an invitation's link, joins the staff, and learns how to stamp.

Who may invite whom, and whether an invitation is valid, is decided where it is accepted.
"""

from collections.abc import Callable

from bots.staff.scanner import scanner_row
from bots.turn import Turn
from bots.words import N_, Html, Words
from loyalty_app.chat.chats import ChatChange
from loyalty_app.shops.invites import accept, shop_inviting
from loyalty_app.shops.links import shop_of_bot
from loyalty_app.shops.staff import Position
from loyalty_core.access import Role
from loyalty_core.customers import name_from
from loyalty_core.errors import InviteInvalid

# What each may do, in the same words wherever the chat says it.
RIGHTS: dict[Role, str] = {
    Role.STAFF: N_("stamp cards, hand out rewards, make cards for guests"),
    Role.MANAGER: N_("undo anything, see the figures and who did what, invite staff, change the settings"),
    Role.OWNER: N_("decide about everything, also the program, the API and everybody's role"),
}
WELCOMES: dict[Role, str] = {
    Role.STAFF: N_("👋 Welcome to <b>{shop}</b>! You are on the staff. What you can do: {staff}."),
    Role.MANAGER: N_(
        "👋 Welcome to <b>{shop}</b>! You are a manager. What you can do: {staff}. And also: {manager}.\n"
        "Your screen is /shop."
    ),
    Role.OWNER: N_("👋 Welcome to <b>{shop}</b>! You are an owner: you decide about everything. Your screen is /shop."),
}


async def accept_invitation(turn: Turn, token: str, *, further: Callable[[Turn, Position], Html | None]) -> None:
    """Accept an invitation; `further` is what the newcomer reads below the welcome, if anything.

    Raises InviteInvalid, also in another shop's own bot.
    """
    bot_id = turn.bot_id
    bots_shop = await turn.read(lambda connection: shop_of_bot(connection, bot_id))
    if bots_shop is not None and await turn.read(lambda connection: shop_inviting(connection, token)) != bots_shop:
        raise InviteInvalid
    accepted = await accept(
        turn.runtime.database, token, user_id=turn.user_id, name=_name(turn), now=turn.runtime.clock()
    )
    turn.note(ChatChange(business_id=accepted.business.id))
    turn.at_work = True
    if accepted.left:
        await turn.screen(
            turn.words.say(
                "You are on the staff of <b>{shop}</b> already. This link is for somebody else, and still good: "
                "send it to them.",
                shop=accepted.business.name,
            )
        )
        return
    welcome = turn.words.say(
        WELCOMES[accepted.position.role],
        shop=accepted.business.name,
        staff=turn.words.plain(RIGHTS[Role.STAFF]),
        manager=turn.words.plain(RIGHTS[Role.MANAGER]),
    )
    parts = (welcome, how_to_stamp(turn.words), further(turn, accepted.position))
    await turn.screen(Html("\n\n".join(part for part in parts if part)), [scanner_row(turn)])


def how_to_stamp(words: Words) -> Html:
    """The three ways to a customer, in words."""
    return Html(
        "\n".join(
            [
                words.say("<b>How to stamp</b>"),
                words.say("📷 Point the camera of your phone at the customer's card and open the link."),
                words.say("🖼 Or send a photo of the card here, even of several cards at once."),
                words.say("⌨️ Or type the code below the square, or the customer's phone number or name."),
                words.say("➕ No phone at hand? /newcard makes a card by phone number and first name."),
                words.say("Then tap <b>{amount}</b>. That is all.", amount=words.plus(1)),
            ]
        )
    )


def _name(turn: Turn) -> str:
    """The person's name in a form that the rules accept."""
    return name_from(turn.user.full_name) or turn.words.plain("Staff")
