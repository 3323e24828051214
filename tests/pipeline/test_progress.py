"""Events of named steps, and callbacks with the former signature."""

from __future__ import annotations

import warnings

import pytest

from djtrans.core.util.progress import Progress
from djtrans.pipeline.progress import Steps, half_progress


def test_a_step_reports_its_fractions_and_its_wall_time():
    events = []
    steps = Steps(events.append)
    with steps.step("analyze") as fraction:
        half_progress(fraction, 0)(0.5)
        half_progress(fraction, 1)(0.5)
    assert events == [Progress("analyze", done, 1.0) for done in (0.0, 0.25, 0.75, 1.0)]
    assert list(steps.seconds) == ["analyze"]


def test_without_a_callback_nothing_is_reported():
    with Steps().step("analyze") as fraction:
        fraction(0.5)


def test_the_former_signature_works_with_a_warning():
    seen = []
    with pytest.warns(DeprecationWarning, match="receives one"):
        steps = Steps(lambda step, fraction: seen.append((step, fraction)))
    steps.progress("load")(0.5)
    assert seen == [("load", 0.5)]


@pytest.mark.parametrize("callback", [print, lambda event, more=None: None, [].append])
def test_callbacks_of_one_argument_are_taken_as_they_are(callback):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Steps(callback).callback is callback
