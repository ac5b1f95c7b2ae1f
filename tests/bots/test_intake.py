"""Intake: what comes from Telegram is handled once, in the order of each person, and one bad update stops nobody."""

from tests.bots.town import Town


async def test_somebody_who_comes_is_welcomed(either_town: Town) -> None:
    lena = await either_town.person("Lena")
    screen = await lena.start()
    assert screen.from_bot
