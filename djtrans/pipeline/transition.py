"""Finished transitions: audio, curves and plan, with methods to measure, plot and save them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.io import write_audio
from djtrans.core.curves.params import TransitionParams
from djtrans.core.track.stem_names import VOCALS
from djtrans.core.track.tags import clean
from djtrans.core.transition.alignment import AlignedTrack
from djtrans.core.transition.params_file import ParamsFile, Provenance, save_params
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.sources import check_not_source
from djtrans.core.transition.summary import Overview
from djtrans.core.util.profiling import timed
from djtrans.mixer.mixer import Mixer
from djtrans.mixer.rendering import Rendered
from djtrans.report.summary_measurement import measure_overview

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from djtrans.core.transition.metric_inputs import MetricInputs
    from djtrans.metrics import Gate, TransitionMetrics, Voices
    from djtrans.registry import Registry


@attrs.frozen(eq=False, kw_only=True)
class Transition:
    """A finished transition.

    Attributes
    ----------
    rendered : Rendered
        The mix, both contributions and both unprocessed tracks over one span of the timeline.
    params : TransitionParams
        The curves.
    plan : TransitionPlan
        Technique, position, length and tempo, with reasons.
    provenance : Provenance
        Components and settings that are needed to render it again.
    a, b : AlignedTrack
        Both tracks on the timeline, and their stems in and around the window.
    mixer : Mixer, optional
        Mixer that rendered it; the metrics render single stems again.
    seconds : mapping of str to float
        Wall time by step.

    See Also
    --------
    djtrans.generate : Returns a transition.
    djtrans.render : Renders a transition again from its params file.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.generate("a.mp3", "b.mp3")  # doctest: +SKIP
    >>> transition.save("out.wav")  # doctest: +SKIP
    >>> transition.plot().savefig("out.png")  # doctest: +SKIP
    """

    rendered: Rendered
    params: TransitionParams
    plan: TransitionPlan
    provenance: Provenance
    a: AlignedTrack
    b: AlignedTrack
    mixer: Mixer | None = None
    seconds: Mapping[str, float] = attrs.field(factory=dict)
    # Measured on first use; shared by the params file and the plot, and by gates and metrics.
    _overview: list[Overview] = attrs.field(init=False, factory=list, repr=False)
    _inputs: list[MetricInputs] = attrs.field(init=False, factory=list, repr=False)

    @property
    def audio(self) -> Tensor:
        """The mix, ``[channels, samples]`` float32."""
        return self.rendered.mix

    @property
    def sample_rate(self) -> int:
        """Sample rate in Hz."""
        return self.provenance.render.sample_rate

    @property
    def window_seconds(self) -> tuple[float, float]:
        """Start and end of the window within the audio, in seconds."""
        start = -self.rendered.span.start / self.sample_rate
        return start, start + self.plan.window_seconds

    @property
    def beat_times(self) -> Tensor:
        """Beats of the window within the audio, ``[beats + 1]`` float64 seconds."""
        beats = torch.tensor(self.plan.beat_times, dtype=torch.float64)
        return beats + self.window_seconds[0]

    def with_reason(self, reason: str) -> Transition:
        """Add a reason to the plan; what has been measured is kept.

        Parameters
        ----------
        reason : str
            A sentence for the user, without a full stop.

        Returns
        -------
        Transition
            A copy.
        """
        plan = attrs.evolve(self.plan, reasons=(*self.plan.reasons, reason))
        found = attrs.evolve(self, plan=plan)
        found._inputs.extend(self._inputs)
        return found

    def metrics(self, *, registry: Registry | None = None) -> TransitionMetrics:
        """Measure the rendered transition, see ``docs/metrics.md``.

        The vocals are rendered once more, alone. Metrics of vocals are not measurable if the stems
        do not isolate them well.

        Parameters
        ----------
        registry : Registry, optional
            Registry of the metrics; the default one if omitted.

        Returns
        -------
        TransitionMetrics
        """
        from djtrans.metrics import measure

        return measure(self._metric_inputs(), registry)

    def gates(self) -> tuple[Gate, ...]:
        """Measure the five gates, and no other metrics.

        Returns
        -------
        tuple of Gate
            Those of :meth:`metrics`.
        """
        from djtrans.metrics import measure_gates

        return measure_gates(self._metric_inputs())

    def _metric_inputs(self) -> MetricInputs:
        """Return what the metrics measure; results that several need are computed once."""
        if not self._inputs:
            self._inputs.append(self._make_metric_inputs())
        return self._inputs[0]

    def _make_metric_inputs(self) -> MetricInputs:
        from djtrans.core.transition.plan import track_seconds
        from djtrans.metrics import MetricInputs, TrackFacts

        r, plan = self.rendered, self.plan
        start = self.window_seconds[0]
        track_a, track_b = (
            TrackFacts(
                phrase_lines=[line + start for line in side.phrase_lines],
                file_seconds=[track_seconds(side.warp, clock) for clock in plan.beat_times],
                key=side.key,
                music=side.music and (side.music[0] + start, side.music[1] + start),
            )
            for side in (plan.a, plan.b)
        )
        low, high = (
            torch.tensor([getattr(row.parameter, end) for row in self.params.layout.rows])
            for end in ("minimum", "maximum")
        )
        return MetricInputs(
            mix=r.mix,
            a=r.a,
            b=r.b,
            solo_a=r.solo_a,
            solo_b=r.solo_b,
            sample_rate=self.sample_rate,
            beat_times=self.beat_times,
            swap_beat=plan.swap_beat,
            beats_per_bar=plan.beats_per_bar,
            beat_matched=plan.beat_matched,
            track_a=track_a,
            track_b=track_b,
            voices=self._voices(),
            curves=((self.params.values.cpu() - low) / (high - low)).numpy(),
            frames_per_beat=self.params.frames_per_beat,
        )

    def _voices(self) -> Voices:
        """Render the contributions of the vocal stems, or state why that is impossible."""
        from djtrans.metrics import Voices
        from djtrans.mixer.stem_rendering import render_stem

        if self.mixer is None:
            return Voices(reason="the transition holds no mixer to render single stems with")
        if VOCALS not in self.mixer.spec.stems:
            return Voices(reason="the mixer has no vocal stem")
        for side, track in self.provenance.tracks.items():
            if track.isolation != "good":
                name = track.separator.name
                return Voices(reason=f"{name} isolates the vocals of {side.upper()} too weakly")
        r = self.rendered
        alone = render_stem(
            self.mixer,
            self.params,
            self.plan,
            self.a,
            self.b,
            r.span,
            VOCALS,
            gain_db=r.trim_db,
            seed=self.provenance.render.seed,
        )
        return Voices(a=alone.a, b=alone.b, solo_a=alone.solo_a, solo_b=alone.solo_b)

    def plot(self, theme: str = "light") -> Figure:
        """Plot both tracks, the ownership of bass, kick, vocals and lead, and the curves."""
        with timed("import"):
            from djtrans.plot import plot_transition
        content = self.content()
        with timed("plot"):
            return plot_transition(content, theme=theme)

    def report(self, path: str | os.PathLike[str], *, audio: str = "inline") -> tuple[Path, ...]:
        """Write a page with players, curves, plan and measurements; see ``docs/report.md``.

        Parameters
        ----------
        path : path
            HTML file to write.
        audio : {"inline", "files"}
            Audio in the page, which is then one file, or in a folder beside it.

        Returns
        -------
        tuple of Path
            The page, and the folder of the audio if there is one.

        Raises
        ------
        InputError
            If the file cannot be written.
        AudioFileError
            If it is one of the tracks.
        """
        from djtrans.pipeline.listening_report import write_report

        return write_report(path, [self], audio=audio)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the audio with title and artists; the extension chooses the format.

        Raises
        ------
        AudioFileError
            If the file cannot be written, or is one of the tracks.
        """
        check_not_source(path, self.provenance)
        a, b = (self.provenance.tracks[side] for side in ("a", "b"))
        artists = dict.fromkeys(track.tags.artist for track in (a, b) if track.tags.artist)
        texts = {
            "title": f"{clean(a.label)} into {clean(b.label)}",
            "artist": ", ".join(artists),
            "software": f"djtrans {self.provenance.render.djtrans}",
        }
        write_audio(
            path, self.audio, self.sample_rate, texts={k: text for k, text in texts.items() if text}
        )

    def save_params(self, path: str | os.PathLike[str]) -> None:
        """Write the params file, from which ``djtrans render`` renders the same audio.

        Raises
        ------
        FormatError
            If the file cannot be written.
        AudioFileError
            If it is one of the tracks.
        """
        check_not_source(path, self.provenance)
        save_params(path, self.content())

    def content(self) -> ParamsFile:
        """Return the content of the params file, with the overview for plots."""
        if not self._overview:
            isolation = _isolation(self.provenance)
            with timed("measure overview"):
                measured = measure_overview(
                    self.rendered, self.a, self.b, self.plan, self.params, isolation=isolation
                )
            self._overview.append(measured)
        return ParamsFile(
            params=self.params,
            plan=self.plan,
            provenance=self.provenance,
            overview=self._overview[0],
        )


def _isolation(provenance: Provenance) -> str:
    """Return the isolation of the stems: the worse of both tracks."""
    found = {track.isolation for track in provenance.tracks.values()}
    return next(kind for kind in ("weak", "unknown", "good") if kind in found)
