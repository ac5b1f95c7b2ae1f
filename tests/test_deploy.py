"""What is deployed is true: every command, variable, port, path and address in the files of `deploy` and Docker exists.

Servers check their own files where they are installed: nginx, Caddy, systemd. The Dockerfile's commands that make the
installation are run by `test_the_image_is_made_of_what_the_lock_says` as far as that needs no network.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import click
import httpx
import jsonschema
import pytest
import yaml  # type: ignore[import-untyped]  # it ships no types
from dotenv import dotenv_values

from api.pages.desk import importing, look, sections
from api.routes import monitoring
from loyalty_app.settings import Settings, SettingsError, read_settings
from loyalty_cli import loyalty
from testkit.concurrency import until
from testkit.servers import free_port
from tests.documents import blocks, typed

ROOT = Path(__file__).parents[1]
SETTINGS = {f"LOYALTY_{name.upper()}" for name in Settings.__struct_fields__}
PATHS = {path for handler in monitoring.HANDLERS for path in handler.paths}
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
OURS = "loyalty-stamps"
BESIDES = {"PGPASSWORD", "FORWARDED_ALLOW_IPS", "TMPDIR", "PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
OF_BUILD = {"PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_CACHE_DIR"}
A_NAME = r"^[a-z][a-z0-9-]*$"

# The parts of the Compose Specification that our file uses, and nothing besides: a key that is mistyped is noticed.
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
LENGTH = {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"}
HEALTH = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "test": {**TEXTS, "minItems": 2},
        **dict.fromkeys(("interval", "timeout", "start_period"), LENGTH),
        "retries": {"type": "integer"},
        "disable": {"const": True},
    },
}
LIMITS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["cpus", "memory"],
    "properties": {"cpus": {"type": "string"}, "memory": {"type": "string", "pattern": r"^\d+[MG]$"}},
}
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "command", "restart", "read_only", "healthcheck", "networks", "logging", "deploy"],
    "properties": {
        "image": {"type": "string"},
        "build": {"type": "string"},
        "command": TEXTS,
        "restart": {"enum": ["no", "unless-stopped"]},
        "init": {"type": "boolean"},
        "read_only": {"const": True},
        **dict.fromkeys(("tmpfs", "cap_drop", "security_opt", "ports", "volumes", "networks", "profiles"), TEXTS),
        "env_file": {"const": [{"path": ".env", "format": "raw", "required": False}]},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "healthcheck": HEALTH,
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}},
            },
        },
        "stop_grace_period": LENGTH,
        "shm_size": {"type": "string"},
        "logging": {"type": "object", "required": ["driver", "options"]},
        "deploy": {
            "type": "object",
            "properties": {"resources": {"type": "object", "properties": {"limits": LIMITS}, "required": ["limits"]}},
            "required": ["resources"],
        },
    },
}
COMPOSE = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "required": ["name", "services", "networks", "volumes"],
    "properties": {
        "name": {"type": "string", "pattern": A_NAME},
        "services": {"type": "object", "patternProperties": {A_NAME: SERVICE}, "additionalProperties": False},
        "networks": {"type": "object"},
        "volumes": {"type": "object"},
    },
}


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(read("docker-compose.yml"))
    return parsed


def services(*, ours: bool) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in compose()["services"].items() if (one["image"] == OURS) == ours}


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, each with all that follows it."""
    lines = [line for line in read("Dockerfile").splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined)]


def of_image(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def exists_as_command(words: list[str]) -> bool:
    command: click.Command = loyalty
    for word in words:
        if not isinstance(command, click.Group) or word not in command.commands:
            return False
        command = command.commands[word]
    return not isinstance(command, click.Group)


def filled_in(text: str, given: dict[str, str]) -> str:
    """A text of Compose with its variables replaced, as ${NAME:-default}."""
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: given.get(found[1]) or found[2], text)


# Compose.


def test_the_compose_file_is_one() -> None:
    jsonschema.Draft202012Validator(COMPOSE).validate(compose())


def test_every_process_of_ours_runs_a_command_that_exists_with_settings_that_exist_and_go_together() -> None:
    given = {"POSTGRES_PASSWORD": "abc", "LOYALTY_SECRET_KEY": "a long random text"}
    for name, service in services(ours=True).items():
        assert exists_as_command(service["command"]), name
        assert service["environment"].keys() <= SETTINGS | BESIDES, name
        assert read_settings(in_container(service, given)).on_sqlite == (name == "sqlite")


OF_CONTAINERS = {
    *("LOYALTY_DATABASE_URL", "LOYALTY_REDIS_URL", "LOYALTY_HOST", "LOYALTY_PORT"),
    *("LOYALTY_WORKERS", "LOYALTY_METRICS_PORT"),
}
"""What a container needs otherwise than the file says."""


def in_container(service: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """The variables of a process: the env file as it stands, and over it those of the service."""
    return {**given, **{name: filled_in(text, given) for name, text in service["environment"].items()}}


def test_every_setting_of_the_env_file_reaches_every_process_letter_by_letter() -> None:
    given = {name: f"{name} $HOME ${{x}} #1" for name in SETTINGS} | {"POSTGRES_PASSWORD": "abc"}
    for name, service in services(ours=True).items():
        got = in_container(service, given)
        assert service["env_file"], name
        assert {one for one in SETTINGS if got[one] != given[one]} <= OF_CONTAINERS, name


def test_a_dollar_is_a_letter_and_quotation_marks_are_refused_as_in_an_env_file_of_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("LOYALTY_SECRET_KEY=a$HOME${HOME}long$ random text\n")
    assert read_settings().secret_key == "a$HOME${HOME}long$ random text"
    for quoted in ('"a long random text"', "'a long random text'"):
        with pytest.raises(SettingsError, match="LOYALTY_SECRET_KEY stands in quotation marks"):
            read_settings({"LOYALTY_SECRET_KEY": quoted})


def test_a_variable_that_the_compose_file_asks_for_stands_in_the_example_and_is_read() -> None:
    asked = set(re.findall(r"\$\{(\w+)", read("docker-compose.yml")))
    offered = dotenv_values(stream=StringIO(read(".env.example"))).keys()
    assert asked <= offered
    assert {name for name in offered if not name.startswith("LOYALTY_")} <= asked
    assert {name for name in offered if name.startswith("LOYALTY_")} <= SETTINGS


def test_what_a_service_waits_for_joins_and_keeps_is_there() -> None:
    whole = compose()
    for service in whole["services"].values():
        assert service.get("depends_on", {}).keys() <= whole["services"].keys()
        assert set(service["networks"]) <= whole["networks"].keys()
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= whole["volumes"].keys()
        hosts = re.findall(r"(?:@|//)(postgres|valkey)\b", json.dumps(service.get("environment", {})))
        assert set(hosts) <= whole["services"].keys()


def test_the_database_is_migrated_once_before_anybody_serves() -> None:
    for name, service in services(ours=True).items():
        waits = {on: how["condition"] for on, how in service.get("depends_on", {}).items()}
        if name not in {"migrate", "sqlite"}:
            assert waits["migrate"] == "service_completed_successfully", name
    assert services(ours=True)["migrate"]["restart"] == "no"


def test_a_health_check_asks_an_address_that_answers_on_a_port_on_which_the_process_listens() -> None:
    ports = set(of_image("EXPOSE")[0].split())
    for name, service in services(ours=True).items():
        if not service["healthcheck"].get("disable"):
            port, path = asked_by(service["healthcheck"]["test"])
            listens = service["environment"].get("LOYALTY_METRICS_PORT", "8000")
            assert (port, path in PATHS, port in ports) == (listens, True, True), name
    [asks] = json.loads(of_image("HEALTHCHECK")[0].partition("CMD ")[2])[2:]
    compile(asks, "health", "exec")
    assert "127.0.0.1:' + os.environ['LOYALTY_PORT'] + '/health/live'" in asks, "it follows the port"
    assert "/health/live" in PATHS


def asked_by(command: list[str]) -> tuple[str, str]:
    """The port and path of the one address in a health check, whose Python compiles."""
    compile(command[-1], "health", "exec")
    [(port, path)] = re.findall(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", command[-1])
    return port, path


def test_what_is_kept_in_containers_can_be_backed_up_in_them_by_hand_and_by_the_clock() -> None:
    whole, [home] = compose(), [rest for rest in of_image("WORKDIR") if rest != "/build"]
    [client] = {version for rest in of_image("RUN") for version in re.findall(r"postgresql-client-(\d+)", rest)}
    assert whole["services"]["postgres"]["image"].startswith(f"postgres:{client}-"), (
        "pg_dump is of the server's version"
    )
    for name in ("worker", "sqlite"):
        service = whole["services"][name]
        assert home in {volume.partition(":")[2] for volume in service["volumes"]}, name
        assert service["environment"]["TMPDIR"] == home, "a restore unpacks more than /tmp holds"


def test_the_months_after_which_people_are_erased_hold_in_containers_too() -> None:
    for name in ("worker", "sqlite"):
        given = {"LOYALTY_KEEP_INACTIVE_MONTHS": "36", "LOYALTY_SECRET_KEY": "a long random text"}
        assert read_settings(in_container(compose()["services"][name], given)).keep_inactive_months == 36, name


def test_only_the_api_is_published_and_the_database_is_inside() -> None:
    whole = compose()["services"]
    assert {name for name, service in whole.items() if "ports" in service} == {"api", "sqlite"}
    assert whole["postgres"]["networks"] == whole["valkey"]["networks"] == ["inside"]
    assert compose()["networks"]["inside"] == {"internal": True}
    for name in ("api", "sqlite"):
        assert filled_in(whole[name]["ports"][0], {}) == "127.0.0.1:8000:8000"


# The image.


def test_the_image_copies_what_is_there_and_what_is_not_ignored() -> None:
    let_in = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    copied = {word for rest in of_image("COPY") if not rest.startswith("--") for word in rest.split()[:-1]}
    assert copied == let_in
    assert all((ROOT / name).exists() for name in copied)


def test_the_image_runs_as_nobody_in_particular_and_its_settings_exist() -> None:
    settings = {name: text for rest in of_image("ENV") for name, text in re.findall(r"(\w+)=(\S+)", rest)}
    assert settings.keys() <= SETTINGS | BESIDES | OF_BUILD
    assert of_image("USER") == ["10001"]
    assert settings["LOYALTY_PORT"] in of_image("EXPOSE")[0].split()
    assert json.loads(of_image("ENTRYPOINT")[0]) == ["loyalty"]
    assert exists_as_command(json.loads(of_image("CMD")[0]))
    assert read_settings(settings).sqlite_path.parent == Path(of_image("WORKDIR")[-1])


def test_the_image_is_made_of_what_the_lock_says() -> None:
    [locked, own] = [shlex.split(rest) for rest in of_image("RUN") if rest.startswith("pip ")]
    assert locked == ["pip", "install", "--require-hashes", "--no-deps", "-r", "requirements.lock"]
    assert own == ["pip", "install", "--no-deps", "--no-build-isolation", "."]
    pinned = re.findall(r"(?m)^([a-z0-9-]+)==", read("requirements.lock"))
    assert {"setuptools", "manimgx-fonts", "litestar", "python-telegram-bot"} <= set(pinned)


# systemd and proxies.


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    [(program, words)] = re.findall(r"(?m)^ExecStart=(\S+) (.+)$", unit.read_text("utf-8"))
    assert program == "/srv/loyalty/bin/loyalty"
    assert exists_as_command(words.split())


def test_a_unit_comes_up_however_long_its_database_is_away() -> None:
    for unit in UNITS:
        assert "StartLimitIntervalSec=0\n" in unit.read_text("utf-8")


def test_a_container_has_as_long_to_end_as_a_unit() -> None:
    limits = re.compile(r"(?s)ExecStart=\S+ (\w+)\n.*TimeoutStopSec=(\d+)\n")
    of_units = dict(pair for unit in UNITS for pair in limits.findall(unit.read_text("utf-8")))
    serving = {name: one for name, one in services(ours=True).items() if name != "migrate"}
    for name, service in serving.items():
        [command] = service["command"]
        assert service["stop_grace_period"] == f"{of_units[command]}s", name


def test_units_differ_only_in_what_they_run() -> None:
    same = {re.sub(r"(?m)^(Description|ExecStart|TimeoutStopSec)=.*$", "", unit.read_text("utf-8")) for unit in UNITS}
    assert len(same) == 1
    assert {unit.stem for unit in UNITS} == {"loyalty", "loyalty-api", "loyalty-bot", "loyalty-worker"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_a_unit(unit: Path, tmp_path: Path) -> None:
    needs("systemd-analyze")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace("/srv/loyalty/bin/loyalty", f'"{sys.executable}"'))
    done = run("systemd-analyze", "verify", "--man=no", str(copy))
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == []


def test_systemd_lets_a_unit_write_to_a_folder_for_backups_as_the_how_to_shows(tmp_path: Path) -> None:
    needs("systemd-analyze")
    [shown] = [block.text for block in blocks("docs/howto/run.md") if "ReadWritePaths" in block.text]
    unit = tmp_path / "loyalty.service"
    unit.write_text(UNITS[0].read_text("utf-8").replace("/srv/loyalty/bin/loyalty", f'"{sys.executable}"') + shown)
    done = run("systemd-analyze", "verify", "--man=no", str(unit))
    assert [line for line in done.stderr.splitlines() if unit.name in line] == []


def test_both_proxies_speak_to_the_port_of_the_api_and_keep_figures_from_the_world() -> None:
    caddy, nginx = read("deploy/caddy/Caddyfile"), read("deploy/nginx/loyalty.conf")
    for text in (caddy, nginx):
        assert f"{Settings().host}:{Settings().port}" in text
        assert "/metrics" in text
    [asked] = re.findall(r"health_uri (\S+)", caddy)
    assert asked in PATHS
    assert "proxy_add_x_forwarded_for;" not in nginx


def test_both_proxies_let_through_the_files_that_the_desk_takes_and_no_other_large_body() -> None:
    caddy, nginx = read("deploy/caddy/Caddyfile"), read("deploy/nginx/loyalty.conf")
    largest = max(importing.LARGEST_FORM, look.LARGEST_FORM)
    assert largest <= 21 * 10**6 < 21 * 2**20
    for text, size, usual in ((caddy, "21MB", "300KB"), (nginx, "21m", "300k")):
        [where, *_] = re.findall(r"\^/app/\S+", text)
        for section in (sections.IMPORT, sections.LOOK):
            assert re.match(where, f"/app/123/shop/4/{section.path}")
        assert not any(re.match(where, path) for path in ("/v1/stamps", "/app/123/session", "/app/123/shop/4/ledger"))
        assert size in text
        assert usual in text


def test_nginx_understands_its_file(tmp_path: Path) -> None:
    nginx, openssl = needs("nginx"), needs("openssl")
    ours = own_nginx(openssl, tmp_path).replace("listen 80;", "listen 8080;").replace("listen 443", "listen 8443")
    (tmp_path / "ours.conf").write_text(ours.replace("/var/log/nginx", str(tmp_path)))
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ {own_places(tmp_path)} include {tmp_path}/ours.conf; }}"
    )
    done = run(nginx, "-t", "-q", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
    assert done.returncode == 0, done.stderr


async def test_nginx_logs_no_phone_number_on_any_port_also_when_the_service_is_away(tmp_path: Path) -> None:
    nginx, openssl = needs("nginx"), needs("openssl")
    plain, secure, away = (free_port() for _ in range(3))
    ours = own_nginx(openssl, tmp_path).replace("127.0.0.1:8000", f"127.0.0.1:{away}")
    ours = re.sub(r"listen (\d+)", lambda found: f"listen 127.0.0.1:{secure if found[1] == '443' else plain}", ours)
    (tmp_path / "ours.conf").write_text(ours.replace("/var/log/nginx", str(tmp_path)))
    logs = f"access_log {tmp_path}/access.log; error_log {tmp_path}/error.log; {own_places(tmp_path)}"
    alone = f"pid {tmp_path}/pid; daemon off; master_process off; error_log {tmp_path}/main.log; events {{}}"
    (tmp_path / "nginx.conf").write_text(f"{alone} http {{ {logs} include {tmp_path}/ours.conf; }}")
    process = await asyncio.create_subprocess_exec(
        nginx, "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")
    )
    path = "/v1/customers?phone=%2B4915123456789"
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501  # its own certificate
        await until(lambda: answers(client, f"http://127.0.0.1:{plain}{path}", 308))
        assert await answers(client, f"https://127.0.0.1:{secure}{path}", 502)
    process.terminate()
    await process.wait()
    assert "15123456789" not in logged_in(tmp_path)


async def answers(client: httpx.AsyncClient, url: str, status: int) -> bool:
    try:
        return (await client.get(url)).status_code == status
    except httpx.TransportError:
        return False


def logged_in(folder: Path) -> str:
    return "".join(log.read_text() for log in folder.glob("*.log"))


def own_places(folder: Path) -> str:
    """Where nginx puts what it keeps for a moment, for those who may not write to its own folder."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)


def own_nginx(openssl: str, folder: Path) -> str:
    """Our file for nginx, with a certificate of this test, and for IPv4 alone."""
    words = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout key.pem -out cert.pem"
    run(openssl, *shlex.split(words), cwd=folder)
    ours = read("deploy/nginx/loyalty.conf")
    for name, file in (("fullchain", "cert"), ("privkey", "key")):
        ours = ours.replace(f"/etc/letsencrypt/live/cards.example.com/{name}.pem", str(folder / f"{file}.pem"))
    return re.sub(r"listen \[::\][^;]*;", "", ours)


def test_caddy_understands_its_file(tmp_path: Path) -> None:
    caddy = needs("caddy")
    done = run(
        caddy, "validate", "--adapter", "caddyfile", "--config", str(ROOT / "deploy/caddy/Caddyfile"), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


# How to run it.


def shown_in_the_how_to(program: str) -> list[list[str]]:
    text = re.sub(r"(?m)^sudo ", "", "\n".join(block.text for block in blocks("docs/howto/run.md")))
    return typed(text, program)


def test_the_how_to_names_services_commands_and_units_that_exist() -> None:
    for _, _, what, *rest in shown_in_the_how_to("docker"):
        named = [word for word in rest if not word.startswith("-")][:1]
        assert what in {"up", "exec"}
        assert set(named) <= compose()["services"].keys()
        if what == "exec":
            assert exists_as_command([word for word in rest[2:] if re.fullmatch("[a-z]+", word)][: command_words(rest)])
    enabled = [line[-1] for line in shown_in_the_how_to("systemctl") if "enable" in line]
    assert set(enabled) <= {unit.stem for unit in UNITS}


def command_words(rest: list[str]) -> int:
    """How many words of a line are the command: those before its first option."""
    words = rest[2:]
    return next((place for place, word in enumerate(words) if word.startswith("-")), len(words))


def test_the_how_to_installs_for_systemd_as_the_image_does() -> None:
    in_image = {shlex.join(shlex.split(rest)[1:]) for rest in of_image("RUN") if rest.startswith("pip ")}
    by_hand = {shlex.join(line[1:]) for line in shown_in_the_how_to("/srv/loyalty/bin/pip")}
    assert by_hand == in_image


def needs(program: str) -> str:
    """A program of the machine; its test is not run where it is not installed, and that is said loudly."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{program} leg NOT RUN: {program} is not installed")
    return found


def run(*command: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    home = {"HOME": str(cwd)} if cwd else {}
    return subprocess.run(command, cwd=cwd, env={**os.environ, **home}, check=False, capture_output=True, text=True)
