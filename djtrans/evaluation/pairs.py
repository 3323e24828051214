"""Pairs of tracks for a comparison: from a CSV file, a folder, or synthesized."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from djtrans.core.audio.fingerprint import fingerprint
from djtrans.core.audio.io import write_audio
from djtrans.core.audio.listing import is_audio_name
from djtrans.core.contracts.config import check_seed
from djtrans.core.errors import DjtransError, InputError, did_you_mean
from djtrans.core.track.analysis import Analysis
from djtrans.core.track.stem_files import save_stems
from djtrans.core.track.track import load_track
from djtrans.core.util.checksums import file_hash
from djtrans.core.util.positions import parse_seconds
from djtrans.core.util.progress import Progress, ProgressCallback
from djtrans.datasets.preparation.recordings import same_recordings
from djtrans.pipeline.analysis import analyze_track
from djtrans.pipeline.corrections import corrections_digest
from djtrans.planning.tempo_octave import match_tempo_octaves
from djtrans.registry import Registry
from djtrans.synthesis import TrackSpec, synthesize

#: Structures of short club tracks: 64 to 72 bars with an intro and an outro.
STRUCTURES = (
    (("intro", 16), ("drop", 16), ("break", 8), ("drop", 16), ("outro", 16)),
    (("intro", 16), ("build", 8), ("drop", 16), ("break", 8), ("outro", 16)),
    (("intro", 8), ("drop", 24), ("break", 8), ("drop", 16), ("outro", 8)),
)
SYNTHESIZED_RATE = 22050


@attrs.frozen(kw_only=True)
class TrackPair:
    """Pair of tracks to make transitions between.

    Attributes
    ----------
    a, b : str or TrackSpec
        Files, or tracks that are synthesized on demand, with their true stems.
    name : str
        Name, unique in a comparison; by default from the file names.
    technique : str
        Only technique of this pair; if empty, all that are compared.
    stems_a, stems_b : str or None
        Folders with ready stems.
    cue_a, cue_b : float or None
        Start of the longest window in each track, in seconds.
    analyses : mapping of str to Analysis
        Known analyses, by the hash of the file.

    Examples
    --------
    >>> from djtrans.evaluation import TrackPair
    >>> TrackPair(a="music/first.wav", b="music/second.wav").label
    'first to second'
    """

    a: str | TrackSpec
    b: str | TrackSpec
    name: str = ""
    technique: str = ""
    stems_a: str | None = None
    stems_b: str | None = None
    cue_a: float | None = None
    cue_b: float | None = None
    analyses: dict[str, Analysis] = attrs.field(factory=dict, eq=False, repr=False)

    @property
    def label(self) -> str:
        """Name of the pair, by default from the file names."""
        if self.name:
            return self.name
        sides = (self.a, self.b)
        return " to ".join(Path(s).stem if isinstance(s, str) else "synthesized" for s in sides)

    @property
    def identity(self) -> dict[str, Any]:
        """JSON values on which the results depend: the content of the files, not their names."""
        plain = attrs.asdict(
            self, recurse=False, filter=attrs.filters.exclude("analyses", "technique")
        )
        for side in ("a", "b"):
            track, stems = plain[side], plain[f"stems_{side}"]
            plain[side] = attrs.asdict(track) if isinstance(track, TrackSpec) else _content(track)
            plain[f"stems_{side}"] = None if stems is None else _content(stems)
        digests = [
            corrections_digest(track, str(plain[side]))
            for side, track in (("a", self.a), ("b", self.b))
            if isinstance(track, str)
        ]
        if any(digests):
            plain["corrections"] = digests
        return plain

    @contextmanager
    def files(self) -> Iterator[TrackPair]:
        """Yield the pair as files; files of synthesized tracks exist only inside the block."""
        with TemporaryDirectory(prefix="djtrans-") as folder:
            given: dict[str, Any] = {}
            for side in ("a", "b"):
                spec = getattr(self, side)
                if not isinstance(spec, TrackSpec):
                    continue
                track = synthesize(spec)
                given[side] = os.path.join(folder, f"{side}.wav")
                given[f"stems_{side}"] = os.path.join(folder, side)
                write_audio(given[side], track.audio, track.sample_rate)
                save_stems(track.stems, given[f"stems_{side}"])
            yield attrs.evolve(self, **given)


def _content(path: str) -> Any:
    """Hash a file, or each file of a folder; the path itself if it cannot be read."""
    file = Path(os.path.expanduser(path))
    try:
        if file.is_dir():
            # Stems lie in the folder itself; whatever is below it is not read.
            return {f.name: _hash_once(f) for f in sorted(file.iterdir()) if f.is_file()}
        return _hash_once(file)
    except OSError:
        return [os.path.abspath(path)]


def _hash_once(file: Path) -> str:
    """Hash a file, which may be in many pairs, once while it is the same."""
    status = file.stat()
    return _hash(file, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@cache
def _hash(file: Path, *_: int) -> str:
    return file_hash(file)


def read_pairs(path: str | os.PathLike[str]) -> tuple[TrackPair, ...]:
    r"""Read pairs from a CSV file.

    Parameters
    ----------
    path : path
        CSV file with a header line. Columns are ``a`` and ``b``, and optionally ``name``,
        ``technique``, ``stems_a``, ``stems_b``, ``cue_a`` and ``cue_b``; empty cells are missing
        values. Paths are relative to the folder of the CSV file.

    Returns
    -------
    tuple of TrackPair

    Raises
    ------
    InputError
        If the file cannot be read, or a line of it is wrong; the message names the line.

    Examples
    --------
    >>> from pathlib import Path
    >>> from djtrans.evaluation import read_pairs
    >>> _ = Path("pairs.csv").write_text("a,b,technique\nx.wav,y.wav,cut\n")
    >>> [(pair.label, pair.technique) for pair in read_pairs("pairs.csv")]
    [('x to y', 'cut')]
    """
    table = Path(path)
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            columns, lines = reader.fieldnames or [], list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"Cannot read {table}: {why}; give a CSV file.") from None
    known = ("a", "b", "name", "technique", "stems_a", "stems_b", "cue_a", "cue_b")
    for column in ("a", "b"):
        if column not in columns:
            raise InputError(f"{table} has no column {column!r}; its first line must name a and b.")
    for column in columns:
        if column not in known:
            raise InputError(f"{table} has a column {column!r}. {did_you_mean(column, known)}")
    if not lines:
        raise InputError(f"{table} lists no pairs; write one per line below the header.")
    pairs = tuple(
        _pair(line, f"{table}, line {at}", table.parent) for at, line in enumerate(lines, 2)
    )
    return _with_unique_names(pairs)


def _pair(line: dict[str, Any], where: str, folder: Path) -> TrackPair:
    given: dict[str, Any] = {k: v.strip() for k, v in line.items() if k and v and v.strip()}
    for column in ("a", "b"):
        if column not in given:
            raise InputError(f"{where}: {column} is empty; give the path of a track.")
    for column in ("cue_a", "cue_b"):
        try:
            given.update({column: parse_seconds(given[column])} if column in given else {})
        except InputError as error:
            raise InputError(f"{where}: {column}: {error}") from None
    for column in ("a", "b", "stems_a", "stems_b"):
        if column in given:
            given[column] = os.path.normpath(folder / given[column])
    return TrackPair(**given)


def _with_unique_names(pairs: tuple[TrackPair, ...]) -> tuple[TrackPair, ...]:
    """Distinguish pairs of the same name by numbers."""
    seen: dict[str, int] = {}
    named = []
    for pair in pairs:
        count = seen[pair.label] = seen.get(pair.label, 0) + 1
        named.append(
            attrs.evolve(pair, name=pair.label if count == 1 else f"{pair.label} ({count})")
        )
    return tuple(named)


def all_pairs(
    folder: str | os.PathLike[str],
    *,
    stretch_limit: float = 0.08,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> tuple[tuple[TrackPair, ...], tuple[tuple[str, str], ...]]:
    """Find all ordered pairs of tracks in a folder with compatible tempos.

    Of several files of one recording, one is used.

    Parameters
    ----------
    folder : path
        Folder of audio files, without its subfolders.
    stretch_limit : float
        Maximum tempo change, as a fraction.
    progress : callable, optional
        Receives a `Progress` event before each track is analyzed, and one at the end.
    registry : Registry, optional
        Registry with the analyzer; by default that of the process.

    Returns
    -------
    pairs : tuple of TrackPair
        Pairs with their analyses.
    skipped : tuple of (str, str)
        Files that cannot be used and why.

    Raises
    ------
    InputError
        If the folder contains no two usable tracks within the limit.
    """
    analyses, hashes, skipped = analyze_folder(folder, progress=progress, registry=registry)
    pairs = []
    for a, b in permutations(analyses, 2):
        tempo_a, tempo_b = (x.grid.bpm for x in match_tempo_octaves(analyses[a], analyses[b]))
        if abs(tempo_a / tempo_b - 1.0) <= stretch_limit:
            pairs.append(TrackPair(a=a, b=b, analyses={hashes[x]: analyses[x] for x in (a, b)}))
    if not pairs:
        raise InputError(
            f"No two of the {len(analyses) + len(skipped)} tracks in {folder} are within "
            f"{100 * stretch_limit:g} % of each other's tempo ({len(skipped)} left out); give more "
            "tracks or a larger limit."
        )
    return _with_unique_names(tuple(pairs)), skipped


def analyze_folder(
    folder: str | os.PathLike[str],
    *,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> tuple[dict[str, Analysis], dict[str, str], tuple[tuple[str, str], ...]]:
    """Analyze the tracks of a folder; of several files of one recording, one.

    Parameters
    ----------
    folder : path
        Folder of audio files, without its subfolders.
    progress : callable, optional
        Receives a `Progress` event before each track is analyzed, and one at the end.
    registry : Registry, optional
        Registry with the analyzer; by default that of the process.

    Returns
    -------
    analyses : dict of str to Analysis
        By path.
    hashes : dict of str to str
        Hashes of the files, by path.
    skipped : tuple of (str, str)
        Files that cannot be used and why.

    Raises
    ------
    InputError
        If it is not a folder.
    """
    where = Path(folder)
    if not where.is_dir():
        raise InputError(f"{where} is not a folder; give one with audio files.")
    paths = sorted(p for p in where.iterdir() if is_audio_name(p))
    analyses: dict[str, Analysis] = {}
    hashes: dict[str, str] = {}
    fingerprints: dict[str, NDArray[np.uint32]] = {}
    skipped = []
    report = progress or (lambda event: None)
    for done, path in enumerate(paths):
        report(Progress("tracks", done, len(paths), f"analyzing {path.name}"))
        try:
            track = load_track(path)
            analyses[str(path)] = analyze_track(track, registry=registry)
            hashes[str(path)] = track.sha256
            fingerprints[str(path)] = fingerprint(track.audio, track.sample_rate)
        except DjtransError as error:
            skipped.append((path.name, str(error)))
    report(Progress("tracks", len(paths), len(paths)))
    usable = [Path(name) for name in analyses]
    instead = same_recordings(usable, list(fingerprints.values()))
    for index, (used, _) in instead.items():
        skipped.append((usable[index].name, f"It is the same recording as {usable[used].name}."))
        del analyses[str(usable[index])]
    return analyses, hashes, tuple(skipped)


def synthesized_pairs(
    n: int, seed: int = 0, *, stretch_limit: float = 0.06
) -> tuple[TrackPair, ...]:
    """Specify pairs of synthesized tracks with true stems.

    Tempos are 118 to 134 BPM and within the limit; drums, vocals and structure are random; keys are
    within one Camelot step in about half of the pairs.

    Parameters
    ----------
    n : int
        Number of pairs, at least 1.
    seed : int
        Random seed; pair `i` of a seed does not depend on `n`.
    stretch_limit : float
        Maximum tempo change, as a fraction.

    Returns
    -------
    tuple of TrackPair

    See Also
    --------
    compare : Compares techniques over pairs.

    Examples
    --------
    >>> from djtrans.evaluation import synthesized_pairs
    >>> [pair.label for pair in synthesized_pairs(2, seed=7)]
    ['synthesized 7/000', 'synthesized 7/001']
    """
    if n < 1:
        raise InputError(f"{n} synthesized pairs are not allowed; give 1 or more.")
    check_seed(seed)
    return tuple(_synthesized(seed, index, stretch_limit) for index in range(n))


def _synthesized(seed: int, index: int, stretch_limit: float) -> TrackPair:
    rng = np.random.default_rng([seed, index])
    bpm = round(float(rng.uniform(118.0, 134.0)), 2)
    # A margin below the limit for the error of the tempo estimate.
    change = float(rng.uniform(-1.0, 1.0)) * 0.98 * stretch_limit
    tonic = int(rng.integers(12))
    compatible = bool(rng.random() < 0.5)
    other_tonic = (tonic + int(rng.choice([0, 5, 7]))) % 12 if compatible else int(rng.integers(12))

    def spec(bpm: float, tonic: int, side: int) -> TrackSpec:
        return TrackSpec(
            bpm=bpm,
            tonic=tonic,
            seed=int(rng.integers(2**31)) * 2 + side,
            drums="broken" if rng.random() < 0.25 else "four-on-the-floor",
            has_vocals=bool(rng.random() < 0.8),
            structure=STRUCTURES[int(rng.integers(len(STRUCTURES)))],
            sample_rate_hz=SYNTHESIZED_RATE,
        )

    return TrackPair(
        a=spec(bpm, tonic, 0),
        b=spec(round(bpm * (1.0 + change), 2), other_tonic, 1),
        name=f"synthesized {seed}/{index:03d}",
    )
