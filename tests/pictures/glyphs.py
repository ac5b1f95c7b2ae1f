"""Glyphs: which letters a font file says it has. Read from the file itself, unlike the code under test."""

import struct
from functools import cache
from pathlib import Path

from loyalty_app.pictures.fonts import Face

UNICODE_TABLES = {4, 12}


@cache
def letters_of(face: Face) -> frozenset[int]:
    """All code points for which a face has a glyph, from its tables `cmap` of the formats 4 and 12."""
    data = Path(face.path).read_bytes()
    start = struct.unpack_from(">I", data, 12 + 4 * face.index)[0] if data[:4] == b"ttcf" else 0
    [table] = [at for tag, at in _tables(data, start) if tag == b"cmap"]
    found: set[int] = set()
    for number in range(struct.unpack_from(">H", data, table + 2)[0]):
        place = table + struct.unpack_from(">HHI", data, table + 4 + 8 * number)[2]
        kind = struct.unpack_from(">H", data, place)[0]
        found |= {4: _segments, 12: _groups}[kind](data, place) if kind in UNICODE_TABLES else set()
    return frozenset(found)


def _tables(data: bytes, start: int) -> list[tuple[bytes, int]]:
    count = struct.unpack_from(">H", data, start + 4)[0]
    rows = (struct.unpack_from(">4sIII", data, start + 12 + 16 * row) for row in range(count))
    return [(tag, at) for tag, _, at, _ in rows]


def _segments(data: bytes, place: int) -> set[int]:
    count = struct.unpack_from(">H", data, place + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", data, place + 14)
    starts = struct.unpack_from(f">{count}H", data, place + 16 + 2 * count)
    return {code for first, last in zip(starts, ends, strict=True) for code in range(first, last + 1)} - {0xFFFF}


def _groups(data: bytes, place: int) -> set[int]:
    count = struct.unpack_from(">I", data, place + 12)[0]
    groups = (struct.unpack_from(">III", data, place + 16 + 12 * group) for group in range(count))
    return {code for first, last, _ in groups for code in range(first, last + 1)}
