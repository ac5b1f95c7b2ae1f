"""The PHP SDK's own suite, run by phpunit in its folder; a PSR-18 client of somebody else asks the live server."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from testkit.servers import Missing
from tests.api.live import Live
from tests.conftest import leg
from tests.sdks.driving import SDKS

PATIENCE_SECONDS = 60
PACKAGES = "phpunit php-curl php-nyholm-psr7 php-psr-http-client php-symfony-http-client"
LIBRARIES = ("Nyholm/Psr7", "Psr/Http/Client", "Symfony/Component/HttpClient")
PROBE = "".join(f'require "{name}/autoload.php"; ' for name in LIBRARIES) + "curl_init();"


def phpunit(_home: Path) -> str:
    """The program. Raises Missing."""
    found = shutil.which("phpunit")
    if found is None or subprocess.run(["php", "-r", PROBE], check=False, capture_output=True).returncode:
        message = f"phpunit, or what its suite needs, is not there: `apt-get install {PACKAGES}`"
        raise Missing(message)
    return found


@pytest.mark.timeout(2 * PATIENCE_SECONDS)
def test_the_suite_of_the_php_sdk_passes(live: Live, home: Path) -> None:
    program = leg("phpunit", phpunit, home, needed=False)
    shop = {"API": live.url, "KEY": live.key, "PHONE": live.free_phone(), "NO_PROXY": "*", "no_proxy": "*"}
    ended = subprocess.run(
        [program],
        cwd=SDKS / "php",
        env={**os.environ, **shop},
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "\nOK (" in ended.stdout
