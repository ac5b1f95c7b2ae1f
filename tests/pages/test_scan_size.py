"""The scanner stays small: a phone at the counter loads it over whatever network there is."""

import re
from pathlib import Path

from tests.documents import ROOT

STATIC = ROOT / "api" / "pages" / "static"
MOST_BYTES = 150_000
IMPORTED = re.compile(r'from "\./([\w.]+)"')


def with_imports(name: str, known: frozenset[str] = frozenset()) -> frozenset[str]:
    known |= {name}
    for other in IMPORTED.findall((STATIC / name).read_text("utf-8")):
        if other not in known:
            known = with_imports(other, known)
    return known


def size(path: Path) -> int:
    return path.stat().st_size


def test_the_scanner_weighs_150_kilobytes_at_most_besides_telegrams_script() -> None:
    scripts = with_imports("scan.js")
    assert {"scan_queue.js", "scan_readers.js", "shell.js", "api.js", "telegram.js", "words.js"} <= scripts
    files = [STATIC / name for name in (*scripts, "scan.css", "shell.css", "icon.svg")]
    words = max(size(path) for path in (ROOT / "api/pages/locales").glob("*/scan.po"))
    templates = sum(size(ROOT / "api/pages/templates" / name) for name in ("scan.html", "shell.html"))
    assert sum(map(size, files)) + words + templates <= MOST_BYTES
