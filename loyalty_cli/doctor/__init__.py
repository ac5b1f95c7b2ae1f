"""The doctor: `loyalty doctor` says how everything is, and what to mend. What is looked at is in `checks`."""

import click

from loyalty_cli import options
from loyalty_cli.doctor.checks import examine
from loyalty_cli.doctor.findings import Check, Status
from loyalty_cli.failures import CommandFailed
from loyalty_cli.output import tell

COLOURS = {Status.OK: "green", Status.NOTE: "yellow", Status.PROBLEM: "red"}


@click.command()
@options.as_json
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check everything, every card too; say what to mend.

    It looks at the settings, the database, and whether every balance is what the transactions add up to. Nothing is
    changed, and a server may go on running meanwhile. The exit code is 0 if all is well, 1 if there is a problem.
    """
    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            click.echo(_words(check))
    problems = sum(check.status is Status.PROBLEM for check in checks)
    tell(
        {"ok": not problems, "problems": problems, "checks": checks},
        f"\n{_verdict(problems)}",
        as_json=as_json,
    )
    ctx.exit(CommandFailed.exit_code if problems else 0)


def _words(check: Check) -> str:
    lines = [f"{click.style(check.status.ljust(8), fg=COLOURS[check.status])} {check.name}: {check.message}"]
    lines += [f"{'':9}– {detail}" for detail in check.details]
    lines += [f"{'':9}{check.mend}"] if check.mend else []
    return "\n".join(lines)


def _verdict(problems: int) -> str:
    if not problems:
        return "All is well."
    return "1 problem to mend." if problems == 1 else f"{problems} problems to mend."
