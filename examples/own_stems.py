"""Use stems that you have, from a DAW or a shop, instead of having tracks separated.

::

    python examples/own_stems.py a.wav b.wav a-stems b-stems -o transition.wav

A folder holds drums, bass, vocals and other as audio files that start where the track starts.
"""

from __future__ import annotations

import argparse

import djtrans


def main(arguments: argparse.Namespace) -> None:
    """Generate with both folders, and say what of each track is heard when the tracks meet."""
    transition = djtrans.generate(
        arguments.track_a, arguments.track_b, stems_a=arguments.stems_a, stems_b=arguments.stems_b
    )
    transition.save(arguments.output)
    for side in (transition.a, transition.b):
        # They are cut and stretched with the track, and still sum to it: `other` took the rest.
        for name, stem in zip(side.stems.names, side.stems.audio, strict=True):
            level_db = 20 * stem.square().mean().sqrt().clamp(min=1e-6).log10()
            print(f"{name:<8}{level_db:6.1f} dB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make a transition from ready stems.")
    parser.add_argument("track_a")
    parser.add_argument("track_b")
    parser.add_argument("stems_a", help="folder with the stems of track A")
    parser.add_argument("stems_b", help="folder with the stems of track B")
    parser.add_argument("-o", "--output", required=True, help="audio file to write")
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
