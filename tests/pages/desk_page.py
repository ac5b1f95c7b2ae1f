"""A shop's desk as somebody of its staff has it in a browser that runs no script: pages to read, forms to send."""

import re
from collections.abc import Mapping
from html import unescape

import httpx

from loyalty_core.access import Role
from testkit.people import Person
from testkit.shop import Shop
from tests.pages.place import Place


class DeskPage:
    """The desk of one shop, for one person of its staff."""

    def __init__(self, shop: Shop, person: Person, client: httpx.AsyncClient) -> None:
        self.shop, self.person, self.client, self.path = shop, person, client, f"shop/{shop.business.id}"

    async def get(self, path: str, **query: str | int) -> httpx.Response:
        """A page of the desk."""
        return await self.client.get(f"{self.path}/{path}", params=query)

    async def form(self, page: str, action: str) -> dict[str, str]:
        """What a browser would send of the form on a page that goes to an address, if nothing were touched."""
        return form_of((await self.get(page)).text, f"/{self.path}/{action}")

    async def send(self, action: str, fields: dict[str, str], **changed: str) -> httpx.Response:
        """Send a form, and follow to where it leads."""
        return await self.client.post(f"{self.path}/{action}", data={**fields, **changed}, follow_redirects=True)

    async def upload(
        self, action: str, fields: dict[str, str], files: Mapping[str, bytes], **changed: str
    ) -> httpx.Response:
        """Send a form with files that were chosen, and follow to where it leads."""
        chosen = {name: (f"{name}.bin", content) for name, content in files.items()}
        return await self.client.post(
            f"{self.path}/{action}", data={**fields, **changed}, files=chosen, follow_redirects=True
        )


def form_of(page: str, action: str) -> dict[str, str]:
    """The fields of the form with that address, as they stand in a page."""
    [form] = [one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'{action}"' in one.partition(">")[0]]
    inputs = [one for one in re.findall(r"<input[^>]*>", form) if _is_sent(one)]
    fields = {_attribute(one, "name"): _attribute(one, "value") for one in inputs}
    for opening, options in re.findall(r"(<select[^>]*>)(.*?)</select>", form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        fields[_attribute(opening, "name")] = chosen[1] if chosen else ""
    written = re.findall(r"(<textarea[^>]*>)(.*?)</textarea>", form, re.DOTALL)
    return fields | {_attribute(opening, "name"): unescape(text) for opening, text in written}


def _is_sent(tag: str) -> bool:
    """Whether a browser sends an input that nobody touched."""
    kind = _attribute(tag, "type")
    return kind not in {"checkbox", "file"} and (kind != "radio" or " checked" in tag)


def texts(page: str) -> str:
    """What can be read on a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'(?<=\s){name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


async def desk_of(place: Place, role: Role = Role.OWNER, *, language: str = "en", timezone: str = "UTC") -> DeskPage:
    """The desk of a new shop, for somebody with that role."""
    shop = await place.town.open_shop(timezone=timezone)
    person = await place.town.hire(shop, "Mira", role)
    return DeskPage(shop, person, await place.signed_in(person, language=language))
