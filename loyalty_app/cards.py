"""Cards as pictures: what the chat sends and the API serves. How they are drawn is in `pictures`."""

from io import BytesIO

from loyalty_app.pictures.card import CardPicture, draw_card

__all__ = ["CardPicture", "render_card", "render_card_png"]

JPEG_QUALITY = 85


def render_card(card: CardPicture) -> bytes:
    """The card as a JPEG of 1000×600 pixels. Any text is fine, and any thread may call this."""
    file = BytesIO()
    draw_card(card).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def render_card_png(card: CardPicture) -> bytes:
    """The same as a PNG, without loss."""
    file = BytesIO()
    draw_card(card).save(file, "PNG", compress_level=4)
    return file.getvalue()
