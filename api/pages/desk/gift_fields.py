"""Fields of gifts: how what a shop gives is filled in, and how what was sent is read. The rules are in the core.

A gift is nothing, or one of a few kinds with some inputs. All are one value together, under the name of the gift.
"""

from collections.abc import Mapping

import msgspec

from api.pages.desk.forms import SentForm, check_fields
from loyalty_app.words import N_
from loyalty_core.errors import FieldError, InvalidRequest
from loyalty_core.gifts import BirthdayGift, ReferralGift, WinBack, check_both_get_some
from loyalty_core.programs import ProgramChange, Terms

NOTHING, STAMPS, REWARD, BOTH = "nothing", "stamps", "reward", "both"
USUAL = {"after_days": "60", "stamps_for_friend": "1", "stamps_for_referrer": "1", "monthly_cap": "5"}
"""What the inputs of a gift that is off begin with."""


class GiftInput(msgspec.Struct, frozen=True):
    """An input: its label, what is said if its value cannot be, and its kind: a number, or a text."""

    label: str
    wrong: str
    kind: str = "number"

    @property
    def is_text(self) -> bool:
        """Whether it is a text."""
        return self.kind == "text"


INPUTS: dict[str, GiftInput] = {
    "stamps": GiftInput(N_("How many stamps"), N_("Please write a whole number of stamps from 1 to 100.")),
    "reward_description": GiftInput(N_("Which reward"), N_("Please write a text of at most 200 letters."), "text"),
    "valid_days": GiftInput(
        N_("Valid for how many days (empty: for ever)"),
        N_("Please write a whole number of days from 1 to 3650, or leave it empty for ever."),
    ),
    "after_days": GiftInput(
        N_("After how many days without a visit"), N_("Please write a whole number of days from 14 to 730.")
    ),
    "stamps_for_friend": GiftInput(
        N_("Stamps for the friend, to begin with"), N_("Please write a whole number of stamps from 1 to 99.")
    ),
    "stamps_for_referrer": GiftInput(
        N_("Stamps for the customer who brought them, at the friend's first visit"),
        N_("Please write a whole number of stamps from 1 to 99."),
    ),
    "monthly_cap": GiftInput(N_("How often a month at most"), N_("Please write a whole number from 1 to 1000.")),
}


class GiftKind(msgspec.Struct, frozen=True):
    """A kind of gift: what it is called, and its inputs."""

    label: str
    inputs: tuple[str, ...] = ()


WHAT = {
    NOTHING: GiftKind(N_("nothing")),
    STAMPS: GiftKind(N_("stamps"), ("stamps",)),
    REWARD: GiftKind(N_("a reward"), ("reward_description", "valid_days")),
}
FRIENDS = {
    NOTHING: GiftKind(N_("nothing")),
    BOTH: GiftKind(N_("stamps for both"), ("stamps_for_friend", "stamps_for_referrer", "monthly_cap")),
}
CHOOSE = N_("Please choose what is given, or nothing.")


class GiftField(msgspec.Struct, frozen=True, kw_only=True):
    """A gift: its name, what it means, its shape and kinds, and inputs of all kinds but nothing.

    `rule` says what it may not be beside the other terms. Before one that is `shown_first` is switched on, an owner
    sees how many it goes to now, and how it looks.
    """

    title: str
    what: str
    shape: type[BirthdayGift] | type[ReferralGift]
    rule: str
    kinds: Mapping[str, GiftKind] = msgspec.field(default_factory=lambda: WHAT)
    always: tuple[str, ...] = ()
    shown_first: bool = False


GIFT_FIELDS: dict[str, GiftField] = {
    "birthday": GiftField(
        title=N_("Birthday gift"),
        what=N_(
            "What customers get on the morning of their birthday, once a year, if they told it at least 30 days "
            "before. They read of it in the chat."
        ),
        shape=BirthdayGift,
        rule=N_("A gift has to be at most as many stamps as fill a card. Nothing was changed."),
    ),
    "referral": GiftField(
        title=N_("Bring a friend"),
        what=N_(
            "Each card gets a button that sends a link to friends. A friend who joins by it and never had a card here "
            "begins with stamps as a gift. At the friend's first visit the customer who brought them gets stamps, too, "
            "up to a number of times a month."
        ),
        shape=ReferralGift,
        rule=N_(
            "Gifts for friends have to be fewer stamps than fill a card, for the friend together with the head start. "
            "Nothing was changed."
        ),
        kinds=FRIENDS,
    ),
    "win_back": GiftField(
        title=N_("Win back"),
        what=N_(
            "A customer who was here at least twice and then not for so long gets a gift and one message, between 10 "
            "and 20 o'clock: once until they come again, and at most once in 60 days. Before you switch it on, you see "
            "how many customers it would go to now, and how it looks."
        ),
        shape=WinBack,
        rule=N_("A gift has to be at most as many stamps as fill a card. Nothing was changed."),
        always=("after_days",),
        shown_first=True,
    ),
}
"""The gifts of a shop, by the names of their fields in a program."""


def gift_texts(name: str, terms: Terms) -> dict[str, str]:
    """The inputs of a gift as the terms fill them."""
    gift = getattr(terms, name)
    if gift is None:
        field = GIFT_FIELDS[name]
        inputs = {*field.always, *(one for kind in field.kinds.values() for one in kind.inputs)}
        return {name: NOTHING, **{f"{name}_{one}": text for one, text in USUAL.items() if one in inputs}}
    given = {one: value for one in gift.__struct_fields__ if (value := getattr(gift, one)) is not msgspec.UNSET}
    kinds = GIFT_FIELDS[name].kinds.items()
    kind = next(key for key, kind in kinds if kind.inputs and kind.inputs[0] in given)
    return {name: kind, **{f"{name}_{one}": str(value) for one, value in given.items()}}


def kept_text(name: str, terms: Terms) -> str:
    """What a form keeps of the gift that it was made with."""
    return msgspec.json.encode(getattr(terms, name)).decode()


def sent_gift(name: str, form: SentForm) -> BirthdayGift | ReferralGift | None:
    """The gift that was sent. Raises InvalidRequest, which names the input."""
    field, kind = GIFT_FIELDS[name], form.text(name)
    if kind not in field.kinds:
        raise InvalidRequest.field(name, "must be one of those that are offered")
    if kind == NOTHING:
        return None
    inputs = (*field.always, *field.kinds[kind].inputs)
    values = {one: _value(form, name, one) for one in inputs}
    values = {one: value for one, value in values.items() if value is not None or one != "valid_days"}
    try:
        check_fields(values, field.shape)
        gift = msgspec.convert(values, field.shape)
        if isinstance(gift, ReferralGift):
            check_both_get_some(gift)
    except InvalidRequest as refusal:
        wrong = (FieldError(f"/{name}_{fault.pointer.lstrip('/')}", fault.message) for fault in refusal.errors)
        raise InvalidRequest(*wrong) from None
    return gift


def _value(form: SentForm, name: str, one: str) -> object:
    return form.text(f"{name}_{one}") if INPUTS[one].is_text else form.number(f"{name}_{one}")


def sent_change(name: str, form: SentForm) -> ProgramChange:
    """The change of one gift; none if it is as the form was made. Raises InvalidRequest."""
    gift = sent_gift(name, form)
    if msgspec.json.encode(gift).decode() == form.text("was"):
        return ProgramChange()
    return msgspec.convert({name: msgspec.to_builtins(gift)}, ProgramChange)


def gift_sentences(name: str, *, fits: bool) -> dict[str, str]:
    """What is said of the inputs of a gift; if it `fits`, what is wrong is how it stands to the other terms."""
    inputs = {f"{name}_{one}": one_input.wrong for one, one_input in INPUTS.items()}
    return {**inputs, name: GIFT_FIELDS[name].rule if fits else CHOOSE}
