"""The welcome: what `loyalty demo` prints once it is ready. It fits into 80 columns, and its commands can be pasted."""

import click

from loyalty_cli.demo.cafe import DAYS, REGULARS, Cafe


def welcome(cafe: Cafe, url: str, *, clock: str | None = None) -> str:
    """The text: what is there, what to try, and how to stop. `clock` is the address of the test clock, if any."""
    name = click.style(cafe.opened.business.name, bold=True)
    lines = (
        "",
        f"  {name} is open. {len(REGULARS)} regulars and {DAYS} days of visits, all made up.",
        "",
        f"  {_label('Two phones')}{url}/sandbox/  (open it: customer and counter)",
        f"  {_label('API')}{url}/v1",
        f"  {_label('API key')}{cafe.opened.key.api_key}",
        f"  {_label('Reference')}{url}/docs  (for programs: /openapi.json)",
        *([f"  {_label('Clock')}{clock}  (GET shows it)"] if clock else []),
        "",
        f"  {cafe.guest.name} is one stamp short of a reward. Paste one after the other:",
        "",
        *_steps(cafe, url),
        *([f"  Move the clock three days forward.\n\n{move_clock(clock)}\n"] if clock else []),
        "  Ctrl-C closes the café and throws its data away.",
        "",
    )
    return "\n".join(lines)


def _label(text: str) -> str:
    return click.style(f"{text:<11}", fg="cyan")


def _steps(cafe: Cafe, url: str) -> list[str]:
    said = ("Scan the card: whose is it?", "Stamp it, and it is full.", "Hand out the reward.")
    pasted = [command.replace(" -H ", " \\\n  -H ") for command in commands(cafe, url)]
    return [f"  {n}. {what}\n\n{line}\n" for n, (what, line) in enumerate(zip(said, pasted, strict=True), start=1)]


def move_clock(clock: str) -> str:
    """The command that moves the test clock."""
    return f"""curl {clock} -d '{{"forward": "3d"}}'"""


def commands(cafe: Cafe, url: str) -> list[str]:
    """Three commands: look the guest up by code, stamp the card, redeem the reward that this earns."""
    card = f"{url}/v1/customers/qr/{cafe.guest.qr_code}"
    key = f'-H "X-Api-Key: {cafe.opened.key.api_key}"'
    return [f"curl {card} {key}", f"curl -X POST {card}/stamps {key}", f"curl -X POST {card}/redeem {key}"]
