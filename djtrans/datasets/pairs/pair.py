"""Prepared pair: the window of one transition with its aligned stems and its curves."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import torch
from torch import Tensor

from djtrans.core.audio.decibels import amplitude_to_db, db_to_amplitude
from djtrans.core.audio.loudness import unclipped_gain
from djtrans.core.contracts.encoder import FeatureExtractor
from djtrans.core.curves.params import TransitionParams
from djtrans.core.curves.request import CurveRequest
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.features import TrackFeatures
from djtrans.core.track.stems import Stems
from djtrans.core.transition.alignment import AlignedTrack, window_span
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import ParamsFile
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.transition.requests import build_curve_request, reference_level, window_features
from djtrans.mixer.mixer import Mixer

#: Lowering a mix that clips lowers its peak as much, unless an effect is not linear.
_TRIES = 3


@attrs.frozen(kw_only=True)
class PairedTrack:
    """One track of a pair.

    Attributes
    ----------
    name, sha256 : str
        Its file.
    analysis : Analysis
        Of the whole track, on its own time.
    reference_db : float
        Level of its loud parts with the plan's trim, before the pair's `gain_db`.
    isolated : bool
        Whether each stem holds its own sounds only.
    laid_rate : float
        Track seconds per second of its file, where that was laid on the clock of a mix: 1.02 is
        2 % faster.
    recording : str
        What its recording is known by where its file is only a part of that; else ``""``.
    """

    name: str
    sha256: str
    analysis: Analysis
    reference_db: float
    isolated: bool
    laid_rate: float = 1.0
    recording: str = ""

    @property
    def identity(self) -> str:
        """Identity of the recording, the same in every pair that it is in."""
        return self.recording or self.sha256


@attrs.frozen(eq=False, kw_only=True)
class PreparedPair:
    """The window of a transition, and what the mixer made it from.

    All audio begins at the start of the window and is as long as it. The mixer, fed with these
    stems and curves and with nothing before and after them, gives `mix`; where the curves were
    recovered from a real mix (``content.provenance.fit``), `mix` is that one, and the mixer gives
    it but for the error that stands there.

    Attributes
    ----------
    stems_a, stems_b : Stems
        ``[stems, channels, samples]``, on the common clock, trimmed as planned.
    mix : Tensor
        ``[channels, samples]``.
    content : ParamsFile
        Curves, plan and provenance.
    track_a, track_b : PairedTrack
    gain_db : float
        0 or less: by this, stems and mix were lowered alike so that none of them clips.
    key : str
        Digest of what it was made from and how; ``""`` where nobody asks.
    """

    stems_a: Stems
    stems_b: Stems
    mix: Tensor
    content: ParamsFile
    track_a: PairedTrack
    track_b: PairedTrack
    gain_db: float = 0.0
    key: str = ""

    @property
    def params(self) -> TransitionParams:
        """The curves."""
        return self.content.params

    @property
    def plan(self) -> TransitionPlan:
        """Plan of the transition."""
        return self.content.plan

    @property
    def technique(self) -> str:
        """Technique or model of the curves; ``""`` for recovered curves."""
        return "" if self.content.provenance.fit else self.plan.technique

    @property
    def sample_rate(self) -> int:
        """Sample rate in Hz."""
        return self.stems_a.sample_rate

    def features(self, side: str, extractors: Sequence[FeatureExtractor] = ()) -> TrackFeatures:
        """Extract the features of track ``"a"`` or ``"b"``, as in generation."""
        first = side == "a"
        stems, track = (self.stems_a, self.track_a) if first else (self.stems_b, self.track_b)
        return window_features(
            stems.scaled(db_to_amplitude(-self.gain_db)),
            self.plan,
            self.plan.a if first else self.plan.b,
            reference_db=track.reference_db,
            isolated=track.isolated,
            laid_rate=track.laid_rate,
            extractors=extractors,
        )

    def request(
        self, seed: int | None = None, extractors: Sequence[FeatureExtractor] = ()
    ) -> CurveRequest:
        """Build the request for the curves, as in generation.

        Parameters
        ----------
        seed : int, optional
            The seed that the pair was drawn with if left out.
        extractors : sequence of FeatureExtractor
            Run on the stems for the encoders of a model.
        """
        drawn = self.content.provenance.render.seed
        asked = build_curve_request(
            self.plan,
            self.params.layout,
            self.features("a", extractors),
            self.features("b", extractors),
            drawn if seed is None else seed,
        )
        return attrs.evolve(asked, technique=self.technique)


def mix_pair(
    mixer: Mixer,
    content: ParamsFile,
    aligned: Pair[AlignedTrack],
    analyses: Pair[Analysis],
    *,
    device: str | torch.device = "cpu",
    key: str = "",
) -> PreparedPair:
    """Mix the window of a transition from its stems in it, and nothing else.

    Parameters
    ----------
    mixer : Mixer
    content : ParamsFile
        Curves, plan and provenance.
    aligned : Pair of AlignedTrack
        On the clock of the plan.
    analyses : Pair of Analysis
    device : str or torch.device
        Where the mixer computes; the result is on the CPU.
    key : str
        See :class:`PreparedPair`.

    Returns
    -------
    PreparedPair
        Lowered where the mix or a stem would clip.
    """
    plan, used = content.plan, content.provenance.tracks
    track_a, track_b = (
        PairedTrack(
            name=used[name].name,
            sha256=used[name].sha256,
            analysis=analyses[name],
            reference_db=reference_level(analyses[name], side),
            isolated=used[name].isolation == "good",
        )
        for name, side in plan.sides.items()
    )
    windows = aligned.map(lambda track: track.window(window_span(plan, track.stems.sample_rate)))
    gain = unclipped_gain(windows.a.audio, windows.b.audio)
    mixer = mixer.to(device)
    seed = content.provenance.render.seed
    for _ in range(_TRIES):
        a, b = windows.a.scaled(gain), windows.b.scaled(gain)
        with torch.no_grad():
            mix = mixer(a.to(device), b.to(device), content.params.to(device), seed=seed).mix.cpu()
        further = unclipped_gain(mix)
        if further == 1.0:
            break
        gain *= further
    return PreparedPair(
        stems_a=a,
        stems_b=b,
        mix=mix,
        content=content,
        track_a=track_a,
        track_b=track_b,
        gain_db=amplitude_to_db(gain),
        key=key,
    )
