"""An effect in 30 lines: a tilt that makes a sound darker or brighter with one curve.

::

    djtrans --plugin examples/effect_in_30_lines.py plugins show tilt
    djtrans --plugin examples/effect_in_30_lines.py layout --set lpf=tilt
    djtrans --plugin examples/effect_in_30_lines.py generate a.wav b.wav -o out.wav --mixer tilted
"""

import attrs

import djtrans


@attrs.frozen
class TiltConfig:
    """How steep it gets."""

    slope_db: float = djtrans.setting(
        3.0, "Slope at a tilt of 1.", unit="dB per octave", minimum=0.5, maximum=12.0
    )


class Tilt:
    """A straight line in dB over octaves that turns around 1 kHz."""

    def __init__(self, config):
        self.config = config

    def mask(self, curves, freqs_hz, ctx):
        """Gain per frame and frequency, ``[batch, frames, bins]``."""
        octaves = (freqs_hz.clamp(min=20) / 1000).log2()
        return 10 ** (self.config.slope_db * curves["tilt"].unsqueeze(-1) * octaves / 20)


@djtrans.hookimpl
def djtrans_effects():
    """What the effect is called, where it may stand, what can be automated."""
    yield djtrans.EffectDeclaration(
        name="tilt",
        summary="Darker or brighter: a tilt of the whole spectrum around 1 kHz.",
        factory=Tilt,
        config=TiltConfig,
        domain="spectral",
        placements=("stem", "track", "master"),
        parameters=(
            djtrans.Parameter(name="tilt", minimum=-1, unit="fraction", summary="-1 is dark."),
        ),
    )


@djtrans.hookimpl
def djtrans_mixers():
    """The default mixer with a tilt in front of each track's reverb and echo: 56 parameters."""

    def tilted(config):
        dj54 = djtrans.resolve_spec("dj54")
        node = djtrans.NodeSpec("tilt", "effect_in_30_lines/tilt")
        return attrs.evolve(dj54, track_chain=(node, *dj54.track_chain))

    yield djtrans.MixerDeclaration(name="tilted", summary="dj54 with a tilt.", factory=tilted)
