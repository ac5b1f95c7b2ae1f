"""Settings while a machine of a cluster is away: they are refused in words, and nobody waits for them."""

from loyalty_app.settings import Settings
from loyalty_app.shops.businesses import find_business
from loyalty_core.access import Role
from testkit.pretended_cluster import copies_held
from testkit.town import open_town

HELD = {
    "en": "Shops, settings and staff cannot be changed just now",
    "de": "Läden, Einstellungen und Teams lassen sich gerade nicht ändern",
}


async def test_settings_that_no_machine_takes_are_refused_at_once_and_all_else_goes_on(
    postgres_settings: Settings,
) -> None:
    async with open_town(postgres_settings) as town:
        shop = await town.open_shop()
        mira = await town.hire(shop, "Mira", Role.OWNER, language_code="de")
        lena = await town.person("Lena")
        await lena.start(f"j_{shop.business.slug}")
        async with copies_held(postgres_settings):
            await mira.say("/shop")
            await mira.press("Einstellungen")
            await mira.press("Name")
            await mira.say("Tea & Leaf")
            assert HELD["de"] in (mira.last.text or "")
            await town.restart()
            await mira.say("/shop")
            assert "Bean & Leaf" in (mira.last.text or "")
        own = await town.runtime.database.read(lambda connection: find_business(connection, shop.business.id))
        assert own.name == "Bean & Leaf"
