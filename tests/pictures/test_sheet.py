"""`make pictures`: what there is to look at is drawn into a folder."""

from pathlib import Path

import pytest
from PIL import Image

from loyalty_app.pictures.__main__ import main


def test_cards_a_poster_and_a_chart_are_drawn_into_a_folder_that_need_not_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(tmp_path / "build" / "pictures")
    found = sorted((tmp_path / "build" / "pictures").iterdir())
    names = [
        "a4.pdf",
        "a5.pdf",
        "cards-on-a-phone.png",
        "cards.png",
        "chart.png",
        "poster.png",
        "stickers.pdf",
        "tent.pdf",
    ]
    assert [path.name for path in found] == names
    assert capsys.readouterr().out.split() == [str(path) for path in found]
    for path in (path for path in found if path.suffix == ".png"):
        with Image.open(path) as picture:
            picture.verify()
