"""Runs: a line cut into parts of one font and one direction, in the order they are seen."""

import unicodedata
from functools import lru_cache
from itertools import groupby

import msgspec

from loyalty_app.pictures import bidi
from loyalty_app.pictures.fonts import EMOJI, SYMBOLS, Face, face_of, han_face, has
from loyalty_app.pictures.letters import clusters


class Run(msgspec.Struct, frozen=True):
    """A part of a line in one font and one direction."""

    text: str
    face: Face
    level: int

    @property
    def direction(self) -> str:
        """The direction, as raqm calls it."""
        return "rtl" if self.level % 2 else "ltr"


@lru_cache(maxsize=1024)
def runs_of(text: str, base: int, language: str) -> tuple[Run, ...]:
    """Runs in the order they are seen; each keeps its letters in reading order."""
    drawn = [(face, cluster) for face, cluster in _with_faces(text, han_face(text, language)) if face is not None]
    letters = "".join(cluster for _, cluster in drawn)
    faces = [face for face, cluster in drawn for _ in cluster]
    rows = bidi.levels(letters, base)
    places = groupby(range(len(letters)), lambda place: (faces[place], rows[place]))
    runs = [Run("".join(letters[p] for p in group), face, level) for (face, level), group in places]
    return tuple(runs[place] for place in bidi.visual_order([run.level for run in runs]))


def _with_faces(text: str, han: Face) -> list[tuple[Face | None, str]]:
    found: list[tuple[Face | None, str]] = []
    current: Face | None = None
    for cluster in clusters(text):
        current = _face(cluster, current, han)
        found.append((current, _only_what(current, cluster)))
    return found


def _face(cluster: str, current: Face | None, han: Face) -> Face | None:
    """Spaces and punctuation keep the font before them, so that words are not torn apart."""
    stays = unicodedata.category(cluster[0])[0] in "ZP" and current not in {None, EMOJI, SYMBOLS}
    if stays and current is not None and has(current, cluster[0]):
        return current
    return face_of(cluster[0], han)


def _only_what(face: Face | None, cluster: str) -> str:
    """Drop marks that the font of their letter does not have."""
    if face is None:
        return ""
    return cluster[0] + "".join(c for c in cluster[1:] if _invisible(c) or has(face, c))


def _invisible(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or 0xFE00 <= ord(letter) <= 0xFE0F  # noqa: PLR2004  # variation selectors
