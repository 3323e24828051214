"""The plot of a comparison shows its medians and intervals."""

from __future__ import annotations

import attrs
import pytest

from djtrans.core.errors import InputError
from djtrans.evaluation.comparison import Comparison, Outcome
from djtrans.evaluation.plot import plot_techniques

OUTCOMES = [
    Outcome(
        pair=f"{pair}",
        technique=technique,
        values={
            "loudness_dip_lu": dip + 0.1 * pair,
            "bass_overlap_beats": beats if technique == "djtrans/fade" or pair < 3 else None,
            "masking_fraction": dip / 10,
            "key_distance_steps": pair,
            "both_audible_beats": pair,
        },
    )
    for pair in range(5)
    for technique, dip, beats in (("djtrans/fade", 3.0, 2.0), ("djtrans/cut", 1.0, 0.0))
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_medians_stand_where_they_are(theme):
    figure = plot_techniques(Comparison(outcomes=OUTCOMES), theme=theme)
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes if axes.get_visible()}
    # Neither a description nor what is the same for all has a panel.
    assert list(panels) == ["bass overlap beats", "loudness dip lu", "masking fraction"]
    panel = panels["loudness dip lu"]
    points = {
        round(float(y)): float(x)
        for line in panel.lines
        if line.get_marker() in ("o", "D")
        for x, y in [(line.get_xdata()[0], line.get_ydata()[0])]
    }
    assert points == pytest.approx({0: 3.2, 1: 1.2})
    assert "lower is better" in panel.get_xlabel()
    assert [t.get_text() for t in panels["bass overlap beats"].get_yticklabels()] == [
        "fade  n 5",
        "cut  n 5",
    ]
    assert [t.get_text() for t in panels["bass overlap beats"].texts] == ["n 3"]


def test_what_could_not_be_measured_is_no_zero():
    fade, cut = OUTCOMES[:2]
    outcomes = [fade, attrs.evolve(cut, values={"loudness_dip_lu": None})]
    drawn = plot_techniques(Comparison(outcomes=outcomes)).axes
    panels = [axes for axes in drawn if axes.get_visible()]
    assert len(panels) == 5
    assert all([t.get_text() for t in axes.texts] == ["not measurable"] for axes in panels)
    assert all(
        not any(line.get_ydata()[0] == 1 for line in axes.lines if line.get_marker() == "o")
        for axes in panels
    )


def test_plotting_without_measurements_is_an_error():
    failed = Comparison(outcomes=[Outcome(pair="p", technique="cut", reason="why")])
    with pytest.raises(InputError, match="no measured transitions to plot"):
        plot_techniques(failed)
