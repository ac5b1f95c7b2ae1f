"""Names that several have: people who must choose by name see labels that differ."""

from loyalty_app.words import numbered
from loyalty_core.access import Role
from testkit.town import Town
from tests.bots.customers import open_named


def test_names_that_stand_twice_are_counted() -> None:
    assert numbered(["Ana", "Max", "ana", "Ana"]) == ["Ana (1)", "Max", "ana (2)", "Ana (3)"]
    assert numbered([]) == []


async def test_two_of_the_staff_with_one_name_can_be_told_apart(town: Town) -> None:
    shop = await town.open_shop()
    mira = await town.hire(shop, "Mira", Role.OWNER)
    for _ in range(2):
        await town.hire(shop, "Ana")
    await mira.say("/shop")
    await mira.press("👥 Staff")
    assert [label for label in mira.last.labels if "Ana" in label] == ["✖ Ana (1)", "✖ Ana (2)"]
    await mira.press("✖ Ana (2)")
    assert "Remove Ana (2)" in mira.last.words
    await mira.press("No, keep")
    await mira.press("« My shop")
    await mira.press("🧾 Who did what")
    assert [label for label in mira.last.labels if "Ana" in label] == ["Ana (1)", "Ana (2)"]


async def test_two_shops_with_one_name_can_be_told_apart_by_holders_and_by_staff(town: Town) -> None:
    first, second = await open_named(town, "Moon"), await open_named(town, "Moon")
    lena = await town.person("Lena")
    for shop in (first, second):
        await lena.start(f"j_{shop.business.slug}")
    await lena.say("/card")
    assert lena.last.labels == ["Moon (1) · 0/10", "Moon (2) · 0/10"]
    ana = await town.hire(first, "Ana", Role.OWNER)
    await town.employ(second, ana, Role.OWNER)
    await ana.press_data(ana.last.id, "shops")
    assert ana.last.labels == ["Moon (1)", "Moon (2)"]
