"""`python -m loyalty_app.pictures FOLDER`: draws the samples into a folder, as `make pictures` does."""

import sys
from pathlib import Path

from PIL import Image

from loyalty_app.pictures.card import draw_card
from loyalty_app.pictures.chart import render_chart
from loyalty_app.pictures.samples import CARDS, CHART, POSTER
from loyalty_app.pictures.sheets import PrintSheet, render_sheet

ACROSS, GAP = 3, 30
SHOWN, PHONE = (700, 420), (400, 240)
BEHIND = (233, 231, 227)


def main(folder: Path) -> None:
    """Draw everything; create the folder if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    contact_sheet(SHOWN).save(folder / "cards.png")
    contact_sheet(PHONE).save(folder / "cards-on-a-phone.png")
    (folder / "poster.png").write_bytes(render_sheet(PrintSheet.A5, POSTER, png=True))
    for sheet in PrintSheet:
        (folder / f"{sheet}.pdf").write_bytes(render_sheet(sheet, POSTER))
    (folder / "chart.png").write_bytes(render_chart(CHART))
    sys.stdout.write("".join(f"{path}\n" for path in sorted(folder.iterdir())))


def contact_sheet(size: tuple[int, int]) -> Image.Image:
    """All sample cards in one picture, each at that size."""
    rows = -(-len(CARDS) // ACROSS)
    width, height = (count * (side + GAP) + GAP for count, side in zip((ACROSS, rows), size, strict=True))
    sheet = Image.new("RGB", (width, height), BEHIND)
    for place, card in enumerate(CARDS.values()):
        row, column = divmod(place, ACROSS)
        at = GAP + column * (size[0] + GAP), GAP + row * (size[1] + GAP)
        sheet.paste(draw_card(card).resize(size, Image.Resampling.LANCZOS), at)
    return sheet


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/pictures"))
