"""Swap one effect of the mixer for another, here for one written on the spot.

::

    python examples/swap_effect.py track_a.mp3 track_b.mp3 -o transition.wav
"""

from __future__ import annotations

import argparse
import sys

import djtrans


class GentleLowpass:
    """A low-pass of 6 dB per octave, as an RC circuit has: power 1 / (1 + (f / cutoff)^2)."""

    def __init__(self, config):
        self.config = config

    def mask(self, curves, freqs_hz, ctx):
        """Gain per frame and frequency, ``[batch, frames, bins]``."""
        x = curves["cutoff"].unsqueeze(-1)
        closed = (1 + (freqs_hz / (20 * 1000**x)) ** 2) ** -0.5
        # Above 0.95 (14 kHz) it opens; fully open is exactly no filter at all.
        shut = ((1 - x) / 0.05).clamp(max=1)
        return 1 + shut * (closed - 1)


@djtrans.hookimpl
def djtrans_effects():
    """The same parameter as the default low-pass, so that techniques know what to do with it."""
    yield djtrans.EffectDeclaration(
        name="gentle-lowpass",
        summary="Low-pass of 6 dB per octave.",
        factory=GentleLowpass,
        domain="spectral",
        placements=("stem", "track", "master"),
        parameters=(
            djtrans.Parameter(
                name="cutoff",
                neutral=1.0,
                unit="normalized cutoff",
                curve="frequency",
                summary="Cutoff; fully open at 1.",
            ),
        ),
    )


def main(arguments: argparse.Namespace) -> None:
    """Generate with the swapped mixer."""
    djtrans.default_registry().register(sys.modules[__name__], "my")
    mixer = (
        djtrans.resolve_spec("dj54")
        .replace_node("lpf", "my/gentle-lowpass")  # another effect
        .replace_node("delay", "delay", beats=0.5)  # the same effect, set otherwise
    )
    transition = djtrans.generate(arguments.track_a, arguments.track_b, mixer=mixer)
    transition.save(arguments.output)
    lpf = next(node for node in transition.provenance.mixer.spec.stem_chain if node.id == "lpf")
    print(f"{len(transition.params.layout)} parameters, node lpf is {lpf.effect}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make a transition with another low-pass.")
    parser.add_argument("track_a")
    parser.add_argument("track_b")
    parser.add_argument("-o", "--output", required=True, help="audio file to write")
    try:
        main(parser.parse_args())
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
