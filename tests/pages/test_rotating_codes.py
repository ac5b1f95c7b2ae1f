"""The code on the page of a card: whose it is, and how it goes on without a network."""

import pytest

from api.pages.static_files import address
from loyalty_core.customers import read_code
from loyalty_core.programs import CardCodes
from tests.browser import Tab
from tests.pages.place import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

WATCH = """async (script) => {
  const {showCodes} = await import(script);
  const frame = document.createElement("div");
  frame.innerHTML = "<p data-square></p><p data-code></p>";
  document.body.append(frame);
  const [since, began] = [performance.now(), Date.now()];
  let [time, asked, tick] = [0, 0, () => {}];
  performance.now = () => since + time;
  Date.now = () => began + time;
  window.setInterval = (act) => { tick = act; };
  const svg = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  const codes = ["A", "B", "C"].map((text) => ({text, svg}));
  const load = async () => {
    asked += 1;
    if (asked > 1) throw new Error("offline");
    return {codes, seconds_left: 10, step_seconds: 30};
  };
  const seen = [];
  showCodes(frame, load);
  for (; time <= 80000; time += 250) {
    tick();
    await new Promise((loaded) => setTimeout(loaded));
    const said = frame.querySelector("[data-code]").textContent + ":" + frame.dataset.state;
    if (said !== seen.at(-1)?.[0]) seen.push([said, time]);
  }
  return {seen, squares: frame.querySelectorAll("svg").length};
}"""
"""Looks at the codes after each look of the page at its clock, which is the test's: a slow machine skips none."""


async def test_a_person_gets_the_codes_of_their_own_card_and_of_no_other(place: Place) -> None:
    shop = await place.town.open_shop(card_codes=CardCodes.ROTATING_ALL)
    lena, omar = await place.town.person("Lena"), await place.town.person("Omar")
    await lena.open(f"https://t.me/{lena.bot}?start=j_{shop.business.slug}")
    [customer] = await shop.customers()
    client = await place.signed_in(lena)
    answer = await client.get(f"api/codes/{shop.business.id}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
    told = answer.json()["data"]
    assert (told["card_codes"], told["step_seconds"], len(told["codes"])) == ("rotating_all", 30, 4)
    assert all(code["svg"].startswith("<svg ") for code in told["codes"])
    shown = read_code(told["codes"][0]["text"])
    assert shown is not None
    assert shown.card == customer.qr_code
    assert (await shop.stamp(shown)).current_stamps == 1
    for other, path in ((omar, shop.business.id), (lena, shop.business.id + 1), (lena, "x")):
        assert (await (await place.signed_in(other)).get(f"api/codes/{path}")).status_code == 404
    async with place.client() as nobody:
        assert (await nobody.get(f"api/codes/{shop.business.id}")).status_code == 401


async def test_without_a_network_the_codes_go_on_and_then_there_is_none(place: Place, phone: Tab) -> None:
    await place.open(phone, "card")
    await phone.page.wait_for_load_state("load")
    told = await phone.page.evaluate(WATCH, address("rotating.js"))
    assert [said for said, _ in told["seen"]] == ["A:fresh", "B:ahead", "C:ahead", ":stale"]
    assert [time for _, time in told["seen"]] == [0, 10_000, 40_000, 70_000]
    assert told["squares"] == 0
