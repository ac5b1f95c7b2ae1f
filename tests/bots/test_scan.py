"""Codes are read off what people send: off hard photos, off many kinds of files, and never with an exception."""

import asyncio
import random
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path

import pytest
import qrcode
import zxingcpp
from PIL import Image, ImageFilter, ImageOps

from bots.scan import cards_in, read_codes
from testkit.synthetic_photos import KINDS, deck, film, shoot, wood

DECK = deck()
TEXT = "https://t.me/stamps_bot?start=c_CUS12AB34CD56"


def code(text: str = TEXT, *, module: int = 6, border: int = 4) -> Image.Image:
    """A plain QR code, in gray."""
    drawn = qrcode.QRCode(box_size=module, border=border)
    drawn.add_data(text)
    return drawn.make_image().get_image().convert("L")


def saved(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def side_by_side(*rows: list[str]) -> Image.Image:
    """Codes on white paper, in lines."""
    paper = Image.new("L", (400 * max(map(len, rows)), 400 * len(rows)), 255)
    for line, row in enumerate(rows):
        for place, text in enumerate(row):
            paper.paste(code(text), (400 * place + 10, 400 * line + 10))
    return paper


def at_first_sight(picture: bytes) -> set[str]:
    return {found.text for found in zxingcpp.read_barcodes(Image.open(BytesIO(picture)))}


# Hard photos.


@pytest.mark.parametrize("kind", KINDS)
def test_a_hard_photo_of_cards_is_read(kind: str) -> None:
    shot = shoot(kind, DECK, seed=3)

    assert sorted(read_codes(shot.picture)) == sorted(shot.codes)


def test_of_a_film_of_hard_photos_hardly_any_is_lost() -> None:
    shots = list(film(DECK, seed=7, shots=40))

    lost = [shot.kind for shot in shots if sorted(read_codes(shot.picture)) != sorted(shot.codes)]

    assert len(lost) <= 1, lost


@pytest.mark.parametrize("kind", ["off a screen", "pale and shaken", "out of focus"])
def test_a_photo_that_does_not_give_up_its_code_at_once_is_looked_at_again(kind: str) -> None:
    shots = [shoot(kind, DECK, seed=seed) for seed in range(6)]
    hard = [shot for shot in shots if not at_first_sight(shot.picture).issuperset(shot.codes)]

    assert hard
    assert all(read_codes(shot.picture) == list(shot.codes) for shot in hard)


def test_a_code_that_was_seen_but_not_read_gets_another_look_beside_one_that_was_read() -> None:
    paper = side_by_side(["CUS0000000001", TEXT])
    paper.paste(paper.crop((400, 0, 800, 400)).filter(ImageFilter.GaussianBlur(3.1)), (400, 0))
    picture = saved(paper)
    assert at_first_sight(picture) == {"CUS0000000001"}

    assert read_codes(picture) == ["CUS0000000001", TEXT]


# Which codes, and in which order.


def test_codes_come_in_reading_order() -> None:
    picture = side_by_side(["one", "two", "three"], ["four", "five", "six"])
    tilted = picture.rotate(4, Image.Resampling.BICUBIC, expand=True, fillcolor=255)

    assert read_codes(saved(tilted)) == ["one", "two", "three", "four", "five", "six"]


def test_a_code_that_is_there_twice_counts_once() -> None:
    assert read_codes(saved(side_by_side(["one", "one", "two"]))) == ["one", "two"]


def test_other_barcodes_are_no_codes() -> None:
    aztec = zxingcpp.create_barcode("no card", zxingcpp.BarcodeFormat.Aztec).to_image(scale=6)

    assert read_codes(saved(Image.fromarray(aztec))) == []


def test_only_cards_are_cards_and_the_same_card_twice_is_one() -> None:
    links = [
        "https://example.com/menu",
        TEXT,
        "CUS0000000001",
        "cus 12ab-34cd56",
        "https://t.me/stamps_bot?start=j_cafe",
    ]

    assert cards_in(saved(side_by_side(links))) == ["CUS12AB34CD56", "CUS0000000001"]


# What the picture is made of.


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("1", "PNG"), ("L", "PNG"), ("LA", "PNG"), ("P", "PNG"), ("RGB", "PNG"), ("RGBA", "PNG"), ("P", "GIF")),
        *(("L", "JPEG"), ("RGB", "JPEG"), ("CMYK", "JPEG"), ("RGB", "WEBP"), ("RGBA", "WEBP"), ("RGB", "BMP")),
        ("RGB", "AVIF"),
    ],
)
def test_every_mode_and_format_that_phones_send_is_read(mode: str, kind: str) -> None:
    assert read_codes(saved(code().convert(mode), kind)) == [TEXT]


def test_a_progressive_jpeg_is_read() -> None:
    assert read_codes(saved(code(), "JPEG", progressive=True)) == [TEXT]


def test_a_picture_of_16_bits_is_read() -> None:
    deep = code().point(lambda light: 20_000 + light * 100, "I").convert("I;16")

    assert read_codes(saved(deep)) == [TEXT]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_code_on_nothing_is_a_code_on_white(kind: str) -> None:
    ink = Image.new("RGBA", code().size, (0, 0, 0, 0))
    ink.putalpha(ImageOps.invert(code()))

    assert read_codes(saved(ink, kind)) == [TEXT]


def test_a_palette_with_a_transparent_colour_is_on_white() -> None:
    # Index 0 is the ink and black, index 1 would be black too if it could be seen.
    drawn = code().point(lambda light: light // 255).convert("L")
    palette = Image.frombytes("P", drawn.size, drawn.tobytes())
    palette.putpalette([0, 0, 0] * 256)

    assert read_codes(saved(palette, transparency=1)) == [TEXT]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_moving_picture_the_first_one_counts(kind: str) -> None:
    frames = [code("second").resize(code().size), Image.new("L", code().size, 255)]

    assert read_codes(saved(code(), kind, save_all=True, append_images=frames, duration=100)) == [TEXT]


def test_a_code_light_on_dark_is_read() -> None:
    assert read_codes(saved(ImageOps.invert(code()))) == [TEXT]


def test_a_tiny_code_is_read_larger() -> None:
    tiny = saved(code(module=3).resize((48, 48), Image.Resampling.BICUBIC))
    assert not at_first_sight(tiny)

    assert read_codes(tiny) == [TEXT]


def test_a_code_cut_out_to_its_edge_is_read() -> None:
    assert read_codes(saved(code(border=0))) == [TEXT]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_read_in_the_order_in_which_its_camera_saw_it(orientation: int) -> None:
    turns = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    seen = side_by_side(["one", "two"], ["three", "four"])
    turn = turns[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = seen if turn is None else seen.transpose(Image.Transpose(turn))

    assert read_codes(saved(stored, "JPEG", exif=exif)) == ["one", "two", "three", "four"]


# Pillow says so in a warning, and reads on.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_note_of_the_camera_hides_no_code() -> None:
    assert read_codes(saved(code(), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")) == [TEXT]


# What is too large, and what is none.


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_small_code_in_a_large_picture_is_read_at_full_size(kind: str) -> None:
    large = Image.new("L", (5000, 4000), 255)
    large.paste(code(module=3), (3100, 2500))

    assert read_codes(saved(large, kind)) == [TEXT]


def test_a_jpeg_of_a_large_camera_is_read() -> None:
    large = Image.new("L", (8100, 6100), 255)
    large.paste(code(module=50), (1000, 1000))

    assert read_codes(saved(large, "JPEG")) == [TEXT]


SIZES = [(7400, 7400), (100_000, 100_000), (2**31 - 1, 1), (65_536, 1), (1, 65_536), (0, 0)]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_picture_that_pretends_to_be_enormous_is_not_opened(width: int, height: int) -> None:
    assert read_codes(png_that_says(width, height)) == []


def test_a_picture_with_a_side_that_the_reader_does_not_take_has_no_codes() -> None:
    for size in ((70_000, 10), (10, 70_000), (65_535, 2)):
        assert read_codes(saved(Image.new("L", size, 255))) == []


def png_that_says(width: int, height: int) -> bytes:
    """A code whose file names another size: what is unpacked would fill the memory."""
    honest = saved(code())
    header = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + honest[24:29]
    return honest[:12] + header + zlib.crc32(header).to_bytes(4, "big") + honest[33:]


def test_what_must_be_opened_at_its_full_size_may_not_be_huge() -> None:
    large = Image.new("RGB", (6000, 5400), "white")
    large.paste(code(module=50).convert("RGB"), (1000, 1000))

    assert read_codes(saved(large, "JPEG")) == [TEXT]
    assert read_codes(saved(large, "JPEG", progressive=True)) == []
    assert read_codes(one_channel_after_the_other(saved(large, "JPEG"))) == []
    assert read_codes(saved(large, "PNG")) == []


def one_channel_after_the_other(jpeg: bytes) -> bytes:
    """A JPEG that says that its first scan has one channel: a decoder keeps all of it, as if it was progressive."""
    start = jpeg.index(b"\xff\xda")
    return jpeg[: start + 4] + b"\x01" + jpeg[start + 5 :]


MEASURE = """
import re, sys
from bots.scan import read_codes
def peak(): return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = peak()
for path in sys.argv[1:]:
    read_codes(open(path, "rb").read())
print((peak() - before) // 1024)
"""


def test_no_picture_takes_much_memory_whatever_its_channels_and_format(tmp_path: Path) -> None:
    """In a process of its own; getrusage would give what that inherits. Without the bound the first takes 316 MB."""
    pictures = {
        "inks.jpg": Image.new("CMYK", (6_000, 6_000)),
        "integers.png": Image.new("I;16", (5_000, 5_000)),
        "transparent.png": Image.new("LA", (4_900, 4_900)),
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name, compress_level=1)
    command = (sys.executable, "-c", MEASURE, *(str(tmp_path / name) for name in pictures))

    assert int(subprocess.run(command, capture_output=True, check=True, text=True).stdout) < 170


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "AVIF"])
def test_a_file_cut_short_or_spoiled_at_any_place_raises_nothing(kind: str) -> None:
    whole, dice = saved(code().convert("RGB"), kind), random.Random(1)
    for cut in range(0, len(whole), max(1, len(whole) // 25)):
        assert read_codes(whole[:cut]) in ([], [TEXT])
    for _ in range(25):
        place = dice.randrange(len(whole))
        assert read_codes(whole[:place] + dice.randbytes(8) + whole[place + 8 :]) in ([], [TEXT])


@pytest.mark.parametrize(
    "file",
    [b"", b"\x00", b"hello", b"%PDF-1.7\n", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
)
def test_what_is_no_picture_has_no_codes(file: bytes) -> None:
    assert read_codes(file) == []


def test_a_format_that_no_phone_makes_is_no_picture() -> None:
    assert read_codes(saved(code(), "TIFF")) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 900), (900, 1)])
def test_a_picture_of_a_few_pixels_has_no_codes(size: tuple[int, int]) -> None:
    assert read_codes(saved(Image.new("L", size))) == []


def test_a_photo_without_a_code_has_none() -> None:
    assert read_codes(saved(wood(random.Random(1)), "JPEG")) == []


async def test_pictures_are_read_in_many_threads_at_once() -> None:
    shots = list(film(DECK, seed=9, shots=12))

    alone = [read_codes(shot.picture) for shot in shots]
    together = await asyncio.gather(*(asyncio.to_thread(read_codes, shot.picture) for shot in shots))

    assert together == alone
