"""``djtrans doctor``: check the installation, and show how to mend it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import attrs
import click

from djtrans.cli.console import print_json, results_only

if TYPE_CHECKING:
    from djtrans.cli.diagnosis import Finding


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def doctor(as_json: bool) -> int:
    """Check versions, devices, weights, cache, plugins and codecs, and show what mends them.

    Nothing is downloaded or changed. The exit code is 2 if something is broken; what is missing is
    optional.
    """
    from djtrans.cli.diagnosis import BROKEN, diagnose

    with results_only(as_json):
        found = list(diagnose())
    if as_json:
        print_json([attrs.asdict(finding) for finding in found])
    else:
        click.echo("\n".join(describe(found)))
    return 2 if any(finding.state == BROKEN for finding in found) else 0


def describe(found: list[Finding]) -> list[str]:
    """Format the findings as a table for each topic, and a list of what to do."""
    from djtrans.cli.diagnosis import OK
    from djtrans.cli.tables import table_lines

    lines = []
    for topic, findings in groupby(found, key=lambda finding: finding.topic):
        lines.append(topic)
        rows = [(f"  {f.name}", f.state, f.detail) for f in findings]
        lines += table_lines(rows)
    fixes = [f for f in found if f.state != OK and f.fix]
    if not fixes:
        return [*lines, "", "nothing to mend"]
    return [*lines, "", "to mend", *table_lines([(f"  {f.name}", f.fix) for f in fixes])]
