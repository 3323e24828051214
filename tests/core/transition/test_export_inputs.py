"""Times of a transition in its audio, its files, and on the timeline of a sequencer."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import InputError
from djtrans.core.transition.export_inputs import BarLines
from djtrans.testing import example_export


def test_inputs_that_were_not_declared_are_an_error(tmp_path):
    inputs = example_export(tmp_path, ())
    with pytest.raises(InputError, match="needs=\\('audio',\\)"):
        _ = inputs.audio
    with pytest.raises(InputError, match="needs=\\('tracks',\\)"):
        _ = inputs.tracks


@pytest.mark.parametrize(
    ("start", "bars", "audio"),
    [(0.0, 0, 0.0), (1.3, 1, 0.7), (2.0, 1, 0.0), (2.1, 2, 1.9), (7.0, 4, 1.0)],
)
def test_the_window_starts_on_the_first_bar_line_that_leaves_room(tmp_path, start, bars, audio):
    plan = example_export(tmp_path, ()).plan  # bars of 2 s before the window
    lines = BarLines(plan, start, 20.0)
    assert lines.lead_beats == 4 * bars
    assert lines.audio_seconds == pytest.approx(audio)
    assert lines.beat(start) == pytest.approx(4 * bars)
    assert lines.beat(start + plan.beat_times[3]) == pytest.approx(4 * bars + 3)
    assert lines.beat(start - 0.5) == pytest.approx(4 * bars - 1)


def test_a_constant_tempo_is_stated_once(tmp_path):
    inputs = example_export(tmp_path, ())
    even = attrs.evolve(inputs.plan, beat_times=tuple(0.5 * i for i in range(17)))
    even = attrs.evolve(inputs, content=attrs.evolve(inputs.content, plan=even))
    assert even.bars.tempos == ((0, 120.0),)
    tempos = inputs.bars.tempos
    assert len(tempos) == 16
    assert tempos[-1] == (4 + 15, pytest.approx(125.0))
