"""A finished transition: audio, curves, plan, and what can be done with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from djtrans.core.alignment import AlignedTrack
from djtrans.core.audio import write_audio
from djtrans.core.formats import ParamsFile, Provenance, save_params
from djtrans.core.params import TransitionParams
from djtrans.core.plan import TransitionPlan
from djtrans.core.rendering import Rendered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from djtrans.core.metrics import TransitionMetrics


@attrs.frozen(eq=False, kw_only=True)
class Transition:
    """A finished transition.

    Attributes
    ----------
    rendered : Rendered
        The mix, both contributions and both untouched tracks on one span of the clock.
    params : TransitionParams
        The curves.
    plan : TransitionPlan
        Where, how long, how fast, and why.
    provenance : Provenance
        What else it takes to render it again.
    a, b : AlignedTrack
        Both tracks on the clock, and their stems in and around the window.
    seconds : mapping of str to float
        Wall time by step.
    """

    rendered: Rendered
    params: TransitionParams
    plan: TransitionPlan
    provenance: Provenance
    a: AlignedTrack
    b: AlignedTrack
    seconds: Mapping[str, float] = attrs.field(factory=dict)

    @property
    def audio(self) -> Tensor:
        """What is heard, ``[channels, samples]`` float32."""
        return self.rendered.mix

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self.provenance.render.sample_rate

    @property
    def window_seconds(self) -> tuple[float, float]:
        """Start and end of the window within the audio."""
        start = -self.rendered.span.start / self.sample_rate
        return start, start + self.plan.window_seconds

    @property
    def beat_times(self) -> Tensor:
        """Beats of the window, seconds within the audio, ``[beats + 1]`` float64."""
        beats = torch.tensor(self.plan.beat_times, dtype=torch.float64)
        return beats + self.window_seconds[0]

    def metrics(self) -> TransitionMetrics:
        """Measure the rendered transition, see ``docs/metrics.md``."""
        from djtrans.core.metrics import measure

        r = self.rendered
        return measure(r.mix, r.a, r.b, r.solo_a, r.solo_b, self.sample_rate, self.beat_times)

    def plot(self, theme: str = "light") -> Figure:
        """The transition as a picture: waveforms, whose bass it is, the curves."""
        from djtrans.core.metrics import bass_overlap
        from djtrans.plot import plot_transition

        r, plan = self.rendered, self.plan
        tracks = self.provenance.tracks
        owners = bass_overlap(
            r.a, r.b, self.sample_rate, self.beat_times, r.solo_a, r.solo_b
        ).owners
        on_line = [name for name, side in (("A", plan.a), ("B", plan.b)) if side.swap_on_phrase]
        line = f"swap on a phrase line of {' and '.join(on_line)}" if on_line else "swap off phrase"
        return plot_transition(
            self.params,
            a=r.a,
            b=r.b,
            sample_rate=self.sample_rate,
            start_seconds=self.window_seconds[0],
            swap_beat=plan.swap_beat,
            beats_per_bar=plan.beats_per_bar,
            owners=owners,
            title=f"{tracks['a'].name}  →  {tracks['b'].name}",
            subtitle=(
                f"{plan.technique.removeprefix('djtrans/')}, {plan.bars} bars at "
                f"{60 / (plan.beat_times[1] - plan.beat_times[0]):.1f} BPM, {line}, "
                f"keys {plan.a.key} to {plan.b.key}"
            ),
            names=(tracks["a"].name, tracks["b"].name),
            theme=theme,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the audio; the extension chooses the format.

        Raises
        ------
        AudioFileError
            If it cannot be written.
        """
        write_audio(path, self.audio, self.sample_rate)

    def save_params(self, path: str | os.PathLike[str]) -> None:
        """Write the params file, from which ``djtrans render`` makes the same audio again.

        Raises
        ------
        FormatError
            If it cannot be written.
        """
        content = ParamsFile(params=self.params, plan=self.plan, provenance=self.provenance)
        save_params(path, content)
