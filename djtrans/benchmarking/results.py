"""Results of a benchmark, in memory and on disk."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from djtrans.benchmarking.scores import Score
from djtrans.benchmarking.systems import all_scores
from djtrans.core.contracts.config import as_tuple
from djtrans.core.errors import FormatError
from djtrans.core.util.atomic_files import write_text
from djtrans.core.util.json_documents import MALFORMED, json_digest, read_json
from djtrans.core.util.statistics import Mean, mean_interval

_SUM = "sha256"


@attrs.frozen(kw_only=True)
class TrackResult:
    """Scores of one system on one track.

    Attributes
    ----------
    dataset : str
        Name of the dataset.
    track : str
        Name of the track, pair or round.
    system : str
        Qualified name of the analyzer, separator, technique or mixer, or the file of the model.
    reason : str
        Reason why the system rejected the track; empty if it did not.
    scores : mapping of str to float
        Scores by task and name.
    bpm : float, optional
        Tempo that was found, in beats per minute.
    key : str
        Key that was found.
    decoder : str
        Name and version of the decoder of the file.

    Examples
    --------
    >>> from djtrans.benchmarking import TrackResult
    >>> TrackResult(dataset="gtzan", track="a", system="djtrans/librosa", reason="silent").ok
    False

    See Also
    --------
    Benchmark : Results of a whole run.
    """

    dataset: str
    track: str
    system: str
    reason: str = ""
    scores: Mapping[str, float] = attrs.field(factory=dict)
    bpm: float | None = None
    key: str = ""
    decoder: str = ""

    @property
    def ok(self) -> bool:
        """True if the system did not reject the track."""
        return not self.reason


@attrs.frozen(kw_only=True)
class Benchmark:
    """Results of several systems on datasets.

    Attributes
    ----------
    results : tuple of TrackResult
        One for each track and system.
    systems : tuple of str
        Qualified names, in order.
    found : mapping of str to int
        Number of tracks that were found, by dataset, of which some may have been chosen.
    software : mapping of str to str
        Versions of what the results depend on.
    scores : tuple of Score
        Scores to compare, in order; by default those of all tasks.

    Examples
    --------
    >>> from djtrans.benchmarking import Benchmark, TrackResult
    >>> scores = ({"tempo Acc1": 1.0}, {"tempo Acc1": 0.0})
    >>> results = [
    ...     TrackResult(dataset="modules", track=str(i), system="djtrans/librosa", scores=s)
    ...     for i, s in enumerate(scores)
    ... ]
    >>> benchmark = Benchmark(results=results, systems=["djtrans/librosa"], found={"modules": 2})
    >>> benchmark.mean("modules", "djtrans/librosa", "tempo Acc1").mean
    0.5

    See Also
    --------
    write_benchmark : Writes tables and a plot.
    """

    results: tuple[TrackResult, ...] = attrs.field(converter=as_tuple)
    systems: tuple[str, ...] = attrs.field(converter=as_tuple)
    found: Mapping[str, int]
    software: Mapping[str, str] = attrs.field(factory=dict)
    scores: tuple[Score, ...] = attrs.field(factory=all_scores, converter=as_tuple)

    def of(self, dataset: str, system: str) -> list[TrackResult]:
        """Return the results of a system on a dataset."""
        return [r for r in self.results if (r.dataset, r.system) == (dataset, system)]

    def mean(self, dataset: str, system: str, score: str) -> Mean:
        """Compute the mean of a score over tracks, with its interval.

        A track that the system rejected is left out.
        """
        return mean_interval(r.scores.get(score) for r in self.of(dataset, system))

    def difference(self, dataset: str, system: str, reference: str, score: str) -> Mean:
        """Compute the mean of the paired differences to another system, with its interval.

        Tracks that only one of them has a score of are left out.
        """
        theirs = {r.track: r.scores.get(score) for r in self.of(dataset, reference)}
        return mean_interval(
            ours - base
            for r in self.of(dataset, system)
            if (ours := r.scores.get(score)) is not None
            and (base := theirs.get(r.track)) is not None
        )


def write_result(file: Path, result: TrackResult) -> None:
    """Write a result with a digest of its values."""
    values = attrs.asdict(result)
    write_text(file, json.dumps({**values, _SUM: json_digest(values)}, indent=1) + "\n")


def read_result(file: Path) -> TrackResult:
    """Read a result.

    Raises
    ------
    FormatError
        If it is damaged.
    """
    try:
        values = read_json(file)
        if not isinstance(values, dict) or values.pop(_SUM, None) != json_digest(values):
            raise FormatError("its values do not match their digest.")
        return TrackResult(**values)
    except (OSError, *MALFORMED) as error:
        raise FormatError(f"{file} is damaged: {error}") from None


def known_results(files: Sequence[Path]) -> dict[str, TrackResult]:
    """Read the results that are there; a damaged one is reported, and measured again."""
    known = {}
    for file in files:
        if not file.exists():
            continue
        try:
            known[str(file)] = read_result(file)
        except FormatError as error:
            warnings.warn(f"{error} It is measured again.", stacklevel=4)
    return known
