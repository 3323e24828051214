"""Whether what a model hears of real tracks lies inside what a composed set has shown it.

    python benchmarks/feature_coverage.py set.safetensors FOLDER

For each channel of the audio encoder, the part of the tracks' frames (or, for what is told of the
whole, windows) that lies between the 0.5 and the 99.5 percentiles of the set. The tracks are
analyzed, separated with `spectral` and framed as the set's were, and cut into windows from end to
end; each goes with the window of the next track. Channels under 95 % are flagged, with the part
that lies below and above.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import numpy as np
import torch
from numpy.typing import NDArray

from djtrans.cli.tables import table_lines
from djtrans.core.audio.listing import is_audio_name
from djtrans.core.contracts.separator import SeparatorDeclaration
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.separation import separate
from djtrans.core.track.stem_names import STEMS
from djtrans.core.track.track import load_track
from djtrans.datasets.synthetic.composition import (
    Composition,
    CompositionTrack,
    request_of,
)
from djtrans.datasets.synthetic.dataset import SyntheticDataset
from djtrans.datasets.synthetic.framed_track import FramedTrack, frame_track
from djtrans.mixer.resolve import DEFAULT_MIXER, mixer_layout
from djtrans.pipeline.analysis import analyze_track
from djtrans.plugins.encoders.audio import SECTION_CHANNELS
from djtrans.registry import default_registry

FOLDER = Path(os.environ.get("DJTRANS_TRACKS") or "../shared/tracks")
LOWEST, HIGHEST = 0.5, 99.5
ENOUGH = 95.0
BARS = 16
#: Compositions that stand for the set.
DRAWN = 1500
TRACK = (
    *(f"{stem} {band} level" for stem in STEMS for band in ("kick", "low", "mid", "high")),
    *(f"{stem} onset" for stem in STEMS),
    "voice",
    "voice rests",
    "phrase position",
    "phrase line behind",
    "phrase line ahead",
    "section level",
    *(f"section: {label}" for label in SECTION_CHANNELS),
    *(f"chroma {index}" for index in range(12)),
)
SHARED = ("beat", "bar sine", "bar cosine", "window")
WHOLE = ("bars", "tempo", "key known", "key distance", "keys near", "A stretch", "B stretch")

FloatArray = NDArray[np.float32]


@attrs.frozen(eq=False)
class Real:
    """A real track, framed."""

    name: str
    analysis: Analysis
    framed: FramedTrack


def real_tracks(folder: Path, frames_per_beat: int) -> list[Real]:
    """Every track of a folder as a model hears it."""
    registry = default_registry()
    declaration = registry.separators.find("spectral").declaration
    if not isinstance(declaration, SeparatorDeclaration):
        raise TypeError("spectral is not a separator")
    separator = registry.separators.build("spectral")
    extractor = registry.build_extractor("audio")
    extractors = () if extractor is None else (extractor,)
    found = []
    for file in sorted(f for f in folder.iterdir() if is_audio_name(f)):
        track = load_track(file)
        analysis = analyze_track(track)
        stems = separate(separator, declaration, track.audio, track.sample_rate)
        framed = frame_track(
            stems, analysis, frames_per_beat=frames_per_beat, extractors=extractors
        )
        found.append(Real(file.stem, analysis, framed))
    return found


def windows(tracks: Sequence[Real], frames_per_beat: int) -> Iterator[Composition]:
    """Each track as A from end to end, over the same bars of the next track."""
    for index, real in enumerate(tracks):
        other = (index + 1) % len(tracks)
        bars = min(_bars(real, frames_per_beat), _bars(tracks[other], frames_per_beat))
        for bar in range(0, bars - BARS + 1, BARS):
            yield Composition(
                technique="",
                bars=BARS,
                swap_beat=BARS * 2,
                beats_per_bar=real.analysis.grid.beats_per_bar,
                frames_per_beat=frames_per_beat,
                bpm=real.analysis.grid.bpm,
                key_distance=real.analysis.key.distance(tracks[other].analysis.key),
                a=_side(index, real, bar),
                b=_side(other, tracks[other], bar),
            )


def _bars(real: Real, frames_per_beat: int) -> int:
    return len(real.framed.vocal) // (real.analysis.grid.beats_per_bar * frames_per_beat)


def _side(index: int, real: Real, bar: int) -> CompositionTrack:
    beats = real.analysis.grid.beats_per_bar
    lines = sorted(line - bar for line in real.analysis.phrase_bars)
    return CompositionTrack(
        track=index,
        bar=bar,
        gain_db=0.0,
        stretch=0.0,
        key=real.analysis.key.camelot,
        place="",
        phrase_beats=[float(line * beats) for line in lines if 0 <= line <= BARS],
        sections=[
            (s.label, (s.start_bar - bar) * beats, (s.end_bar - bar) * beats, s.level_db)
            for s in real.analysis.sections
            if s.end_bar > bar and s.start_bar < bar + BARS
        ],
    )


def heard(
    compositions: Sequence[Composition], tracks: Sequence[FramedTrack]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Channels of both tracks ``[2 * frames, track]``, of the window, and of the whole."""
    registry = default_registry()
    encoder, layout = registry.encoders.build("audio"), mixer_layout(DEFAULT_MIXER, registry)
    per_track, shared, whole = [], [], []
    for composition in compositions:
        said = encoder.encode(request_of(composition, tracks, layout, 0))
        if said is None:
            raise ValueError("the audio encoder heard nothing")
        a, b, window = said.per_frame[0].split([len(TRACK), len(TRACK), len(SHARED)], dim=1)
        per_track += [a, b]
        shared.append(window)
        whole.append(said.global_)
    return tuple(torch.cat(parts).numpy() for parts in (per_track, shared, whole))  # type: ignore[return-value]


def coverage(
    names: Sequence[str], real: FloatArray, shown: FloatArray, least: float = ENOUGH
) -> Iterator[list[str]]:
    """A row per channel."""
    low, high = np.percentile(shown, [LOWEST, HIGHEST], axis=0)
    for i, name in enumerate(names):
        # Half precision of the set: a frame on an edge is not outside.
        below, above = real[:, i] < low[i] - 2e-3, real[:, i] > high[i] + 2e-3
        inside = 100.0 * float(1.0 - below.mean() - above.mean())
        yield [
            name,
            f"{inside:.1f}",
            f"{100 * below.mean():.1f}",
            f"{100 * above.mean():.1f}",
            f"{low[i]:.2f} to {high[i]:.2f}",
            "<--" if inside < least else "",
        ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER)
    args = parser.parse_args()
    composed = SyntheticDataset.load(args.set)
    every = [*composed.training, *composed.validation]
    rng = np.random.default_rng(0)
    chosen = [every[i] for i in rng.permutation(len(every))[:DRAWN]]
    rate = every[0].frames_per_beat
    tracks = real_tracks(args.folder, rate)
    print(", ".join(real.name for real in tracks))
    compositions = list(windows(tracks, rate))
    real = heard(compositions, [r.framed for r in tracks])
    shown = heard(chosen, composed.tracks)
    rows = [["channel", "% inside", "% below", "% above", "set", ""]]
    for names, found, known in zip((TRACK, SHARED, WHOLE), real, shown, strict=True):
        rows += coverage(names, found, known)
    print("\n".join(table_lines(rows)))
    print(f"{len(compositions)} windows of {BARS} bars; {len(chosen)} transitions of the set.")


if __name__ == "__main__":
    main()
