"""Every rule of djtrans for every component of this package, and what is special about each."""

import djtrans_tape.plugin
import torch

from djtrans.testing import example_audio, parametrize_checks

test_tape = parametrize_checks(djtrans_tape.plugin)


def test_the_second_machine_makes_notches_at_odd_multiples_of_half_a_turn():
    from djtrans_tape.flanger import Flanger
    from djtrans_tape.plugin import FlangerConfig

    from djtrans import RenderContext

    # Time 0 is the middle of a beat that takes weeks: the swing stands at its top.
    beats = torch.tensor([-1.0e6, 1.0e6], dtype=torch.float64)
    ctx = RenderContext(48000, beats, beats)
    flanger = Flanger(FlangerConfig(sweep_beats=1.0, longest_ms=2.0))
    seconds = torch.arange(4800) / 48000
    curves = {"mix": torch.ones(1, 4800), "depth": torch.ones(1, 4800)}
    # Held at a lag of 2 ms: a tone of 250 Hz is gone, one of 500 Hz is as it was.
    for hz, level in ((250, 0.0), (500, 1.0)):
        tone = torch.sin(2 * torch.pi * hz * seconds)[None, None]
        out, _ = flanger.process(tone, curves, ctx, flanger.init_state(1, 1, ctx))
        steady = out[..., 480:]
        assert abs(float(steady.abs().max()) - level) < 1e-3


def test_a_shift_of_one_spaces_the_levels_evenly_and_more_stays_with_the_noise():
    from djtrans_tape.plugin import ShiftedEulerConfig
    from djtrans_tape.shifted_euler import ShiftedEuler

    sigmas = [level.sigma for level in ShiftedEuler(ShiftedEulerConfig(shift=1.0)).levels(4)]
    assert sigmas == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert ShiftedEuler(ShiftedEulerConfig()).levels(4)[2].sigma == 0.75


def test_what_is_mirrored_is_separated_the_mirrored_way():
    from djtrans_tape.mirrored import Mirrored
    from djtrans_tape.plugin import MirroredConfig

    separator = Mirrored(MirroredConfig())
    audio = example_audio(2, 22050)
    plain, mirrored = (separator.separate(a, 22050) for a in (audio, audio.flip(0)))
    assert (plain - mirrored.flip(1)).abs().max() < 1e-6
