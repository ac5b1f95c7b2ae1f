"""Refusals as sentences, in the language of their reader, for the chat and for the pages.

A refusal carries its numbers and times. `loyalty_core.errors` defines the refusals; a test walks them all.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from loyalty_app.customers.card_pictures import first_name
from loyalty_app.words import N_, Words
from loyalty_core import errors, several_programs
from loyalty_core.access import Role
from loyalty_core.errors import LoyaltyError, MergeBar, VoidBar

Reply = Callable[[Words, Any, datetime], str]


def sentence_of(words: Words, refusal: LoyaltyError, now: datetime) -> str:
    """A refusal in words, without HTML. `now` is in the time zone of the shop."""
    for kind in type(refusal).__mro__:
        if kind in REPLIES:
            return REPLIES[kind](words, refusal, now)
        if kind in SENTENCES:
            return words.plain(SENTENCES[kind])
    return words.plain("That is not possible.")


def _stamp_too_soon(words: Words, refusal: errors.StampTooSoon, now: datetime) -> str:
    ago, at = words.ago(now - refusal.last_at), words.moment(refusal.next_at.astimezone(now.tzinfo), now)
    if refusal.by:
        return words.plain(
            "Already stamped {ago} by {name}; next stamp at {time}.", ago=ago, name=first_name(refusal.by), time=at
        )
    return words.plain("Already stamped {ago}; next stamp at {time}.", ago=ago, time=at)


def _daily_cap_reached(words: Words, refusal: errors.DailyCapReached, now: datetime) -> str:
    if refusal.never_fit is not None:
        return words.plain(
            "No more than {cap} stamps a day: {stamps} at once never fit.", cap=refusal.cap, stamps=refusal.never_fit
        )
    if refusal.past_day is not None:
        return words.plain(
            "No more than {cap} stamps a day: on {day}, {given} were given already.",
            cap=refusal.cap,
            given=refusal.given,
            day=words.date(refusal.past_day),
        )
    return words.plain(
        "No more than {cap} stamps a day: {given} were given today. More from {time}.",
        cap=refusal.cap,
        given=refusal.given,
        time=words.moment(refusal.next_at.astimezone(now.tzinfo), now),
    )


def _already_redeemed(words: Words, refusal: errors.RewardAlreadyRedeemed, now: datetime) -> str:
    return words.plain("This reward was already redeemed, {ago}.", ago=words.ago(now - refusal.redeemed_at))


def _reward_expired(words: Words, refusal: errors.RewardExpired, now: datetime) -> str:
    until = words.moment(refusal.expires_at.astimezone(now.tzinfo), now)
    return words.plain("This reward could be redeemed until {time}.", time=until)


def _no_reward(words: Words, refusal: errors.NoRewardAvailable, now: datetime) -> str:
    if refusal.expires_at is None:
        return words.plain("There is no reward to redeem.")
    until = words.moment(refusal.expires_at.astimezone(now.tzinfo), now)
    return words.plain("This reward could be redeemed until {time}.", time=until)


def _customer_limit(words: Words, refusal: errors.CustomerLimitReached, _now: datetime) -> str:
    return words.plain(
        "This shop's plan holds {limit} customers, and it is full. The owner can ask for a larger plan.",
        limit=refusal.limit,
    )


def _shop_limit(words: Words, refusal: errors.ShopLimitReached, _now: datetime) -> str:
    return words.plain("You can own {limit} shops at most, and you do already.", limit=refusal.limit)


def _program_limit(words: Words, refusal: several_programs.ProgramLimitReached, _now: datetime) -> str:
    return words.plain(
        "A shop can have {limit} cards in use, and this one does already. Archive one first.", limit=refusal.limit
    )


def _role_required(words: Words, refusal: errors.RoleRequired, _now: datetime) -> str:
    return words.plain(ROLES_REQUIRED.get(refusal.role, ROLES_REQUIRED[Role.OWNER]))


def _void_refused(words: Words, refusal: errors.VoidRefused, _now: datetime) -> str:
    return words.plain(BARS[refusal.bar])


def _merge_refused(words: Words, refusal: errors.MergeRefused, _now: datetime) -> str:
    return words.plain(MERGE_BARS[refusal.bar])


def _shop_moved(words: Words, refusal: errors.ShopMoved, _now: datetime) -> str:
    return words.plain("This shop has moved: {place}. All cards and stamps are there.", place=refusal.moved_to)


def is_held(refusal: LoyaltyError) -> bool:
    """Whether it is a change of what every machine of a cluster keeps, while one is away: nobody should wait for it."""
    return isinstance(refusal, errors.Busy) and refusal.reason is errors.BusyReason.SETTINGS_HELD


def _busy(words: Words, refusal: errors.Busy, _now: datetime) -> str:
    if is_held(refusal):
        return words.plain(
            "Shops, settings and staff cannot be changed just now: a part of this server is away. Nothing was changed. "
            "Please try again later."
        )
    return words.plain("The server cannot save this just now. It tries again by itself; you need not repeat it.")


REPLIES: dict[type[LoyaltyError], Reply] = {
    errors.StampTooSoon: _stamp_too_soon,
    errors.DailyCapReached: _daily_cap_reached,
    errors.RewardAlreadyRedeemed: _already_redeemed,
    errors.RewardExpired: _reward_expired,
    errors.NoRewardAvailable: _no_reward,
    errors.CustomerLimitReached: _customer_limit,
    errors.ShopLimitReached: _shop_limit,
    several_programs.ProgramLimitReached: _program_limit,
    errors.RoleRequired: _role_required,
    errors.VoidRefused: _void_refused,
    errors.MergeRefused: _merge_refused,
    errors.ShopMoved: _shop_moved,
    errors.Busy: _busy,
}

# Refusals without numbers or times.
SENTENCES: dict[type[LoyaltyError], str] = {
    errors.NotOnStaff: N_("You are not on the staff of this shop."),
    errors.CustomerNotFound: N_("There is no such card in this shop."),
    errors.RotatingCodeRequired: N_(
        "This shop takes only the code that changes. Ask the guest to open the card in the app, or find the guest by "
        "name or phone number."
    ),
    errors.CodeExpired: N_(
        "This is a screenshot or an old code. Ask the guest to open the card again and show the code that is there now."
    ),
    errors.CodeUsed: N_(
        "This code was used already. The card shows a new one within 30 seconds: ask the guest for that."
    ),
    errors.RewardNotFound: N_("There is no such reward."),
    several_programs.ProgramNotFound: N_("This shop has no such card any more."),
    several_programs.ProgramArchived: N_("This card takes no new stamps any more. Its rewards can still be redeemed."),
    several_programs.MainProgramNeeded: N_(
        "This is the main card, and a shop needs one. Make another card the main one first."
    ),
    errors.TransactionNotFound: N_("There is nothing to undo."),
    errors.ShopClosed: N_("This shop is no longer here. Its cards are being deleted."),
    errors.AlreadyVoided: N_("That was already undone."),
    errors.CustomerExists: N_("Another card of this shop has that phone number."),
    errors.CardInUse: N_("Redeem the reward on the card in this chat first, then share the number again."),
    errors.InviteInvalid: N_(
        "This invitation is not valid: it was used, has expired or was mistyped. Please ask for a new one."
    ),
    errors.LastOwner: N_("A shop keeps at least one owner. Invite another owner first."),
    errors.PlanRequired: N_("The plan of this shop does not include that."),
    errors.IdempotencyKeyReused: N_("This screen was used already. Here is the newest."),
    errors.InvalidRequest: N_("That cannot be right. Please check it."),
}

ROLES_REQUIRED: dict[str, str] = {
    Role.STAFF: N_("Only the staff of the shop can do that."),
    Role.MANAGER: N_("Only managers and owners can do that."),
    Role.OWNER: N_("Only owners can do that."),
}

BARS: dict[VoidBar, str] = {
    VoidBar.NO_STAMP_OR_REDEMPTION: N_("Only stamps and rewards that were handed out can be undone."),
    VoidBar.NOT_THE_SHOP: N_("Only the shop can undo this."),
    VoidBar.NOT_THEIR_OWN: N_("Somebody else did that. A manager can undo it."),
    VoidBar.TOO_LATE: N_("That was more than 10 minutes ago. A manager can undo it."),
    VoidBar.MORE_THAN_LEFT: N_("That stamp has fewer left to undo by now. Please look again."),
    VoidBar.REWARD_HANDED_OUT: N_("The reward from this stamp was already handed out. Undo that first."),
}

MERGE_BARS: dict[MergeBar, str] = {
    MergeBar.REWARD_HANDED_OUT: N_("Together these cards would take back a reward that was already handed out."),
    MergeBar.ALREADY_MERGED: N_("These two are one card already."),
    MergeBar.NOT_MERGED: N_("These two cards were not merged."),
    MergeBar.TOO_LATE: N_("That was more than 30 days ago. The cards stay one."),
    MergeBar.STAMPED_SINCE: N_("The card has earned something since with the stamps of both. They stay one."),
}
