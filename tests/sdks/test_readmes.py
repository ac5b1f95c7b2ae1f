"""The READMEs of the SDKs are true: what they show is run as it stands, but for the address, the key and the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.live import Live
from tests.conftest import leg
from tests.documents import read
from tests.sdks.driving import SDKS, can_run

PATIENCE_SECONDS = 60
SHOWN = {"python": ("Python", "python"), "node": ("Node", "js"), "php": ("PHP", "php")}
LATER = ("whsec_", "async with")
"""Blocks that are run elsewhere: those of webhooks, and of asyncio."""


def shown(folder: str, fence: str) -> str:
    """All blocks of a README as one program."""
    blocks = re.findall(rf"```{fence}\n(.*?)```", read(f"sdks/{folder}/README.md"), re.DOTALL)
    return "\n".join(block for block in blocks if not any(word in block for word in LATER))


def program(folder: str, text: str, live: Live, place: Path) -> list[str]:
    """Write a program down where it finds the SDK; how it is run."""
    lena = live.given("POST", "/customers", {"name": "Lena", "phone": live.free_phone()})
    text = text.replace("https://cards.example.com", live.url).replace("ll_...", live.key)
    text = text.replace("CUS12AB34CD56", lena["qr_code"]).replace("till-1-2026-03-02-000123", lena["qr_code"])
    if folder == "python":
        (place / "till.py").write_text(text)
        return [sys.executable, "till.py"]
    if folder == "php":
        (place / "till.php").write_text("<?php\n" + text.replace("vendor/autoload.php", f"{SDKS}/php/autoload.php"))
        return ["php", "till.php"]
    shutil.copytree(SDKS / "node", place / "node_modules" / "@loyaltyloop" / "sdk")
    (place / "till.mjs").write_text(text)
    return ["node", "till.mjs"]


@pytest.mark.parametrize("folder", SHOWN)
def test_what_a_readme_shows_runs_and_stamps(folder: str, live: Live, home: Path, tmp_path: Path) -> None:
    language, fence = SHOWN[folder]
    leg(language, lambda _: can_run(language), home, needed=False)
    command = program(folder, shown(folder, fence), live, tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(SDKS / "python")}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [lena, *_] = live.given("GET", "/customers?q=lena&limit=1")
    assert lena["name"] in ended.stdout
