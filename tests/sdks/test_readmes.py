"""The READMEs of the SDKs are true: what they show is run as it stands, except the address, the key and the code."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.api.live import Live
from tests.conftest import leg
from tests.documents import read
from tests.sdks.driving import SDKS, Json, can_run
from tests.sdks.scripted import scripted
from tests.sdks.typescript import STRICT, compiler

PATIENCE_SECONDS = 60
LATER = ("whsec_", "async with")
"""Blocks that are run elsewhere: those of webhooks, and of asyncio."""


class Shown(NamedTuple):
    """How a README shows a language, what must be there to run it, and how its program is called."""

    language: str
    fence: str
    file: str
    command: tuple[str, ...]


SHOWN = {
    "python": Shown("Python", "python", "till.py", (sys.executable, "till.py")),
    "node": Shown("Node", "js", "till.mjs", ("node", "till.mjs")),
    "php": Shown("PHP", "php", "till.php", ("php", "till.php")),
    "typescript": Shown("Node", "ts", "till.ts", ("node", "till.js")),
}


def blocks_of(readme: str, fence: str) -> list[str]:
    return re.findall(rf"```{fence}\n(.*?)```", read(f"sdks/{readme}"), re.DOTALL)


def shown(readme: str, fence: str) -> str:
    """All blocks of a README as one program."""
    return "\n".join(block for block in blocks_of(readme, fence) if not any(word in block for word in LATER))


def without_a_line(folder: str) -> str:
    """The program of a README for an offline till."""
    first, *others = blocks_of(f"{folder}/README.md", SHOWN[folder].fence)
    opened = "\n".join(line for line in first.splitlines() if re.search(r"import|require|LoyaltyLoop|Client", line))
    return "\n".join([opened, *(block for block in others if "OfflineQueue" in block)])


def of_here(text: str, live: Live, customer: Json) -> str:
    """A program that asks this server for this customer."""
    text = text.replace("https://cards.example.com", live.url).replace("ll_...", live.key)
    text = text.replace("CUS12AB34CD56", customer["qr_code"]).replace("vendor/autoload.php", f"{SDKS}/php/autoload.php")
    return re.sub(r"till-1-[\d-]+", customer["qr_code"], text)


def ran(folder: str, text: str, place: Path, home: Path) -> str:
    """What a program prints, that stands where it finds the SDK."""
    there = SHOWN[folder]
    for name, source in (("sdk", "node"), ("ts-sdk", "typescript")):
        shutil.copytree(SDKS / source, place / "node_modules" / "@loyaltyloop" / name)
    (place / "package.json").write_text(json.dumps({"type": "module"}))
    (place / there.file).write_text("<?php\n" + text if folder == "php" else text)
    if folder == "typescript":
        done([leg("TypeScript", compiler, home, needed=False), *STRICT, there.file], place)
    return done(there.command, place)


def done(command: list[str] | tuple[str, ...], place: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(SDKS / "python")}
    ended = subprocess.run(
        command, cwd=place, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def lena(live: Live) -> Json:
    made: Json = live.given("POST", "/customers", {"name": "Lena", "phone": live.free_phone()})
    return made


@pytest.mark.parametrize("folder", ["node", "typescript"])
def test_a_folder_works_from_anywhere_as_it_stands(folder: str, home: Path, tmp_path: Path) -> None:
    leg("Node", lambda _: can_run("Node"), home, needed=False)
    (tmp_path / "till.mjs").write_text(
        f'import {{ LoyaltyLoop }} from "{SDKS}/{folder}/index.js";\nLoyaltyLoop.name;\n'
    )
    done(["node", "till.mjs"], tmp_path)


@pytest.mark.parametrize("folder", SHOWN)
def test_what_a_readme_shows_runs_and_stamps(folder: str, live: Live, lena: Json, home: Path, tmp_path: Path) -> None:
    leg(SHOWN[folder].language, lambda _: can_run(SHOWN[folder].language), home, needed=False)
    text = of_here(shown(f"{folder}/README.md", SHOWN[folder].fence), live, lena)
    said = ran(folder, text, tmp_path, home)
    assert lena["name"] in said or folder == "typescript"
    assert live.given("GET", f"/customers/{lena['id']}")["total_stamps"] >= 2


@pytest.mark.parametrize("folder", SHOWN)
def test_the_same_ten_lines_do_the_same_in_each_language(
    folder: str, live: Live, lena: Json, home: Path, tmp_path: Path
) -> None:
    leg(SHOWN[folder].language, lambda _: can_run(SHOWN[folder].language), home, needed=False)
    text = shown("README.md", SHOWN[folder].fence)
    assert len([line for line in text.splitlines() if line.strip("{} ")]) == 10
    live.given("POST", f"/customers/{lena['id']}/stamps", {"stamps": 8})
    first, second = ran(folder, of_here(text, live, lena), tmp_path, home).splitlines()
    assert first.lower() == "lena 0 true"
    assert re.fullmatch(r"[A-Z].+\. \w{8,}", second)
    card = live.given("GET", f"/customers/{lena['id']}")
    assert (card["total_stamps"], card["rewards_available"]) == (10, 0)


@pytest.mark.parametrize("folder", ["python", "node", "php"])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_stamp_that_nobody_has_decided_on_is_kept_as_a_readme_shows(
    folder: str, status: int, home: Path, tmp_path: Path
) -> None:
    leg(SHOWN[folder].language, lambda _: can_run(SHOWN[folder].language), home, needed=False)
    down = (status, {"Retry-After": "0"}, b"<html>Bad Gateway</html>")
    sent: tuple[int, dict[str, str], bytes] = (200, {}, b'{"data": [{"status": 200}]}')
    with scripted(*[down] * (1 if status == 500 else 3), sent) as script:
        text = without_a_line(folder).replace("https://cards.example.com", script.url).replace("ll_...", "ll_aaaaaaaa")
        said = ran(folder, text.replace("vendor/autoload.php", f"{SDKS}/php/autoload.php"), tmp_path, home)
    assert said.split() == ["till-1-2026-03-02-000123", "200"]
    assert script.seen[-1].path == "/v1/stamps/batch"
