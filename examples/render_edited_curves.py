"""Edit the curves of a transition by hand, and hear and see the result.

    djtrans generate a.mp3 b.mp3 -o out.wav --save-params out.json
    python examples/render_edited_curves.py out.json a.mp3 b.mp3 -o edited.wav

The edit: A is thrown into the reverb on the bar before the swap. Its send opens over the bar and
closes on the line, and what rings, rings on over B.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import attrs
import torch

import djtrans
from djtrans.core import ParamsFile, load_params, save_params
from djtrans.plot import save_figure


def throw_into_reverb(content: ParamsFile, level: float) -> ParamsFile:
    """The same transition with A's reverb send opening over the bar before the swap."""
    params, plan = content.params, content.plan
    row = params.layout.index("a/track/reverb/send")
    swap = round(plan.swap_beat * params.frames_per_beat)
    bar = round(plan.beats_per_bar * params.frames_per_beat)
    # The first and the last frame stay as they are: there the window meets the untouched tracks.
    first, last = max(1, swap - bar), min(swap, params.n_frames - 1)
    values = params.values.clone()
    values[first:last, row] = torch.linspace(level / 4, level, last - first)
    return attrs.evolve(content, params=attrs.evolve(params, values=values))


def main(arguments: argparse.Namespace) -> None:
    """Edit, save, render and draw."""
    edited = throw_into_reverb(load_params(arguments.params), arguments.level)
    path = Path(arguments.output).with_suffix(".json")
    save_params(path, edited)
    transition = djtrans.render(path, arguments.track_a, arguments.track_b, device="cpu")
    transition.save(arguments.output)
    # Rendering measured it anew; the file now tells pictures what it really sounds like.
    transition.save_params(path)
    save_figure(transition.plot(), Path(arguments.output).with_suffix(".png"))
    print(f"wrote {arguments.output}, and beside it the curves and their picture")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Throw A into the reverb before the swap.")
    parser.add_argument("params", help="what --save-params wrote")
    parser.add_argument("track_a")
    parser.add_argument("track_b")
    parser.add_argument("-o", "--output", default="edited.wav", help="audio file to write")
    parser.add_argument("--level", type=float, default=0.8, help="send at the swap, 0 to 1")
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
