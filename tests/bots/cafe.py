"""A café in town: a shop with a customer, somebody who stamps there, and cards to hold before a camera."""

from io import BytesIO
from typing import Any

from msgspec import Struct
from PIL import Image

from bots.buttons import new_nonce
from loyalty_app.chat.bots import BotRecord, new_secret, register
from loyalty_app.customers.card_pictures import CardPicture, render_card
from loyalty_core.access import Role
from loyalty_core.customers import Customer
from loyalty_core.views import CustomerView
from testkit.people import Person
from testkit.screens import Json, Shown
from testkit.shop import Shop
from testkit.town import BOT, Town


class Cafe(Struct, kw_only=True):
    """Bean & Leaf, where Ana works; Lena has a card."""

    town: Town
    shop: Shop
    ana: Person
    lena: CustomerView

    async def card(self) -> Customer:
        """Lena's card as the database has it."""
        return await self.shop.customer(self.lena.id)

    async def stamps(self) -> int:
        """How many stamps are on Lena's card."""
        return (await self.card()).card.current_stamps

    async def calls(self, *methods: str, since: int = 0) -> list[Json]:
        """What the bot has asked of Telegram."""
        return [call for call in await self.town.sandbox.calls(BOT, since=since) if call["method"] in methods]

    def data(self, verb: str, *more: object, customer: int | None = None, shop: int | None = None) -> str:
        """What a button of the staff's screen brings back: a fresh screen's, for Lena's card."""
        return ":".join(map(str, [verb, shop or self.shop.business.id, customer or self.lena.id, *more]))

    def stamping(self, count: object = 1, *, customer: int | None = None, shop: int | None = None) -> str:
        """What a fresh [+n] brings back."""
        return self.data("stamp", new_nonce(), count, customer=customer, shop=shop)


async def open_cafe(
    town: Town,
    *,
    role: Role = Role.STAFF,
    timezone: str = "UTC",
    **terms: Any,  # noqa: ANN401  # fields of `Terms`
) -> Cafe:
    """Bean & Leaf, whose ten stamps make a coffee, except for what is named."""
    shop = await town.open_shop(timezone=timezone, **terms)
    lena = await shop.join("Lena Meyer", phone="+14155550123")
    ana = await town.hire(shop, "Ana", role)
    return Cafe(town=town, shop=shop, ana=ana, lena=lena)


def link(customer: CustomerView) -> str:
    """What the QR code of a card says."""
    return f"https://t.me/{BOT}?start=c_{customer.qr_code}"


def picture(customer: CustomerView) -> bytes:
    """A card, as its customer's phone shows it."""
    return render_card(
        CardPicture(
            shop_name="Bean & Leaf",
            customer_name=customer.name,
            current_stamps=customer.current_stamps,
            stamps_required=customer.stamps_required,
            reward_description="A coffee",
            rewards_available=customer.rewards_available,
            qr_text=link(customer),
            qr_code=customer.qr_code,
        )
    )


def table_of(*customers: CustomerView) -> bytes:
    """A photo of several cards, one below the other."""
    cards = [Image.open(BytesIO(picture(customer))) for customer in customers]
    photo = Image.new("RGB", (1000, 620 * len(cards)), "white")
    for place, card in enumerate(cards):
        photo.paste(card, (0, 620 * place))
    return png(photo)


def png(image: Image.Image) -> bytes:
    """A picture as a file."""
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def screen_of(person: Person) -> Shown:
    """The one message that is somebody's screen."""
    [shown] = [message for message in person.messages if message.sender == "bot"]
    return shown


def button(person: Person, label: str) -> str:
    """What the button brings back whose label begins so."""
    [data] = [each.data for each in screen_of(person).buttons if each.text.startswith(label) and each.data]
    return data


async def press_raw(cafe: Cafe, person: Person, data: str) -> None:
    """Press, and do not wait for what comes of it."""
    body = {"message_id": screen_of(person).id, "data": data}
    await cafe.town.sandbox.post(f"control/chats/{person.id}/{BOT}/press", body)


async def own_bot(cafe: Cafe, username: str) -> None:
    """Give the café a bot of its own."""
    town = cafe.town
    made = await town.sandbox.add_bot(username=username, name="Bean & Leaf")
    record = BotRecord(
        bot_id=made["id"],
        business_id=cafe.shop.business.id,
        username=username,
        secret=new_secret(),
        token=made["token"],
    )
    await register(town.runtime.database, town.runtime.vault, record, now=town.clock())
    await town.supervisor.follow()
