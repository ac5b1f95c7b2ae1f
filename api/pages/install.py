"""Installing: what a phone needs to keep a card on its home screen, and the colours of a shop as a style.

There is no service worker: without a network a card could only show what is old.
"""

from loyalty_app.customers.card_pictures import render_icon
from loyalty_app.pictures.colours import Colour, palette

ICON_SIZES = (180, 192, 512)

Json = dict[str, object]


def manifest(shop: str, here: str, rgb: str) -> Json:
    """The manifest of a card."""
    icons = [
        {"src": f"/c/icon/{rgb}/{size}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in ICON_SIZES[1:]
        for purpose in ("any", "maskable")
    ]
    colour = _css(palette(f"#{rgb}").dark)
    return {
        "id": here,
        "name": shop,
        "short_name": shop[:30],
        "start_url": here,
        "scope": here,
        "display": "standalone",
        "background_color": colour,
        "theme_color": colour,
        "icons": icons,
    }


def icon_png(rgb: str, size: int) -> bytes:
    """The icon of a card in a colour of six digits."""
    return render_icon(f"#{rgb}", size)


def look_css(rgb: str) -> str:
    """The colours of a shop for a page; what can be read on them comes with them."""
    colours = palette(f"#{rgb}")
    named = {
        "shop-light": colours.light,
        "shop-dark": colours.dark,
        "shop-ink": colours.ink,
        "shop-quiet": colours.quiet,
        "shop-accent": colours.accent,
        "shop-on-accent": colours.on_accent,
    }
    return ":root{" + ";".join(f"--{name}:{_css(colour)}" for name, colour in named.items()) + "}\n"


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
