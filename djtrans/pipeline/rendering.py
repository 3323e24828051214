"""Render a transition again from its params file."""

from __future__ import annotations

import os

import attrs

from djtrans.core.audio.time_stretch import ENGINE
from djtrans.core.errors import FormatError
from djtrans.core.track.lazy_track import LazyTrack
from djtrans.core.track.track import Track
from djtrans.core.transition.alignment import Span
from djtrans.core.transition.output_level import read_level
from djtrans.core.transition.pair import Pair
from djtrans.core.transition.params_file import load_params
from djtrans.core.util.devices import pick_device
from djtrans.core.util.progress import ProgressCallback
from djtrans.pipeline.completion import finish
from djtrans.pipeline.preparation import align_pair, as_track
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.provenance import rebuild_mixer, warn_changed
from djtrans.pipeline.ready_stems import with_stems
from djtrans.pipeline.separators import fetch_separator
from djtrans.pipeline.transition import Transition
from djtrans.registry import Registry, default_registry


def render(
    params_path: str | os.PathLike[str],
    a: str | os.PathLike[str] | Track,
    b: str | os.PathLike[str] | Track,
    *,
    stems_a: str | os.PathLike[str] | None = None,
    stems_b: str | os.PathLike[str] | None = None,
    device: str = "auto",
    level: float | str | None = None,
    progress: ProgressCallback | None = None,
    registry: Registry | None = None,
) -> Transition:
    """Render a transition again from its params file.

    Parameters
    ----------
    params_path : path
        File written by :meth:`Transition.save_params`; its values may have been edited.
    a, b : path or Track
        The same tracks as for the first render.
    stems_a, stems_b : path, optional
        Folders with ready stems of a track, instead of where they were at the first render.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    level : float or str, optional
        Level of the output instead of the recorded one: ``"match-a"``, ``"peak"`` or a number of
        LUFS, see :class:`djtrans.GenerateOptions`.
    progress : callable, optional
        Called with the name of a step and the fraction of it that is done.
    registry : Registry, optional

    Returns
    -------
    Transition
        With the same audio on the same device and with the same versions.

    Raises
    ------
    FormatError
        If the file is damaged, or the tracks are not those it was made from.
    SeparationError
        If ready stems are missing, or are not those it was made from.
    PluginError
        If a component that it names is not installed.
    LayoutError
        If an installed effect declares other parameters than those in the file.

    See Also
    --------
    djtrans.generate : Generate a transition.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.render("out.json", "a.mp3", "b.mp3")  # doctest: +SKIP
    >>> transition.save("again.wav")  # doctest: +SKIP
    """
    registry = registry or default_registry()
    device = pick_device(device)
    steps = Steps(progress)
    with steps.step("load"):
        content = load_params(params_path)
        recorded = with_stems(content.provenance, Pair(stems_a, stems_b), registry)
        if level is not None:
            shape = attrs.evolve(recorded.render, level=read_level(level))
            recorded = attrs.evolve(recorded, render=shape)
        content = attrs.evolve(content, provenance=recorded)
        built = rebuild_mixer(recorded.mixer, content.params, registry)
        shape = recorded.render
        tracks = Pair(a, b).map(lambda source: _at_rate(source, shape.sample_rate, shape.channels))
        for side, track in tracks.items():
            expected = recorded.tracks[side]
            if not expected.sha256:
                warn_changed(f"the content of track {side.upper()} was not recorded")
            elif track.sha256 != expected.sha256:
                raise FormatError(
                    f"Track {side.upper()}, {track.name}, is not the file that these parameters "
                    f"were made for ({expected.name}); give the same two files, in the same order."
                )
    if shape.stretch != ENGINE:
        warn_changed(f"the time stretch was {shape.stretch}, here it is {ENGINE}")
    separators = Pair("a", "b").map(lambda side: recorded.tracks[side].separator)
    for record in separators:
        here = registry.separators.find(record.name).declaration.version
        if here != record.version:
            warn_changed(f"{record.name} had version {record.version}, here it is {here}")
        fetch_separator(registry, record.name, record.config, device, steps.progress("weights"))
    span = Span(shape.start, shape.stop)
    aligned = align_pair(
        tracks, content.plan, span, separators, registry, steps, device, cached=True
    )
    return finish(built, content, aligned, device, steps)


def _at_rate(
    source: str | os.PathLike[str] | Track, sample_rate: int, channels: int
) -> Track | LazyTrack:
    """Return a track as it is rendered; one of a file is decoded only if the cache lacks it."""
    if isinstance(source, Track):
        return as_track(source).at_rate(sample_rate, channels)
    return LazyTrack(source, sample_rate, channels)
