"""Notice texts: what notices say, in the language of their reader. Facts are in `loyalty_app/shops/notice_facts.py`."""

from bots.buttons import Rows, button
from bots.flag_texts import evening_rows, evening_text
from bots.owners.shop import ROLES
from bots.words import N_, Html, Words, shortened
from loyalty_app.shops.notice_facts import (
    Ailment,
    BotFacts,
    EveningFacts,
    Facts,
    RoomFacts,
    SameNumberFacts,
    StaffEvent,
    StaffFacts,
    WebhookFacts,
)
from loyalty_app.shops.owner_notices import Notice

# By what happened, and whether somebody of the staff did it; else it was the operator.
STAFF: dict[tuple[StaffEvent, bool], str] = {
    (StaffEvent.JOINED, True): N_("<b>{name}</b> opened an invitation from {by} and is on the staff now. Role: {role}"),
    (StaffEvent.JOINED, False): N_(
        "<b>{name}</b> opened an invitation from the operator of this server and is on the staff now. Role: {role}"
    ),
    (StaffEvent.PROMOTED, True): N_("<b>{name}</b> opened an invitation from {by} and may do more now. Role: {role}"),
    (StaffEvent.PROMOTED, False): N_(
        "<b>{name}</b> opened an invitation from the operator of this server and may do more now. Role: {role}"
    ),
    (StaffEvent.REMOVED, True): N_("{by} took <b>{name}</b> off the staff. Role: {role}"),
    (StaffEvent.REMOVED, False): N_("The operator of this server took <b>{name}</b> off the staff. Role: {role}"),
    (StaffEvent.LEFT, True): N_("<b>{name}</b> left the staff. Role: {role}"),
    (StaffEvent.DISMISSED, True): N_("You are not on the staff here any more. Your own stamp cards stay as they are."),
    (StaffEvent.DISMISSED, False): N_("You are not on the staff here any more. Your own stamp cards stay as they are."),
}


def notice_text(words: Words, notice: Notice) -> Html:
    """The text of a notice."""
    if isinstance(notice.facts, EveningFacts):
        return evening_text(words, notice.shop_name, notice.facts)
    sign, what = _sign(notice.facts), _what(words, notice)
    return words.say("{sign} <b>{shop}</b>\n{what}", sign=sign, shop=notice.shop_name, what=what)


def _sign(facts: Facts | None) -> str:
    match facts:
        case StaffFacts():
            return "👥"
        case RoomFacts():
            return "🎟"
        case SameNumberFacts():
            return "🔗"
        case _:
            return "⚠️"


def _what(words: Words, notice: Notice) -> str:
    match notice.facts:
        case WebhookFacts() as facts:
            return _about_webhook(words, facts)
        case StaffFacts() as facts:
            return _about_staff(words, facts)
        case BotFacts() as facts:
            return _about_bot(words, facts)
        case RoomFacts() as facts:
            return _about_room(words, facts)
        case SameNumberFacts():
            return words.say(
                "Somebody has shown in the chat that a phone number is theirs which is on another card of your shop. "
                "Perhaps both cards are of one person: then you can make them one."
            )
        case _:
            return notice.text


def notice_rows(words: Words, facts: Facts | None) -> Rows:
    """The buttons below a notice: what leads to flagged entries, or to two cards that may be of one person."""
    if not isinstance(facts, SameNumberFacts):
        return evening_rows(words, facts)
    both = (facts.business_id, facts.customer_id, facts.other_id)
    return [[button(words.label("👀 Look at both cards"), "bothcards", *both)]]


def _about_staff(words: Words, facts: StaffFacts) -> Html:
    return words.say(
        STAFF[facts.event, facts.by is not None],
        name=shortened(facts.name),
        role=words.plain(ROLES[facts.role]),
        by=shortened(facts.by or ""),
    )


def _about_bot(words: Words, facts: BotFacts) -> Html:
    return words.say(
        "Telegram refuses the token of your bot {bot}: it was revoked, or the bot was deleted. Until it has a new one, "
        "the bot answers nobody. Get a token from @BotFather and give it to the operator of this server, who runs:\n"
        "<code>{command}</code>",
        bot=f"@{facts.username}",
        command=f"loyalty business set-bot --business {facts.business_id}",
    )


def _about_room(words: Words, facts: RoomFacts) -> Html:
    command = f"loyalty business set-plan --business {facts.business_id} --plan professional"
    if facts.is_full:
        return words.say(
            "Your plan is full: {have} of {limit} customers. Nobody else can join, but no card is lost. "
            "For a larger plan, ask the operator of this server, who runs:\n<code>{command}</code>",
            have=facts.customers,
            limit=facts.limit,
            command=command,
        )
    return words.say(
        "Your plan is nearly full: {have} of {limit} customers. "
        "For a larger plan, ask the operator of this server, who runs:\n<code>{command}</code>",
        have=facts.customers,
        limit=facts.limit,
        command=command,
    )


def _about_webhook(words: Words, facts: WebhookFacts) -> Html:
    days, url = facts.trouble.days, facts.url
    match facts.trouble.ailment:
        case Ailment.GONE:
            return words.say(
                "The webhook {url} was switched off: its server answered that it is gone (410). "
                "If it is still there, switch it on again over the API.",
                url=url,
            )
        case Ailment.SWITCHED_OFF:
            return words.count(
                "The webhook {url} was switched off: it has failed for {n} day. "
                "Once its server works again, switch it on over the API; what was missed can be sent again.",
                "The webhook {url} was switched off: it has failed for {n} days. "
                "Once its server works again, switch it on over the API; what was missed can be sent again.",
                days,
                url=url,
            )
        case Ailment.FAILING:
            return words.count(
                "The webhook {url} has failed for {n} day. We keep trying; after five days it is switched off. "
                "Please have its server looked at.",
                "The webhook {url} has failed for {n} days. We keep trying; after five days it is switched off. "
                "Please have its server looked at.",
                days,
                url=url,
            )
