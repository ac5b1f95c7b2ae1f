"""The TypeScript compiler, as strict as it can be asked."""

import shutil
from pathlib import Path

from testkit.servers import Missing
from tests.documents import ROOT

TSC = next(iter(sorted(ROOT.glob("build/typescript-*/node_modules/.bin/tsc"))), None)
STRICT = ("--strict", "--module", "nodenext", "--target", "es2023", "--lib", "es2023,dom,dom.iterable")


def compiler(_home: Path) -> str:
    """The TypeScript compiler that `make scripts` installs. Raises Missing."""
    if TSC is None or shutil.which("node") is None:
        message = "there is no TypeScript compiler. `make scripts` installs it."
        raise Missing(message)
    return str(TSC)
