"""The doctor: `loyalty doctor` reports the state of everything, and what to do. The checks are in `checks`."""

import click

from loyalty_cli import options
from loyalty_cli.failures import CommandFailed
from loyalty_cli.output import tell


@click.command()
@options.as_json
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Check everything, every card too; say what to correct.

    It looks at the settings, the database, and whether every balance is what the transactions add up to. Nothing is
    changed, and a server may go on running meanwhile. The exit code is 0 if all is well, 1 if there is a problem.
    """
    from loyalty_cli.doctor.checks import examine
    from loyalty_cli.doctor.findings import Status, check_words, verdict

    checks = []
    for check in examine():
        checks.append(check)
        if not as_json:
            click.echo(check_words(check))
    problems = sum(check.status is Status.PROBLEM for check in checks)
    tell(
        {"ok": not problems, "problems": problems, "checks": checks},
        f"\n{verdict(problems)}",
        as_json=as_json,
    )
    ctx.exit(CommandFailed.exit_code if problems else 0)
