"""Frames of a film are read with two looks each, and only if they are small JPEGs."""

import random
from functools import cache
from io import BytesIO

import pytest
from PIL import Image

from loyalty_app.pictures.code_reading import LARGEST_FRAME, LOOKS, read_codes, read_frame
from testkit.synthetic_photos import deck, film

TURNS = len(LOOKS) + 1
SIDE = 640


def saved(image: Image.Image, kind: str = "JPEG") -> bytes:
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


@cache
def frames() -> list[bytes]:
    """Hard photos of one card, as small as the page sends them."""
    shots = [shot.picture for shot in film(deck(), seed=11, shots=12)]
    small = [Image.open(BytesIO(shot)).convert("L") for shot in shots]
    for photo in small:
        photo.thumbnail((SIDE, SIDE))
    return [saved(photo) for photo in small]


def test_the_frames_of_a_film_together_read_what_all_looks_at_a_picture_read() -> None:
    for frame in frames():
        alone = set(read_codes(frame))
        assert set().union(*(read_frame(frame, turn) for turn in range(TURNS))) >= alone


@pytest.mark.parametrize("turn", range(TURNS + 1))
def test_a_clear_frame_is_read_whatever_its_turn(turn: int) -> None:
    clear = next(frame for frame in frames() if read_frame(frame, 0))

    assert read_frame(clear, turn)


def test_a_frame_that_is_too_large_or_no_jpeg_is_not_read() -> None:
    clear = next(frame for frame in frames() if read_frame(frame, 0))
    photo = Image.open(BytesIO(clear))
    paper = Image.new("L", (LARGEST_FRAME + 1, SIDE), 255)
    paper.paste(photo)

    assert read_codes(saved(paper))
    assert read_frame(saved(paper), 0) == []
    assert read_frame(saved(photo, "PNG"), 0) == []
    assert read_frame(random.Random(1).randbytes(1_000), 0) == []
    assert read_frame(clear[: len(clear) // 3], 0) == []
