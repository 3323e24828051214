"""Pictures of a transition, and its story, from the params file alone.

    python examples/visualize.py params.json -o params_plot.png
    python examples/visualize.py params.json -o timeline.png --timeline
    python examples/visualize.py params.json --summary summary.md

`djtrans visualize` does more. Start here to draw something of your own: `make_scene` works out
everything that the pictures show, on one axis of bars.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import djtrans
from djtrans.core import load_params
from djtrans.plot import make_scene, plot_timeline, plot_transition, save_figure
from djtrans.report import describe_transition


def main(arguments: argparse.Namespace) -> None:
    """Draw and tell what the command line asks for."""
    content = load_params(arguments.params)
    if arguments.output:
        plot = plot_timeline if arguments.timeline else plot_transition
        save_figure(plot(content, theme=arguments.theme), arguments.output)
    if arguments.summary:
        Path(arguments.summary).write_text(describe_transition(content), encoding="utf-8")

    # Who owns the bass, as a line of text: a letter for each beat of the window.
    scene = make_scene(content)
    first = -scene.first_beat
    beats = round(scene.bars * scene.beats_per_bar)
    letters = {"a": "A", "b": "B", "both": "!", "none": "-"}
    print("bass", "".join(letters[o] for o in scene.levels.owners["bass"][first : first + beats]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draw a transition from its params file.")
    parser.add_argument("params", help="what --save-params wrote")
    parser.add_argument("-o", "--output", metavar="FILE", help="picture: png, svg or pdf")
    parser.add_argument("--timeline", action="store_true", help="which stem sounds when instead")
    parser.add_argument("--summary", metavar="FILE", help="also tell it in words (Markdown)")
    parser.add_argument("--theme", default="light", help="light or dark")
    options = parser.parse_args()
    if not options.output and not options.summary:
        parser.error("nothing to make; give -o FILE for a picture, or --summary FILE")
    try:
        main(options)
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
