"""Who may stamp: invitations, removal, and presses that nobody was offered.

What is not allowed changes nothing and tells nothing.
"""

from datetime import timedelta

import pytest

from bots.buttons import LONGEST_DATA, new_nonce
from loyalty_app.shops.invites import invite
from loyalty_app.shops.staff import list_staff, remove_staff
from loyalty_app.shops.workplaces import add_branch
from loyalty_core.access import Role
from loyalty_core.customers import Customer
from testkit.concurrency import until
from testkit.people import Person
from testkit.town import Town
from tests.bots.cafe import Cafe, link, open_cafe, screen_of
from tests.bots.test_owner_notice_worker import told

pytestmark = pytest.mark.usefixtures("unhurried")

NOT_ON_STAFF = "You are not on the staff of this shop."


@pytest.fixture
async def cafe(town: Town) -> Cafe:
    return await open_cafe(town)


async def invitation(cafe: Cafe, role: Role = Role.STAFF, *, hours_ago: float = 0) -> str:
    at = cafe.town.clock() - timedelta(hours=hours_ago)
    return await invite(cafe.shop.database, cafe.shop.business.id, role, now=at)


async def roles(cafe: Cafe) -> dict[str, Role]:
    return {one.name: one.role for one in await list_staff(cafe.shop.database, cafe.shop.business.id)}


async def test_an_invitation_makes_one_of_the_staff_who_can_stamp_at_once(either_town: Town) -> None:
    cafe = await open_cafe(either_town)
    ben = await cafe.town.person("Ben", last_name="Okoro")
    await ben.start(await invitation(cafe))
    words = screen_of(ben).words
    assert words.startswith("👋 Welcome to Bean & Leaf! You are on the staff")
    assert all(way in words for way in ("camera", "photo", "code"))
    await ben.open(link(cafe.lena))
    await ben.press("+1")
    assert await cafe.stamps() == 1
    assert len(ben.messages) == 1


@pytest.mark.parametrize(("role", "said"), [(Role.MANAGER, "You are a manager"), (Role.OWNER, "You are an owner")])
async def test_the_welcome_says_the_role(cafe: Cafe, role: Role, said: str) -> None:
    ben = await cafe.town.person("Ben")
    await ben.start(await invitation(cafe, role))
    assert said in screen_of(ben).words
    assert (await roles(cafe))["Ben"] is role


async def test_an_invitation_that_is_opened_twice_or_comes_again_makes_one_of_the_staff(cafe: Cafe) -> None:
    ben, payload = await cafe.town.person("Ben"), await invitation(cafe)
    await ben.start(payload)
    await cafe.town.sandbox.redeliver(ben.bot)
    await ben.start(payload)
    assert "Welcome" in ben.last.words
    assert list(await roles(cafe)) == ["Ana", "Ben"]


INVALID = "This invitation is not valid: it was used, has expired or was mistyped. Please ask for a new one."


async def screens(cafe: Cafe) -> list[str]:
    """What Ana reads, once she was told that she is off the staff, without that."""
    await until(lambda: told(cafe.shop))
    return [message.words for message in (await cafe.ana.screen()).from_bot if not message.words.startswith("👥")]


async def test_an_invitation_that_was_used_or_is_over_or_never_was_lets_nobody_in(cafe: Cafe) -> None:
    used, over = await invitation(cafe), await invitation(cafe, hours_ago=25)
    await (await cafe.town.person("Ben")).start(used)
    eve = await cafe.town.person("Eve")
    for payload in (used, over, "i_0000000000000000000000", "i_"):
        await eve.start(payload)
        assert eve.last.words == INVALID
    assert list(await roles(cafe)) == ["Ana", "Ben"]


async def test_who_is_removed_stamps_no_more_and_sees_nothing_of_the_customer(either_town: Town) -> None:
    """Removal works at once: also for a screen that is open."""
    cafe = await open_cafe(either_town)
    await cafe.ana.open(link(cafe.lena))
    await remove(cafe, "Ana")
    assert await cafe.ana.press("+1") == NOT_ON_STAFF
    assert await cafe.stamps() == 0
    assert await screens(cafe) == [NOT_ON_STAFF]
    assert not any(message.buttons for message in (await cafe.ana.screen()).from_bot)


@pytest.mark.parametrize("label", ["6–10", "Redeem", "Undo", "Where"])
async def test_no_button_shows_a_customer_to_somebody_who_was_removed(cafe: Cafe, label: str) -> None:
    await cafe.shop.stamp(cafe.lena.id, 10)
    for name in ("Centre", "Harbour"):
        await add_branch(cafe.shop.database, cafe.shop.business.id, name=name, now=cafe.town.clock())
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    await remove(cafe, "Ana")
    assert await cafe.ana.press(label) == NOT_ON_STAFF
    assert await screens(cafe) == [NOT_ON_STAFF]
    assert await cafe.stamps() == 1


async def test_who_comes_back_has_the_role_of_the_new_invitation(cafe: Cafe) -> None:
    await remove(cafe, "Ana")
    await cafe.ana.start(await invitation(cafe, Role.MANAGER))
    assert await roles(cafe) == {"Ana": Role.MANAGER}
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 1


async def remove(cafe: Cafe, name: str) -> None:
    shop = cafe.shop.business.id
    [number] = [one.staff_id for one in await list_staff(cafe.shop.database, shop) if one.name == name]
    await remove_staff(cafe.shop.database, shop, number, now=cafe.town.clock())


async def every_press(cafe: Cafe) -> list[str]:
    """All that the buttons of the staff could bring back about Lena's card, who has a reward."""
    [reward] = await cafe.shop.rewards()
    entry = (await cafe.shop.ledger())[-1]
    return [
        cafe.stamping(),
        cafe.data("redeem", new_nonce(), reward.id),
        cafe.data("undo", new_nonce(), entry.id, 1),
        cafe.data("serve"),
        cafe.data("amounts"),
        cafe.data("hand"),
        cafe.data("branches"),
        cafe.data("branch", 1),
        cafe.data("cards"),
    ]


@pytest.mark.parametrize("who", ["a stranger", "staff of another shop", "an owner of another shop"])
async def test_a_forged_press_of_somebody_else_changes_and_tells_nothing(either_town: Town, who: str) -> None:
    cafe = await open_cafe(either_town)
    await cafe.shop.stamp(cafe.lena.id, 10)
    await cafe.shop.stamp(cafe.lena.id, 2)
    before = await cafe.card()
    eve = await an_outsider(cafe, who)
    for data in await every_press(cafe):
        assert await eve.press_data(eve.last.id, data) == NOT_ON_STAFF, data
        assert not any("Lena" in message.words for message in eve.messages), data
    assert await cafe.card() == before


async def an_outsider(cafe: Cafe, who: str) -> Person:
    if who == "a stranger":
        eve = await cafe.town.person("Eve")
        await eve.start()
        return eve
    role = Role.OWNER if "owner" in who else Role.STAFF
    return await cafe.town.hire(await cafe.town.open_shop(), "Eve", role)


async def test_customers_and_entries_of_another_shop_are_not_there(cafe: Cafe) -> None:
    """Ana names her own shop, and what belongs to another one."""
    corner = await cafe.town.open_shop()
    kim = await corner.join("Kim", opening_stamps=10)
    stamped = await corner.stamp(kim.id, 3)
    [reward] = await corner.rewards()
    await cafe.ana.open(link(cafe.lena))
    for data in (
        cafe.stamping(customer=kim.id),
        cafe.data("redeem", new_nonce(), reward.id, customer=kim.id),
        cafe.data("redeem", new_nonce(), reward.id),
        cafe.data("undo", new_nonce(), stamped.transaction_id, 3),
        cafe.data("serve", customer=kim.id),
        cafe.data("hand", customer=kim.id),
        cafe.data("cards", customer=kim.id),
    ):
        await cafe.ana.press_data(cafe.ana.last.id, data)
        assert not any("Kim" in message.words + str(message.labels) for message in cafe.ana.messages), data
    theirs: Customer = await corner.customer(kim.id)
    assert (theirs.card.current_stamps, theirs.card.rewards_available) == (3, 1)
    assert await cafe.stamps() == 0


@pytest.mark.parametrize("count", [0, 11, 99, -1, "x", "", "1.5", "٣", 10**17, "9" * 18])
async def test_an_absurd_number_of_stamps_gives_none(cafe: Cafe, count: object) -> None:
    await cafe.ana.open(link(cafe.lena))
    assert await cafe.ana.press_data(cafe.ana.last.id, cafe.stamping(count)) == (
        "That cannot be right. Please check it."
    )
    assert await cafe.stamps() == 0
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 1


@pytest.mark.parametrize(
    "data",
    [
        "stamp",
        "stamp:",
        "stamp:1",
        "stamp:-1:-1",
        "stamp:x:y:z:1",
        "redeem:::::::",
        "undo:1:1",
        "cards:1:x:-1:99999999999999999999999",
        "serve:999999999999999999:999999999999999999",
        "serve:9223372036854775807:9223372036854775808",
        "branch:1:1:1:1:1",
        "nonsense:1:2:3",
        "STAMP:1:1:x:1",
        ":",
        "\0",
        "x" * LONGEST_DATA,
    ],
)
async def test_no_press_makes_the_bot_stumble(cafe: Cafe, data: str) -> None:
    await cafe.ana.open(link(cafe.lena))
    said = await cafe.ana.press_data(cafe.ana.last.id, data)
    assert said != "Something went wrong here. Please try again."
    assert await cafe.stamps() == 0
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    assert await cafe.stamps() == 1


@pytest.mark.parametrize("payload", ["c_", "c_x", "c_CUS000000000U", "c_" + "0" * 62, "i_" + "z" * 62])
async def test_no_payload_makes_the_bot_stumble(cafe: Cafe, payload: str) -> None:
    await cafe.ana.start(payload)
    assert len(cafe.ana.messages) == 1
    await cafe.ana.open(link(cafe.lena))
    assert "Lena" in cafe.ana.last.words


async def test_somebody_on_the_staff_of_two_shops_stamps_the_card_of_each(cafe: Cafe) -> None:
    corner = await cafe.town.open_shop()
    await cafe.town.employ(corner, cafe.ana)
    kim = await corner.join("Kim")
    await cafe.ana.open(link(kim))
    await cafe.ana.press("+2")
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+3")
    assert (await corner.customer(kim.id)).card.current_stamps == 2
    assert await cafe.stamps() == 3


async def test_the_ledger_names_who_stamped(cafe: Cafe) -> None:
    await cafe.ana.open(link(cafe.lena))
    await cafe.ana.press("+1")
    actor = (await cafe.shop.ledger())[-1].actor
    assert (actor.type, actor.name) == ("staff", "Ana")
