"""Languages: choosing the one in which the bot speaks to a person.

The sentences are in `locales`; `bots/words.py` fills them in.
"""

from bots.buttons import Arg, Rows, button
from bots.turn import Turn
from bots.words import LANGUAGES, words_for
from loyalty_app.chat.card_queue import show_again
from loyalty_app.chat.chats import ChatChange


def language_rows(verb: str, *args: Arg) -> Rows:
    """A button for each language, with its own name."""
    names = [button(words_for(code).name, verb, *args, code) for code in LANGUAGES]
    return [names[first : first + 2] for first in range(0, len(names), 2)]


async def ask(turn: Turn) -> None:
    """Offer all languages."""
    await turn.screen(turn.words.say("Which language would you like?"), language_rows("language"))


async def choose(turn: Turn) -> None:
    """Use the chosen language from now on."""
    code = turn.press.text(0)
    if code not in LANGUAGES:
        return
    turn.note(ChatChange(language=code))
    turn.words = words_for(code)
    await turn.screen(turn.words.say("✅ Language: {language}", language=turn.words.name))
    await repaint_cards(turn)


async def repaint_cards(turn: Turn) -> None:
    """Request that all cards of the chat are shown again where they are, in the present language."""
    await turn.finish()  # the card worker reads the language there
    await show_again(turn.runtime.database, turn.bot_id, turn.user_id, now=turn.now())
    turn.runtime.wakeups.cards.notify()


PRESSES = {"languages": ask, "language": choose}
