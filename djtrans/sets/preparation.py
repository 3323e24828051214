"""Prepare the boundaries of a set: plan them once, and render those that are not rendered yet."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

import attrs

from djtrans import __version__
from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.track.analysis_io import analysis_to_dict
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import load_params
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.json_documents import json_digest
from djtrans.core.util.progress import ProgressCallback
from djtrans.pipeline.jobs import Job
from djtrans.pipeline.options import GenerateOptions
from djtrans.registry import Registry
from djtrans.sets.boundaries import Boundary, Gap, settled
from djtrans.sets.boundary_rendering import (
    BoundaryUnit,
    check_content,
    check_reach,
    render_boundary,
    render_key,
)
from djtrans.sets.folder import (
    BoundaryFiles,
    clear,
    read_boundary,
    read_plans,
    write_gap,
    write_plans,
)
from djtrans.sets.options import OF_EACH_BOUNDARY, SetOptions
from djtrans.sets.planning import plan_boundaries
from djtrans.sets.scanning import SetTrack
from djtrans.sets.schedule import Schedule, make_schedule

#: Options of a set that decide about the order alone, or about the length of the last track and
#: the tempo between boundaries: they do not change the boundaries.
_OF_THE_ORDER = ("keep_order", "first", "last", "pin", "arc", "skip_missing", "ease_bars")


@attrs.frozen(eq=False, kw_only=True)
class PreparedSet:
    """Tracks of a set in order, with its options.

    Attributes
    ----------
    tracks : tuple of SetTrack
    options : SetOptions
    transition : GenerateOptions
        With a named separator and device.
    folder : Path
        Folder of the boundaries.
    sample_rate, channels : int
        Of the mix.
    plugin_files : tuple of str
        Plugins that workers load.
    """

    tracks: tuple[SetTrack, ...]
    options: SetOptions
    transition: GenerateOptions
    folder: Path
    sample_rate: int
    channels: int
    plugin_files: tuple[str, ...] = ()

    @property
    def gains_db(self) -> tuple[float, ...]:
        """Gain of each track to the common loudness."""
        wanted = self.options.loudness_lufs
        return tuple(wanted - track.analysis.levels.integrated_lufs for track in self.tracks)

    @property
    def files(self) -> list[BoundaryFiles]:
        """Files of each boundary."""
        folder = self.folder.absolute()
        return [BoundaryFiles(folder, number) for number in range(1, len(self.tracks))]

    def gains_at(self, index: int) -> Pair[float]:
        """Return the gains of both tracks at a boundary, counted from 0."""
        return Pair(self.gains_db[index], self.gains_db[index + 1])

    def pair_at(self, index: int) -> Pair[SetTrack]:
        """Return both tracks at a boundary."""
        return Pair(self.tracks[index], self.tracks[index + 1])

    def settled(self, boundaries: Sequence[Boundary]) -> list[Boundary]:
        """Convert plans as they were read to the set, see :func:`settled`."""
        return [
            each if isinstance(each, Gap) else settled(each, self.gains_at(index))
            for index, each in enumerate(boundaries)
        ]

    def schedule(self, boundaries: Sequence[Boundary]) -> Schedule:
        """Place tracks and settled boundaries in the set."""
        return make_schedule(self.tracks, boundaries, self.gains_db, self.options, self.sample_rate)

    @property
    def key(self) -> str:
        """Digest of all that the plans of the boundaries depend on."""
        options = attrs.asdict(self.options)
        chosen = {name: getattr(self.transition, name) for name in OF_EACH_BOUNDARY}
        facts = {
            "djtrans": __version__,
            "stretch": ENGINE,
            "tracks": [track.sha256 for track in self.tracks],
            "analyses": [json_digest(analysis_to_dict(t.analysis)) for t in self.tracks],
            "set": {name: value for name, value in options.items() if name not in _OF_THE_ORDER},
            "transition": chosen,
            "plugins": sorted(Path(file).name for file in self.plugin_files),
            "sample_rate": self.sample_rate,
            "channels": self.channels,
        }
        return json_digest(json.loads(json.dumps(facts, default=str)))


def prepare_boundaries(
    prepared: PreparedSet, registry: Registry, progress: ProgressCallback | None = None
) -> list[Boundary]:
    """Plan the boundaries, or read the plans of an earlier run and the files that replace them.

    Raises
    ------
    InputError
        If a params file does not belong to the set, or contradicts another boundary.
    """
    plans = read_plans(prepared.folder, prepared.key)
    if plans is None or len(plans) != len(prepared.tracks) - 1:
        clear(prepared.folder)
        plans = plan_boundaries(
            prepared.tracks,
            prepared.gains_db,
            prepared.options,
            prepared.transition,
            prepared.sample_rate,
            prepared.channels,
            registry,
            progress,
        )
        listed = [{"path": track.path, "sha256": track.sha256} for track in prepared.tracks]
        write_plans(prepared.folder, prepared.key, listed, plans)
    boundaries = []
    for index, (files, plan) in enumerate(zip(prepared.files, plans, strict=True)):
        there = read_boundary(files)
        if isinstance(there, TransitionPlan):
            check_content(files.params, load_params(files.params), prepared.pair_at(index))
            placed = settled(there, prepared.gains_at(index))
            check_reach(files.params, placed, prepared.pair_at(index), prepared.sample_rate)
        elif there is None and isinstance(plan, Gap):
            write_gap(files, plan)
        boundaries.append(there or plan)
    prepared.schedule(prepared.settled(boundaries))
    return boundaries


def render_boundaries(
    prepared: PreparedSet,
    boundaries: Sequence[Boundary],
    executor: Executor | None = None,
    progress: ProgressCallback | None = None,
) -> list[Boundary]:
    """Render the transitions that are not rendered yet, and return all boundaries, settled.

    Parameters
    ----------
    prepared : PreparedSet
    boundaries : sequence of TransitionPlan or Gap
        See :func:`prepare_boundaries`.
    executor : Executor, optional
        Renders instead of this process.
    progress : callable, optional
        Receives an event of stage "boundaries" for each transition.
    """
    units = [
        BoundaryUnit(
            files=files,
            tracks=prepared.pair_at(index),
            gains_db=prepared.gains_at(index),
            plan=boundary,
            options=prepared.transition,
            sample_rate=prepared.sample_rate,
            channels=prepared.channels,
            plugin_files=prepared.plugin_files,
        )
        for index, (files, boundary) in enumerate(zip(prepared.files, boundaries, strict=True))
        if isinstance(boundary, TransitionPlan)
    ]
    keys = [str(unit.files.number) for unit in units]
    job: Job[list[str]] = Job(
        stage="boundaries",
        keys=keys,
        known={key: [] for key, unit in zip(keys, units, strict=True) if _is_rendered(unit)},
        progress=progress,
    )
    for unit, messages in zip(units, job.run_each(render_boundary, units, executor), strict=True):
        for message in messages:
            warnings.warn(f"{unit.label}: {message}", stacklevel=3)
    # A plan may have been refined by the stems.
    final = [
        read_boundary(files) or boundary
        for files, boundary in zip(prepared.files, boundaries, strict=True)
    ]
    return prepared.settled(final)


def _is_rendered(unit: BoundaryUnit) -> bool:
    return unit.files.params.is_file() and unit.files.is_rendered(render_key(unit))
