"""QR codes: black on white, whole pixels a module, with the quiet zone and the correction that cameras need."""

import pytest
import zxingcpp

from loyalty_app.pictures.drawing import qr_picture
from loyalty_app.pictures.samples import CODE, LINK

TEXTS = [CODE, LINK, "x", "https://t.me/" + "y" * 300]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("side", [200, 328, 766])
def test_a_code_has_four_white_modules_around_it_and_whole_pixels_for_each_module(text: str, side: int) -> None:
    picture = qr_picture(text, side)
    left, top, right, bottom = picture.point(lambda value: 255 - value).getbbox() or (0, 0, 0, 0)
    modules = round((right - left) / (picture.width - right + left) * 8)
    assert picture.width == picture.height == (modules + 8) * left // 4 <= side
    assert left == top == picture.width - right == picture.height - bottom
    assert left % 4 == 0
    assert (modules - 17) % 4 == 0


@pytest.mark.parametrize("text", TEXTS)
def test_a_code_says_its_text_with_error_correction_m(text: str) -> None:
    [code] = zxingcpp.read_barcodes(qr_picture(text, 400))
    assert (code.text, code.ec_level) == (text, "M")


def test_what_has_no_room_is_still_a_code() -> None:
    picture = qr_picture("x" * 2_000, 50)
    assert picture.width > 50


def test_too_long_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        qr_picture("x" * 2_400, 400)
