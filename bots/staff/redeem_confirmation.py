"""Redeem confirmation: names the reward and asks once more before it is handed out. Of several, one is chosen.

Nothing is written here: the buttons lead to `stamping`.
"""

from typing import NoReturn

from bots.buttons import GOOD, Rows, button, new_nonce
from bots.staff.screen import StaffScreen, look, short, show, turn_away, way_back
from bots.staff.shift import find_shift
from bots.turn import Turn
from bots.words import Html, reply
from loyalty_app.customers.staff_view import rewards_of
from loyalty_app.shops.businesses import Business
from loyalty_core.errors import CustomerNotFound, NoRewardAvailable
from loyalty_core.rewards import Reward, last_end

MOST_CHOICES = 40


async def hand(turn: Turn) -> None:
    """[Redeem]: shop, customer. Names the reward and asks once more; of several, one is chosen."""
    shift = await find_shift(turn, turn.press.business_id)
    if shift is None:
        await turn_away(turn)
        return
    try:
        screen = await look(turn, shift, turn.press.customer_id)
        different = _different(screen.view.rewards) or await _none(turn, shift.position.business)
    except (CustomerNotFound, NoRewardAvailable) as refusal:
        await turn.toast(reply(turn.words, refusal, turn.now(shift.position.business)), alert=True)
        await show(turn, shift, turn.press.customer_id)
        return
    if len(different) == 1:
        await turn.screen(*_confirmation(screen, different[0], turn))
    else:
        await turn.screen(*_choice(screen, different, turn))


def _different(rewards: tuple[Reward, ...]) -> list[Reward]:
    """One reward of each description, the oldest."""
    return list({reward.description: reward for reward in reversed(rewards)}.values())[::-1]


async def _none(turn: Turn, shop: Business) -> NoReturn:
    """Raise NoRewardAvailable, which says when the last reward ended."""
    customer_id, now = turn.press.customer_id, turn.now(shop)
    rewards = await turn.read(lambda connection: rewards_of(connection, shop.id, customer_id))
    raise NoRewardAvailable(expires_at=last_end(rewards, now))


def _confirmation(screen: StaffScreen, reward: Reward, turn: Turn) -> tuple[Html, Rows]:
    words = screen.words
    text = words.say("🎁 Hand out <b>{reward}</b> to <b>{name}</b>?", reward=reward.description, name=screen.name)
    yes = button(words.label("✅ Yes, hand it out"), "redeem", *screen.data(new_nonce(), reward.id), look=GOOD)
    return text, [[yes], *_back(screen, turn)]


def _choice(screen: StaffScreen, rewards: list[Reward], turn: Turn) -> tuple[Html, Rows]:
    words, nonce = screen.words, new_nonce()
    text = words.say("🎁 Which reward do you hand out to <b>{name}</b>?", name=screen.name)
    rows = [
        [button(words.label("{reward}", reward=short(reward.description)), "redeem", *screen.data(nonce, reward.id))]
        for reward in rewards[:MOST_CHOICES]
    ]
    return text, [*rows, *_back(screen, turn)]


def _back(screen: StaffScreen, turn: Turn) -> Rows:
    return [[button(screen.words.label("⬅️ Back"), "serve", *screen.data())], *way_back(turn)]


PRESSES = {"hand": hand}
