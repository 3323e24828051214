"""Find out by exchange what makes the curves of pairs differ that are planned alike.

    python benchmarks/sound_attribution.py pairs.csv attribution.png [--model FILE]

The pairs are planned as by sound_dependence.py, and their curves are means over eight seeds. In the
conditioning of a pair, a part of both tracks is replaced by that of another pair, such as the
drums, with the same noise. It explains as much of the difference between the two pairs as
disappears thereby: 100 % if the curves become those of the other pair, less than 0 if they move
away. Printed and plotted is the mean over the other pairs. The panels below show for each pair the
control and track that differ most from another pair, and the curves with the sound and with the
structure of that pair.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
from _cases import LoadedCase
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from refinement_picture import LANES
from sound_dependence import TITLE_WIDTH, planned_cases, run, unit_curves
from torch import Tensor

from djtrans.core.curves.params import TransitionParams
from djtrans.core.curves.request import CurveRequest
from djtrans.core.errors import InputError
from djtrans.core.track.features import TrackFeatures
from djtrans.core.util.tables import markdown_table
from djtrans.diffusion.model import DiffusionModel
from djtrans.diffusion.normalization import Scaling
from djtrans.plot.save import save_figure
from djtrans.plot.theme import Theme, theme_named

#: Replaces a part of the features of a track by that of another.
Exchange = Callable[[TrackFeatures, TrackFeatures], TrackFeatures]
LOWS, CHROMA = "audio/lows_db", "audio/chroma"
#: What the plan adds to the conditioning.
PLAN = "plan"
PLAN_FIELDS = ("key_distance", "place_a", "place_b", "phrase_beats_a", "phrase_beats_b")
#: Seeds whose mean curves are compared, so that the differences are not those of one sample.
SEEDS = 8
SOUND, STRUCTURE = "sound", "structure"


def stem_exchange(index: int, *, vocal: bool) -> Exchange:
    """Return the exchange of the sound of one stem, at its level relative to its track."""

    def exchange(own: TrackFeatures, other: TrackFeatures) -> TrackFeatures:
        def mixed(ours: Tensor, theirs: Tensor) -> Tensor:
            found = ours.clone()
            found[:, index] = theirs[:, index]
            return found

        level = other.level_db - other.reference_db + own.reference_db
        return attrs.evolve(
            own,
            level_db=mixed(own.level_db, level),
            onset=mixed(own.onset, other.onset),
            vocal=other.vocal if vocal else own.vocal,
            extra={**own.extra, LOWS: mixed(own.extra[LOWS], other.extra[LOWS])},
        )

    return exchange


def harmony_exchange(own: TrackFeatures, other: TrackFeatures) -> TrackFeatures:
    """Exchange the pitch classes and the key."""
    return attrs.evolve(own, key=other.key, extra={**own.extra, CHROMA: other.extra[CHROMA]})


def structure_exchange(own: TrackFeatures, other: TrackFeatures) -> TrackFeatures:
    """Exchange phrases and sections."""
    return attrs.evolve(own, phrase_beats=other.phrase_beats, sections=other.sections)


def tempo_exchange(own: TrackFeatures, other: TrackFeatures) -> TrackFeatures:
    """Exchange the tempo and its change."""
    return attrs.evolve(own, bpm=other.bpm, stretch=other.stretch)


def exchanges(features: TrackFeatures) -> dict[str, Exchange]:
    """Return the exchanges of one track, by the name of the part."""
    stems: dict[str, Exchange] = {
        name: stem_exchange(index, vocal=name == "vocals")
        for index, name in enumerate(features.stem_names)
    }
    others = {
        "harmony": harmony_exchange,
        "structure": structure_exchange,
        "tempo": tempo_exchange,
    }
    return {**stems, **others}


def groups(features: TrackFeatures) -> dict[str, tuple[str, ...]]:
    """Return the parts that are exchanged together, by the title of their column."""
    sounds = (*features.stem_names, "harmony")
    return {
        **{name: (name,) for name in sounds},
        SOUND: sounds,
        STRUCTURE: ("structure",),
        "tempo, plan": ("tempo", PLAN),
        "everything": (*sounds, "structure", "tempo", PLAN),
    }


@attrs.frozen(eq=False)
class Planned:
    """One pair with its request and curves.

    Attributes
    ----------
    name : str
    request : CurveRequest
    curves : TransitionParams
        Means over :data:`SEEDS` seeds.
    """

    name: str
    request: CurveRequest
    curves: TransitionParams

    @classmethod
    def of(cls, name: str, case: LoadedCase, model: DiffusionModel) -> Planned:
        """Generate the curves of a case."""
        request = case.request(model.extractors)
        if request.features_a is None or LOWS not in request.features_a.extra:
            raise InputError("The model has no encoder audio of version 3, whose parts are named.")
        params = attrs.evolve(case.content.params, values=mean_curves(model, request))
        return cls(name, request, params)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Parts that are exchanged together, by the title of their column."""
        return {} if self.request.features_a is None else groups(self.request.features_a)

    def with_parts(self, other: Planned, parts: Sequence[str], model: DiffusionModel) -> Tensor:
        """Generate the curves with parts of the conditioning of another pair."""
        changed: dict[str, Any] = {}
        if PLAN in parts:
            changed = {name: getattr(other.request, name) for name in PLAN_FIELDS}
        for track in "ab":
            own = getattr(self.request, f"features_{track}")
            theirs = getattr(other.request, f"features_{track}")
            for part, exchange in exchanges(own).items():
                if part in parts:
                    own = exchange(own, theirs)
            changed[f"features_{track}"] = own
        return mean_curves(model, attrs.evolve(self.request, **changed))


def mean_curves(model: DiffusionModel, request: CurveRequest) -> Tensor:
    """Generate curves with several seeds, and average them: ``[frames, parameters]``."""
    seeds = [request.seed + index for index in range(SEEDS)]
    return model.generate_many(request, seeds).mean(dim=0)


def distance(layout_of: TransitionParams, first: Tensor, second: Tensor) -> float:
    """Compute the root mean square difference of curves, in percent of the range."""
    scaling = Scaling(layout_of.layout)
    difference = scaling.to_model(first) - scaling.to_model(second)
    return 50.0 * float(difference.square().mean().sqrt())


def explained(one: Planned, other: Planned, parts: Sequence[str], model: DiffusionModel) -> float:
    """Compute the percentage of the difference that an exchange of parts removes."""
    whole = distance(one.curves, one.curves.values, other.curves.values)
    left = distance(one.curves, one.with_parts(other, parts, model), other.curves.values)
    return 100.0 * (1.0 - left / whole)


def shares(found: Sequence[Planned], model: DiffusionModel) -> NDArray[np.float64]:
    """Compute ``[pairs, groups]``: the mean over the other pairs."""
    return np.array(
        [
            [
                np.mean([explained(one, other, each, model) for other in found if other is not one])
                for each in one.groups.values()
            ]
            for one in found
        ]
    )


def heat_map(panel: Axes, names: Sequence[str], titles: Sequence[str],
             values: NDArray[np.float64], theme: Theme) -> None:  # fmt: skip
    """Plot the shares of all pairs and parts, with their numbers."""
    panel.imshow(values, aspect="auto", cmap="Blues", vmin=0.0, vmax=100.0)
    for (row, column), value in np.ndenumerate(values):
        colour = "white" if value > 60 else theme.text
        panel.text(column, row, f"{value:.0f}", ha="center", va="center", color=colour, size=8)
    panel.set_xticks(range(len(titles)), titles, size=8)
    panel.set_yticks(range(len(names)), ["\n".join(textwrap.wrap(n, 26)) for n in names], size=8)
    panel.tick_params(colors=theme.text, length=0)
    panel.set_title(
        "% of the difference to the other pairs that is gone with their part: mean",
        color=theme.text,
        size=9,
        loc="left",
    )


def greatest(one: Planned, found: Sequence[Planned]) -> tuple[Planned, str, str]:
    """Return the pair, track and control of which a pair differs most."""

    def far(other: Planned, track: str, control: str) -> float:
        both = [unit_curves(p.curves, track, control).mean(axis=1) for p in (one, other)]
        return float(np.sqrt(np.square(both[0] - both[1]).mean()))

    candidates = [
        (other, track, control)
        for other in found
        if other is not one
        for track in "ab"
        for control in LANES.values()
    ]
    return max(candidates, key=lambda candidate: far(*candidate))


def panel_of(panel: Axes, one: Planned, found: Sequence[Planned], model: DiffusionModel,
             theme: Theme) -> None:  # fmt: skip
    """Plot the greatest difference of a pair, and the curves with decisive parts replaced."""
    other, track, control = greatest(one, found)

    def mean_of(params: TransitionParams) -> NDArray[np.float32]:
        curve: NDArray[np.float32] = unit_curves(params, track, control).mean(axis=1)
        return curve

    def exchanged(group: str) -> NDArray[np.float32]:
        values = one.with_parts(other, one.groups[group], model)
        return mean_of(attrs.evolve(one.curves, values=values))

    target = mean_of(other.curves)
    request = one.request
    bars = np.arange(request.n_frames) / (request.frames_per_beat * request.beats_per_bar)
    lines = [
        (one.name, mean_of(one.curves), theme.tracks[track], "-"),
        (f"as the first, with the {SOUND} of the second", exchanged(SOUND), theme.swap, ":"),
        (f"with its {STRUCTURE}", exchanged(STRUCTURE), theme.swap, "--"),
        (other.name, target, theme.muted, "-"),
    ]
    for label, curve, colour, style in lines:
        text = "\n".join(textwrap.wrap(label, TITLE_WIDTH))
        panel.plot(bars, curve, color=colour, ls=style, lw=1.8, label=text)
    lane = next(title for title, name in LANES.items() if name == control)
    panel.set_title(f"{track.upper()} {lane}", color=theme.tracks[track], size=10, loc="left")
    panel.set(facecolor=theme.panel, ylim=(-0.05, 1.05), xlim=(0, bars[-1]))
    panel.set_xlabel("bars", size=8, color=theme.muted)
    panel.tick_params(colors=theme.muted, labelsize=7, length=0)
    panel.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.18), fontsize=7, frameon=False,
        labelcolor=theme.text,
    )  # fmt: skip
    for spine in panel.spines.values():
        spine.set_color(theme.grid)


def picture(
    found: Sequence[Planned], values: NDArray[np.float64], model: DiffusionModel, theme: Theme
) -> Figure:
    """Plot the shares, and the greatest difference of each pair."""
    figure = Figure(figsize=(3.3 * len(found), 7.6), facecolor=theme.background)
    grid = figure.add_gridspec(
        2, len(found), height_ratios=[1.1, 1.0], left=0.11, right=0.99, top=0.94, bottom=0.2,
        hspace=0.45, wspace=0.18,
    )  # fmt: skip
    names, titles = [one.name for one in found], list(found[0].groups)
    heat_map(figure.add_subplot(grid[0, :]), names, titles, values, theme)
    for column, one in enumerate(found):
        panel_of(figure.add_subplot(grid[1, column]), one, found, model, theme)
    return figure


def table(found: Sequence[Planned], values: NDArray[np.float64]) -> str:
    """Tabulate the shares."""
    lines = [
        [one.name, *(f"{value:.0f}" for value in row)]
        for one, row in zip(found, values, strict=True)
    ]
    lines.append(["mean", *(f"{value:.0f}" for value in values.mean(axis=0))])
    return markdown_table(["% explained", *found[0].groups], lines)


def main(arguments: argparse.Namespace) -> None:
    """Plan the pairs, print the table and save the picture."""
    model, cases = planned_cases(arguments)
    found = [Planned.of(name, case, model) for name, case in cases]
    values = shares(found, model)
    print(table(found, values))
    save_figure(picture(found, values, model, theme_named(arguments.theme)), arguments.output)


if __name__ == "__main__":
    run(main, __doc__.splitlines()[0])
