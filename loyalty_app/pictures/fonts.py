"""Fonts: which font has a letter, and that font at a size. All are Noto Sans, from two packages of fonts.

A face is a font file and an index in it; with a size and a weight it becomes a font. Nothing is drawn here.
"""

import unicodedata
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import msgspec
from PIL import ImageFont, features

# Pillow brings raqm, which shapes letters and needs the system's fribidi. Without it each letter has one shape.
SHAPED = bool(features.check("raqm"))
REGULAR, MEDIUM, BOLD = 400, 550, 700
HEAVIEST = 700
FONTS_KEPT = 96  # half a megabyte each
# For testing single letters: no shaping, and a size at which the box of a missing letter has an outline.
LOOK_SIZE = 24
# No font has this letter, so each draws its "missing" box for it.
NO_LETTER = "\U000eff80"


class Face(msgspec.Struct, frozen=True):
    """A font of any size: the file, and the index of the font in it."""

    name: str
    path: str
    index: int = 0


def _noto(script: str) -> Face:
    folder = Path(str(files("manimgx_fonts")))
    return Face(script or "Latin", str(folder / f"NotoSans{script}[wght].ttf"))


def _cjk(name: str, index: int) -> Face:
    folder = Path(str(files("manimgx_fonts_cjk")))
    return Face(name, str(folder / "NotoSansCJK-VF.otf.ttc"), index)


LATIN = _noto("")
SYMBOLS = _noto("Symbols")
EMOJI = Face("Emoji", str(Path(str(files("manimgx_fonts"))) / "NotoEmoji[wght].ttf"))
JAPANESE, KOREAN = _cjk("Japanese", 0), _cjk("Korean", 1)
SIMPLIFIED, TRADITIONAL, HONG_KONG = _cjk("Simplified", 2), _cjk("Traditional", 3), _cjk("Hong Kong", 4)

# By the first word of a letter's Unicode name, which is its script.
_SCRIPTS = (
    *("Arabic", "Hebrew", "Devanagari", "Thai", "Bengali", "Gujarati", "Gurmukhi", "Tamil", "Telugu", "Kannada"),
    *("Malayalam", "Sinhala", "Oriya", "Lao", "Khmer", "Myanmar", "Georgian", "Armenian", "Ethiopic"),
)
BY_SCRIPT = {script.upper(): _noto(script) for script in _SCRIPTS}
_HAN = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"}
_HAN_OF_LANGUAGE = {"ja": JAPANESE, "ko": KOREAN, "zh": SIMPLIFIED, "zh-hans": SIMPLIFIED, "zh-cn": SIMPLIFIED}
_HAN_OF_LANGUAGE |= {"zh-hant": TRADITIONAL, "zh-tw": TRADITIONAL, "zh-hk": HONG_KONG, "zh-mo": HONG_KONG}


def unreadable_faces() -> list[str]:
    """The names of faces that cannot be loaded; none if all is well."""
    return [face.name for face in every_face() if not _loads(face)]


def _loads(face: Face) -> bool:
    try:
        font(face, LOOK_SIZE, BOLD)
    except OSError:
        return False
    return True


def every_face() -> tuple[Face, ...]:
    """All faces."""
    han = (JAPANESE, KOREAN, SIMPLIFIED, TRADITIONAL, HONG_KONG)
    return (LATIN, *BY_SCRIPT.values(), *han, SYMBOLS, EMOJI)


def han_face(text: str, language: str) -> Face:
    """The face for Chinese characters: kana or hangul decide the language, else the given one does."""
    scripts = {_script(letter) for letter in text}
    if scripts & {"HIRAGANA", "KATAKANA"}:
        return JAPANESE
    if "HANGUL" in scripts:
        return KOREAN
    tag = language.lower().replace("_", "-")
    return _HAN_OF_LANGUAGE.get(tag) or _HAN_OF_LANGUAGE.get(tag.split("-")[0], SIMPLIFIED)


def face_of(letter: str, han: Face) -> Face | None:
    """The face that draws a letter, None if no font has it."""
    return next((face for face in _candidates(letter, han) if has(face, letter)), None)


def _candidates(letter: str, han: Face) -> tuple[Face, ...]:
    script = _script(letter)
    if script in _HAN:
        return (han, SIMPLIFIED, JAPANESE, TRADITIONAL, KOREAN)
    own = BY_SCRIPT.get(script)
    if own is not None:
        return (own, LATIN)
    return (LATIN, EMOJI, SYMBOLS, han, *BY_SCRIPT.values())


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


@lru_cache(maxsize=8192)
def has(face: Face, letter: str) -> bool:
    """Whether a face has a letter: it draws it differently from a missing one."""
    return _look(face, letter) != _missing(face)


@lru_cache(maxsize=64)
def _missing(face: Face) -> tuple[tuple[int, int], bytes]:
    return _look(face, NO_LETTER)


def _look(face: Face, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = _plain(face).getmask(letter, mode="L")
    return mask.size, bytes(mask)


@lru_cache(maxsize=64)
def _plain(face: Face) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(face.path, LOOK_SIZE, index=face.index, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=FONTS_KEPT)
def font(face: Face, size: int, weight: int) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels and a weight from 400 to 700, shaped if possible. Raises OSError for no font."""
    engine = ImageFont.Layout.RAQM if SHAPED else ImageFont.Layout.BASIC
    loaded = ImageFont.truetype(face.path, size, index=face.index, layout_engine=engine)
    loaded.set_variation_by_axes([min(weight, HEAVIEST)])
    return loaded
