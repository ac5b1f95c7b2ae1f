"""Languages: choosing the one in which the bot speaks to a person. The sentences are in `locales`."""

from bots.buttons import button
from bots.context import Turn
from bots.words import LANGUAGES, words_for
from loyalty_app.chat.chats import ChatChange


async def ask(turn: Turn) -> None:
    """Offer all languages, each by its own name."""
    names = [button(words_for(code).name, "language", code) for code in LANGUAGES]
    rows = [names[place : place + 2] for place in range(0, len(names), 2)]
    await turn.screen(turn.words.say("Which language shall we speak?"), rows)


async def choose(turn: Turn) -> None:
    """Speak the language that was chosen, from now on."""
    code = turn.press.text(0)
    if code not in LANGUAGES:
        return
    turn.note(ChatChange(language=code))
    turn.words = words_for(code)
    await turn.screen(turn.words.say("We speak {language} now.", language=turn.words.name))


PRESSES = {"languages": ask, "language": choose}
