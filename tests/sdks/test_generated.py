"""What is made of the SDKs is what the generator makes today, has every operation, and compiles strictly."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from api.reference.routes import calls, document
from sdks.generator.__main__ import stale
from sdks.generator.contents import contents_of
from tests.conftest import leg
from tests.documents import ROOT
from tests.npm_programs import INSTALL_SECONDS, RUN_SECONDS, install_tools, run
from tests.sdks.typescript import STRICT, compiler

SDKS = ROOT / "sdks"


def test_nothing_that_is_made_is_stale() -> None:
    assert stale() == [], "run `make sdks`"


def test_every_operation_is_a_method() -> None:
    methods = {f"{resource.name}.{m.name}" for resource in contents_of(document()).resources for m in resource.methods}
    operations = {call.operation.name for call in calls()}
    assert {name.removesuffix("_by_code") for name in operations} <= methods
    assert methods <= operations


def test_every_code_of_a_refusal_that_the_reference_shows_has_a_class() -> None:
    codes = {one.name for one in contents_of(document()).codes}
    shown = {code for call in calls() for code in call.operation.codes}
    assert shown <= codes


def test_every_event_has_a_class() -> None:
    assert {one.name for one in contents_of(document()).events} == set(document()["webhooks"])


@pytest.mark.timeout(INSTALL_SECONDS + RUN_SECONDS)
@pytest.mark.parametrize("folder", ["node", "typescript"])
def test_the_linters_of_npm_packages_have_nothing_to_say(folder: str, home: Path, tmp_path: Path) -> None:
    programs = leg("linters of npm packages", install_tools, home, needed=False)
    shutil.copytree(SDKS / "node", tmp_path / "node_modules" / "@loyaltyloop" / "sdk")
    shutil.copytree(SDKS / folder, tmp_path / "package")
    run([f"{programs}/publint", "--strict", "package"], tmp_path)
    if folder == "node":  # the other one has no code of its own, and its types are found once both are published
        run([f"{programs}/attw", "--pack", "package", "--profile", "esm-only"], tmp_path)


@pytest.mark.parametrize("package", ["sdk", "ts-sdk"])
def test_a_strict_compiler_takes_what_the_readme_shows(package: str, home: Path, tmp_path: Path) -> None:
    tsc = leg("TypeScript", compiler, home, needed=False)
    scope = tmp_path / "node_modules" / "@loyaltyloop"
    scope.mkdir(parents=True)
    for name, folder in (("sdk", "node"), ("ts-sdk", "typescript")):
        shutil.copytree(SDKS / folder, scope / name)
    (tmp_path / "package.json").write_text(json.dumps({"type": "module"}))
    (tmp_path / "till.ts").write_text(TILL.replace("PACKAGE", package))
    ended = subprocess.run(
        [tsc, *STRICT, "--noEmit", "till.ts"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout


TILL = """
import { CustomerNotFound, LoyaltyLoop, OfflineQueue, webhooks, type models } from "@loyaltyloop/PACKAGE";

const client = new LoyaltyLoop({ apiKey: "ll_x", baseUrl: "https://cards.example.com" });
const stamped: models.Stamped = await client.customers.stamp("CUS12AB34CD56", { stamps: 2 });
const earned: boolean = stamped.rewardEarned;
for await (const one of client.customers.list({ limit: 3 })) one.name.toUpperCase();
try {
  await client.customers.redeem(42);
} catch (error) {
  if (error instanceof CustomerNotFound) console.log(error.detail, error.limits.reset?.getTime());
}
const event = webhooks.verify("", new Headers(), "whsec_");
if (event.type === "stamp.added") console.log(event.data.customer.name, earned);
for await (const { outcome } of new OfflineQueue("q").send(client)) console.log(outcome.problem?.code);
// @ts-expect-error a field that is no field
await client.customers.stamp(1, { stampz: 2 });
"""
