"""Fields of gifts: how what a shop gives is filled in, and how what was sent is read. The rules are in the core.

A gift is nothing, some stamps, or a reward. Its inputs are one value together, under the name of the gift.
"""

from collections.abc import Callable, Mapping

import msgspec

from api.pages.desk.forms import SentForm
from loyalty_app.words import N_
from loyalty_core.errors import InvalidRequest
from loyalty_core.gifts import BirthdayGift
from loyalty_core.programs import Terms

NOTHING, STAMPS, REWARD = "nothing", "stamps", "reward"
KINDS: dict[str, str] = {NOTHING: N_("nothing"), STAMPS: N_("stamps"), REWARD: N_("a reward")}
Sent = dict[str, object] | None


class GiftField(msgspec.Struct, frozen=True, kw_only=True):
    """A gift: its name, what it means, the template of its inputs, how they are filled, and how they are read.

    `wrong` says what its values may be, by what was chosen; `rule` what they may not be beside the other terms.
    """

    title: str
    what: str
    texts: Callable[[Terms], Mapping[str, str]]
    read: Callable[[SentForm], Sent]
    wrong: Mapping[str, str]
    rule: str


def _what_texts(name: str, gift: BirthdayGift | None) -> dict[str, str]:
    """The inputs of a gift that is some stamps or a reward."""
    if gift is None:
        return {name: NOTHING}
    reward = gift.reward_description if isinstance(gift.reward_description, str) else ""
    return {
        name: REWARD if reward else STAMPS,
        f"{name}_stamps": str(gift.given_stamps or ""),
        f"{name}_reward": reward,
        f"{name}_days": str(gift.days or ""),
    }


def _read_what(form: SentForm, name: str) -> Sent:
    """What is given. Raises InvalidRequest if nothing was chosen."""
    kind, days = form.text(name), form.number(f"{name}_days")
    match kind:
        case "nothing":
            return None
        case "stamps":
            return {"stamps": form.number(f"{name}_stamps")}
        case "reward":
            end = {} if days is None else {"valid_days": days}
            return {"reward_description": form.text(f"{name}_reward"), **end}
        case _:
            raise InvalidRequest.field(name, "must be one of the three")


WRONG = {
    STAMPS: N_("Please write a whole number of stamps from 1 to 100."),
    REWARD: N_("Please write a reward of at most 200 letters. Its days are a whole number from 1 to 3650, or empty."),
    "": N_("Please choose one of the three."),
}
"""What is said of a gift that cannot be one, by what was chosen."""

GIFT_FIELDS: dict[str, GiftField] = {
    "birthday": GiftField(
        title=N_("Birthday gift"),
        what=N_(
            "What customers get on the morning of their birthday, once a year, if they told it at least 30 days "
            "before. They read of it in the chat."
        ),
        texts=lambda terms: _what_texts("birthday", terms.birthday),
        read=lambda form: _read_what(form, "birthday"),
        wrong=WRONG,
        rule=N_("A gift has to be at most as many stamps as fill a card. Nothing was changed."),
    ),
}
"""The gifts of a shop, by the names of their fields in a program."""
