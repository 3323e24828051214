"""Composes training sets of synthesized tracks: each is framed once, then paired and planned."""

from __future__ import annotations

import functools
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import attrs
import numpy as np
from torch import Tensor

from djtrans.api import analyze_track, plan_transition
from djtrans.assembly import DEFAULT_MIXER, mixer_layout
from djtrans.core.analysis import SECTION_LABELS, Analysis
from djtrans.core.analysis_json import analysis_from_dict, analysis_to_dict
from djtrans.core.config import setting
from djtrans.core.contracts import CurveModel
from djtrans.core.declarations import SeparatorDeclaration, TechniqueDeclaration
from djtrans.core.errors import FormatError, InputError, PlanError
from djtrans.core.files import replacing
from djtrans.core.layout import Layout
from djtrans.core.planning.octave import in_one_octave
from djtrans.core.planning.options import WINDOW_BARS
from djtrans.core.separation import separate
from djtrans.core.stems import Stems
from djtrans.core.synth import synthesize
from djtrans.core.synth.drawing import draw_spec
from djtrans.core.synth.production import Production, through_mp3
from djtrans.core.track import Track
from djtrans.core.training.composed_set import ComposedSet
from djtrans.core.training.composition import Composition, compose, request_of
from djtrans.core.training.tracks import FramedTrack, frame_track
from djtrans.registry import Registry, default_registry

#: Told how many of how many are done, and of what.
Watch: TypeAlias = "Callable[[str, int, int], None]"

#: Shortest window that a model is asked for, in bars.
_SHORTEST_BARS = 4
#: Tracks slower than this are framed in both octaves in which they may be counted.
_SLOW_BPM = 100.0
#: Tries per transition wanted of a technique. Tracks that fit no better than by chance are paired,
#: so the choosiest technique fits one pair in a hundred; a try that fails costs 0.1 ms.
_PATIENCE = 300


@attrs.frozen
class ComposeOptions:
    """What a composed set is made of; the same options give the same set.

    The stems that a track is heard through are its true ones, what the ``spectral`` separator
    makes of the mix, or true ones that leak into each other, so that a model knows all three. The
    analysis is that of the default analyzer, with its own mistakes and some more: grids that are
    off, ones that lie half a bar late, sections by the wrong name.
    """

    tracks: int = setting(240, "Synthesized tracks.", minimum=8)
    transitions: int = setting(20_000, "Transitions planned over them.", minimum=20)
    validation: float = setting(
        0.1, "Part of the tracks held out.", unit="fraction", minimum=0.02, maximum=0.5
    )
    seed: int = setting(0, "Seed of everything.", minimum=0)
    frames_per_beat: int = setting(2, "Frames per beat.", choices=(2, 4, 8))
    sample_rate_hz: int = setting(44100, "Rate of the synthesis.", unit="Hz", minimum=8000)
    stem_level_db: float = setting(
        8.0, "Largest change of a stem's level.", unit="dB", minimum=0.0, maximum=24.0
    )
    stem_tone_db: float = setting(
        9.0, "Largest change of each of its bands.", unit="dB", minimum=0.0, maximum=24.0
    )
    drive_db: float = setting(
        9.0, "Largest drive into the limiter.", unit="dB", minimum=0.0, maximum=24.0
    )
    silent_stem: float = setting(
        0.1, "Part of the tracks of which one stem is silent.", minimum=0.0, maximum=1.0
    )
    lossy: float = setting(
        0.3, "Part of the tracks heard through an MP3 file.", minimum=0.0, maximum=1.0
    )
    true_stems: float = setting(
        0.4, "Part of the tracks heard through true stems.", minimum=0.0, maximum=1.0
    )
    separated: float = setting(
        0.35, "Part heard through separated stems; the rest leak.", minimum=0.0, maximum=1.0
    )
    largest_leak: float = setting(0.15, "Of one stem into another.", minimum=0.0, maximum=0.5)
    grid_off: float = setting(
        0.15, "Part of the tracks whose grid is off.", minimum=0.0, maximum=1.0
    )
    grid_off_ms: float = setting(
        20.0, "By how much at most.", unit="ms", minimum=0.0, maximum=100.0
    )
    half_bar: float = setting(
        0.03, "Part of the tracks whose one lies half a bar late.", minimum=0.0, maximum=1.0
    )
    wrong_label: float = setting(
        0.05, "Part of the sections with another label.", minimum=0.0, maximum=1.0
    )
    anywhere: float = setting(
        0.5, "Part of the swaps on any phrase line, not on the planner's choice.", maximum=1.0
    )


@attrs.frozen(eq=False)
class _Heard:
    """A track as a model hears it, in each octave in which it may be counted."""

    analyses: tuple[Analysis, ...]
    framed: tuple[FramedTrack, ...]
    isolated: bool


def compose_set(
    output: str | os.PathLike[str],
    options: ComposeOptions | None = None,
    *,
    folder: str | os.PathLike[str] | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    watch: Watch | None = None,
    registry: Registry | None = None,
) -> ComposedSet:
    """Compose a training set of synthesized tracks and write it as one file.

    Parameters
    ----------
    output : path
        The file, ``set.safetensors``.
    options : ComposeOptions, optional
    folder : path, optional
        Where each track is kept once it is framed, so that a stopped run goes on;
        ``<output>.tracks`` by default.
    workers : int
        Processes, one thread each.
    executor : Executor, optional
        Runs the tracks instead of processes of our own.
    watch : callable, optional
        Told what is counted, how many are done and how many there are.
    registry : Registry, optional
        Its techniques that can be drawn over four bars or more are used.

    Returns
    -------
    ComposedSet

    Raises
    ------
    InputError
        If too few transitions can be placed between the tracks.
    FormatError
        If the file cannot be written.
    """
    options = options or ComposeOptions()
    registry = registry or default_registry()
    watch = watch or (lambda what, done, total: None)
    kept = Path(folder) if folder is not None else Path(f"{os.fspath(output)}.tracks")
    kept.mkdir(parents=True, exist_ok=True)
    files = _frame_all(options, kept, workers, executor, watch)
    heard = [_read(file, options) for file in files]
    held_out = max(2, round(options.validation * len(heard)))
    framed: list[FramedTrack] = []
    parts: dict[str, list[Composition]] = {}
    for name, first, last in (
        ("validation", 0, held_out),
        ("training", held_out, len(heard)),
    ):
        part = heard[first:last]
        wanted = round(options.transitions * len(part) / len(heard))
        seed = np.random.default_rng([options.seed, first, 0xC0])
        before = len(framed)
        framed += [variant for track in part for variant in track.framed]
        pairing = _Pairing(part, framed, before, options, registry, seed)
        parts[name] = pairing.many(wanted, functools.partial(watch, name))
    composed = ComposedSet(
        tracks=framed,
        training=parts["training"],
        validation=parts["validation"],
        facts={"options": attrs.asdict(options)},
    )
    composed.save(output)
    return composed


# -- tracks --------------------------------------------------------------------------------------


def _frame_all(
    options: ComposeOptions,
    folder: Path,
    workers: int,
    executor: Executor | None,
    watch: Watch,
) -> list[Path]:
    """Frame every track that is not there yet."""
    files = [folder / f"track_{index:05d}.safetensors" for index in range(options.tracks)]
    missing = [i for i, file in enumerate(files) if not _is_whole(file, options)]
    done = len(files) - len(missing)
    watch("tracks", done, len(files))
    if executor is None and workers == 1:
        for index in missing:
            frame_synthesized(index, options, files[index])
            done += 1
            watch("tracks", done, len(files))
        return files
    with executor or ProcessPoolExecutor(workers, initializer=_one_thread) as pool:
        jobs = [pool.submit(frame_synthesized, index, options, files[index]) for index in missing]
        for job in as_completed(jobs):
            job.result()
            done += 1
            watch("tracks", done, len(files))
    return files


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def frame_synthesized(index: int, options: ComposeOptions, file: Path) -> None:
    """Synthesize one track, listen to it and write what a model hears; one unit of work."""
    rng = np.random.default_rng([options.seed, index, 0xF1])
    spec = draw_spec(int(rng.integers(2**31)), sample_rate_hz=options.sample_rate_hz)
    played = _produced(synthesize(spec).stems, options, rng)
    mix = played.mix
    if rng.random() < options.lossy:
        mix = through_mp3(mix, played.sample_rate, float(rng.random()))
    stems, isolated = _heard_stems(played, mix, options, rng)
    analysis = analyze_track(
        Track(mix, played.sample_rate, f"synthesized {index}", ""), cached=False
    )
    analysis = _mistaken(analysis, options, rng)
    analyses = [analysis]
    if analysis.grid.bpm < _SLOW_BPM:
        analyses.append(analysis.doubled())
    framed = [
        frame_track(stems, counted, frames_per_beat=options.frames_per_beat, isolated=isolated)
        for counted in analyses
    ]
    _write(file, _Heard(tuple(analyses), tuple(framed), isolated), options)


def _produced(stems: Stems, options: ComposeOptions, rng: np.random.Generator) -> Stems:
    """The stems at other levels and in other tones, limited, and now and then one is missing."""
    production = Production.draw(
        rng,
        len(stems.names),
        level_db=options.stem_level_db,
        tone_db=options.stem_tone_db,
        drive_db=options.drive_db,
    )
    if rng.random() < options.silent_stem:
        silent = stems.names.index(str(rng.choice([n for n in stems.names if n != "drums"])))
        gains = list(production.gains_db)
        gains[silent] = (-math.inf, -math.inf, -math.inf)
        production = attrs.evolve(production, gains_db=tuple(gains))
    return production(stems)


def _heard_stems(
    played: Stems, mix: Tensor, options: ComposeOptions, rng: np.random.Generator
) -> tuple[Stems, bool]:
    """Stems as some separator would give them, and whether each could be heard alone."""
    drawn = rng.random()
    if drawn < options.true_stems:
        return played, True
    if drawn < options.true_stems + options.separated:
        registry = default_registry()
        declaration = registry.find("separator", "spectral").declaration
        if not isinstance(declaration, SeparatorDeclaration):
            raise InputError("The component 'spectral' is not a separator.")
        separator = registry.build("separator", "spectral")
        return separate(separator, declaration, mix, played.sample_rate), False
    return leaking(played, float(rng.uniform(0.0, options.largest_leak)), rng), False


def leaking(stems: Stems, largest: float, rng: np.random.Generator) -> Stems:
    """Stems of which each holds some of the others, and less of itself: the sum stays the mix.

    Parameters
    ----------
    stems : Stems
        ``[stems, channels, samples]``.
    largest : float
        Largest part of a stem that is found in another one.
    rng : Generator
    """
    count = len(stems.names)
    leaks = rng.uniform(0.0, largest, (count, count))
    np.fill_diagonal(leaks, 0.0)
    np.fill_diagonal(leaks, 1.0 - leaks.sum(axis=0))
    audio = stems.audio
    mixed = (audio.new_tensor(leaks) @ audio.flatten(1)).reshape(audio.shape)
    return attrs.evolve(stems, audio=mixed)


def _mistaken(analysis: Analysis, options: ComposeOptions, rng: np.random.Generator) -> Analysis:
    """The analysis with the mistakes that analyzers make now and then."""
    if rng.random() < options.half_bar:
        analysis = analysis.shifted(analysis.grid.beats_per_bar // 2)
    if rng.random() < options.grid_off:
        off = float(rng.uniform(-1.0, 1.0)) * options.grid_off_ms / 1000.0
        grid = attrs.evolve(analysis.grid, beat_times=analysis.grid.beat_times + off)
        analysis = attrs.evolve(analysis, grid=grid)
    sections = [
        attrs.evolve(section, label=str(rng.choice(SECTION_LABELS)))
        if rng.random() < options.wrong_label
        else section
        for section in analysis.sections
    ]
    return attrs.evolve(analysis, sections=tuple(sections))


def _write(file: Path, heard: _Heard, options: ComposeOptions) -> None:
    from safetensors.torch import save_file

    tensors = {
        f"{i}/{name}": getattr(framed, name).contiguous()
        for i, framed in enumerate(heard.framed)
        for name in ("level_db", "onset", "vocal")
    }
    said = {
        "made_with": _made_with(options),
        "analyses": [analysis_to_dict(analysis) for analysis in heard.analyses],
        "reference_db": [framed.reference_db for framed in heard.framed],
        "isolated": heard.isolated,
    }
    with replacing(file, FormatError) as part:
        save_file(tensors, part, metadata={"track": json.dumps(said)})


def _made_with(options: ComposeOptions) -> dict[str, Any]:
    """What decides how a track is heard; not how many there are, nor how they are paired."""
    free = ("tracks", "transitions", "validation", "anywhere")
    return {k: v for k, v in attrs.asdict(options).items() if k not in free}


def _is_whole(file: Path, options: ComposeOptions) -> bool:
    """Whether a track was framed before, with these options."""
    if not file.is_file():
        return False
    try:
        said, _ = _open(file)
    except FormatError:
        return False
    return bool(said["made_with"] == _made_with(options))


def _read(file: Path, options: ComposeOptions) -> _Heard:
    said, tensors = _open(file)
    framed = tuple(
        FramedTrack(
            tensors[f"{i}/level_db"],
            tensors[f"{i}/onset"],
            tensors[f"{i}/vocal"],
            reference,
            said["isolated"],
        )
        for i, reference in enumerate(said["reference_db"])
    )
    return _Heard(
        tuple(analysis_from_dict(plain) for plain in said["analyses"]), framed, said["isolated"]
    )


def _open(file: Path) -> tuple[dict[str, Any], Mapping[str, Any]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="pt") as handle:
            said = json.loads((handle.metadata() or {})["track"])
            return said, {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, json.JSONDecodeError) as error:
        raise FormatError(f"{file} is no framed track ({error}); delete it.") from None


# -- transitions ---------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Pairing:
    """Plans transitions between tracks until there are enough."""

    tracks: Sequence[_Heard]
    #: All framed tracks; those of `tracks` begin at `first_index`.
    framed: Sequence[FramedTrack]
    first_index: int
    options: ComposeOptions
    registry: Registry
    rng: np.random.Generator

    def many(self, wanted: int, watch: Callable[[int, int], None]) -> list[Composition]:
        """So many transitions, each technique as often as the others, if it fits so often.

        Drawn as they come, three of five would be of the two that need no beat in common, and a
        model would hardly see those that need two drops in one tempo and key.
        """
        names = list(self._techniques)
        found: list[Composition] = []
        while names and len(found) < wanted:
            fitting, share = [], math.ceil((wanted - len(found)) / len(names))
            for name in names:
                asked = min(share, wanted - len(found))
                placed = list(islice(self._tried(name, _PATIENCE * asked), asked))
                found += placed
                watch(len(found), wanted)
                if len(placed) == asked:
                    fitting.append(name)
            names = fitting
        if len(found) < wanted:
            raise InputError(
                f"Only {len(found)} of {wanted} transitions could be placed between "
                f"{len(self.tracks)} tracks; compose of more tracks."
            )
        return found

    def _tried(self, technique: str, tries: int) -> Iterator[Composition]:
        """Transitions of one technique, between tracks at random."""
        for _ in range(tries):
            if (composition := self._one(technique)) is not None:
                yield composition

    @functools.cached_property
    def _techniques(self) -> Mapping[str, CurveModel]:
        return {
            component.name: self.registry.build("technique", component.name)
            for component in self.registry.components("technique")
            if isinstance(component.declaration, TechniqueDeclaration)
            and component.declaration.bars[2] >= _SHORTEST_BARS
            and not component.declaration.baseline
        }

    def _one(self, technique: str) -> Composition | None:
        rng, declaration = self.rng, self.registry.find("technique", technique).declaration
        if not isinstance(declaration, TechniqueDeclaration):
            return None
        a, b = (int(i) for i in rng.choice(len(self.tracks), size=2, replace=False))
        if declaration.needs_isolation and not (
            self.tracks[a].isolated and self.tracks[b].isolated
        ):
            return None
        analyses = in_one_octave(self.tracks[a].analyses[0], self.tracks[b].analyses[0])
        counted = [self._counted(i, found) for i, found in zip((a, b), analyses, strict=True)]
        if None in counted:
            return None
        shortest, _, longest = declaration.bars
        lengths = [bars for bars in WINDOW_BARS if max(shortest, _SHORTEST_BARS) <= bars <= longest]
        asked: dict[str, Any] = {"bars": int(rng.choice(lengths))}
        if rng.random() < self.options.anywhere:
            for side, analysis in zip("ab", analyses, strict=True):
                line = int(rng.choice(sorted(analysis.phrase_bars)))
                asked[f"swap_{side}_seconds"] = max(analysis.grid.time_of_bar(line), 0.0)
        try:
            plan = plan_transition(
                *analyses,
                technique=technique,
                registry=self.registry,
                frames_per_beat=self.options.frames_per_beat,
                **asked,
            )
            if plan.a.loop or plan.b.loop:
                return None
            composition = compose(plan, *(index for index in counted if index is not None))
            if not self._holds(composition):
                return None
            # A technique may refuse what it hears: an acapella, a voice that is silent.
            self._techniques[technique].draw(
                request_of(composition, self.framed, self._layout, seed=0)
            )
        except (PlanError, InputError):
            return None
        return composition

    def _counted(self, track: int, analysis: Analysis) -> int | None:
        """Index among all framed tracks of this one, as it is counted here."""
        before = sum(len(t.framed) for t in self.tracks[:track])
        for variant, known in enumerate(self.tracks[track].analyses):
            if abs(known.grid.bpm - analysis.grid.bpm) < 1e-6:
                return self.first_index + before + variant
        return None

    def _holds(self, composition: Composition) -> bool:
        """Whether both tracks sound through the whole window."""
        per_bar = composition.beats_per_bar * composition.frames_per_beat
        return all(
            side.bar >= 0
            and side.bar * per_bar + composition.frames <= len(self.framed[side.track].vocal)
            for side in (composition.a, composition.b)
        )

    @functools.cached_property
    def _layout(self) -> Layout:
        return mixer_layout(DEFAULT_MIXER, self.registry)
