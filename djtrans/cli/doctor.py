"""``djtrans doctor``: check the installation, and show how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
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

    found: list[Finding] = []
    with results_only(as_json):
        # A topic is printed as soon as it is checked: torch takes seconds to load.
        for topic, findings in groupby(diagnose(), key=lambda finding: finding.topic):
            checked = list(findings)
            found += checked
            if not as_json:
                click.echo("\n".join(topic_lines(topic, checked)))
    if as_json:
        print_json([attrs.asdict(finding) for finding in found])
    else:
        click.echo("\n".join(fix_lines(found)))
    return 2 if any(finding.state == BROKEN for finding in found) else 0


def topic_lines(topic: str, findings: Sequence[Finding]) -> list[str]:
    """Format the findings of a topic as a table."""
    from djtrans.cli.tables import table_lines

    return [topic, *table_lines([(f"  {f.name}", f.state, f.detail) for f in findings])]


def fix_lines(findings: Sequence[Finding]) -> list[str]:
    """Format what is to be done as a table."""
    from djtrans.cli.diagnosis import OK
    from djtrans.cli.tables import table_lines

    fixes = [(f"  {f.name}", f.fix) for f in findings if f.state != OK and f.fix]
    return ["", "to mend", *table_lines(fixes)] if fixes else ["", "nothing to mend"]
