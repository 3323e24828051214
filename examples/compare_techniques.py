"""Compare techniques on one pair of tracks: what is measured, side by side.

::

    python examples/compare_techniques.py track_a.mp3 track_b.mp3 bass-swap fade cut
"""

from __future__ import annotations

import argparse
from tempfile import TemporaryDirectory

import djtrans
from djtrans.core import markdown_table
from djtrans.evaluation import EvaluationOptions, TrackPair, compare


def main(arguments: argparse.Namespace) -> None:
    """Make every technique's transition around one swap, and print a table."""
    pair = TrackPair(
        a=arguments.track_a,
        b=arguments.track_b,
        stems_a=arguments.stems_a,
        stems_b=arguments.stems_b,
    )
    with TemporaryDirectory() as folder:
        options = EvaluationOptions(bars=arguments.bars)
        done = compare([pair], arguments.techniques, output=folder, options=options)
    for outcome in done.failed:
        print(f"{outcome.technique}: {outcome.reason}")
    measured = [outcome for outcome in done.outcomes if outcome.ok]
    rows = [["bars", *(str(outcome.bars) for outcome in measured)]]
    gates = dict.fromkeys(gate for outcome in measured for gate in outcome.gates)
    rows += [[gate, *(outcome.gates[gate] for outcome in measured)] for gate in gates]
    for metric in done.metrics:
        numbers = [outcome.values[metric.name] for outcome in measured]
        values = ["-" if number is None else f"{number:.3g}" for number in numbers]
        rows.append([f"{metric.name} ({metric.unit})" if metric.unit else metric.name, *values])
    print(markdown_table(["", *(outcome.technique for outcome in measured)], rows), end="")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare techniques on one pair of tracks.")
    parser.add_argument("track_a")
    parser.add_argument("track_b")
    parser.add_argument("techniques", nargs="*", help="names; all that are registered by default")
    parser.add_argument("--bars", type=int, default=0, help="wanted length of the windows")
    parser.add_argument("--stems-a", metavar="DIR", help="folder with ready stems of A")
    parser.add_argument("--stems-b", metavar="DIR", help="folder with ready stems of B")
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
