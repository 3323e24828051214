"""An effect with state: a one-pole low-pass whose memory is carried from chunk to chunk.

    python examples/research/stateful_effect.py in.wav out.wav

The state is a value: ``process`` returns a new one and leaves the old one as it was.
"""

import argparse

import torch

import djtrans


class OnePole:
    """``y[n] = y[n-1] + c[n] (x[n] - y[n-1])``: smooth the signal by the curve ``smoothing``."""

    def __init__(self, config): ...

    def latency_samples(self, ctx):
        """Return 0: the output is on time."""
        return 0

    def tail_seconds(self, ctx):
        """Return the decay to -60 dB at the largest smoothing, 0.999."""
        return 6.91 / (1 - 0.999) / ctx.sample_rate

    def init_state(self, batch, channels, ctx):
        """Return the last output before the first sample: silence."""
        return torch.zeros(batch, channels)

    def process(self, audio, curves, ctx, state):
        """Filter ``[batch, channels, samples]``; differentiable in audio and curve."""
        coefficient = 1 - 0.999 * curves["smoothing"][:, None]
        output = []
        for x, c in zip(audio.unbind(-1), coefficient.unbind(-1), strict=True):
            state = state + c * (x - state)
            output.append(state)
        return torch.stack(output, dim=-1), state


@djtrans.hookimpl
def djtrans_effects():
    """Declare the effect."""
    yield djtrans.EffectDeclaration(
        name="one-pole",
        summary="Smooth the signal by a one-pole low-pass.",
        factory=OnePole,
        domain="time",
        placements=("stem", "track", "master"),
        parameters=(djtrans.Parameter(name="smoothing", unit="fraction", summary="0 is bypass."),),
    )


def main(source, target):
    """Close the filter over the first second of a file, and open it again."""
    audio, rate = djtrans.load_audio(source)
    (effect,) = djtrans_effects()
    swept = djtrans.apply_effect(effect, audio[:, :rate], rate, smoothing=[0.0, 0.9, 0.0])
    djtrans.write_audio(target, swept, rate)
    print(f"{target}: {swept.shape[-1] / rate:.1f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Sweep a one-pole filter over a file.")
    parser.add_argument("source")
    parser.add_argument("target")
    arguments = parser.parse_args()
    try:
        main(arguments.source, arguments.target)
    except djtrans.DjtransError as error:
        parser.exit(2, f"{parser.prog}: error: {error}\n")
