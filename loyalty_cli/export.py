"""Exporting: `loyalty export`."""

from pathlib import Path

import click

from loyalty_app.clock import utc_now
from loyalty_app.exporting.everything import export_everything
from loyalty_cli import options
from loyalty_cli.database import with_database
from loyalty_cli.output import tell


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@options.of_business
@options.as_json
def export(target: Path, business_id: int, *, as_json: bool) -> None:
    """Write all that a shop owns into open files.

    TARGET is a new folder, or a new file that ends in .zip. Each table is there as CSV and as JSON, and a README says
    what is what. No secrets are among them.
    """
    counts = with_database(lambda database: export_everything(database, business_id, target, now=utc_now()))
    answer = {"business_id": business_id, "target": str(target), "rows": counts}
    told = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items())
    tell(answer, f"Wrote {target}: {told}.", as_json=as_json)
