"""Write a listening report: players, curves, plan and measurements on one page."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from torch import Tensor

from djtrans.core.contracts.declaration import short_name
from djtrans.core.errors import InputError
from djtrans.core.transition.alignment import Span
from djtrans.core.transition.plan import track_seconds
from djtrans.core.transition.sources import check_not_source
from djtrans.core.util.atomic_files import replacing_folder, write_text
from djtrans.core.util.progress import ProgressCallback
from djtrans.pipeline.progress import Steps
from djtrans.pipeline.report_timeline import BarAxis, bar_axis, timeline_content
from djtrans.pipeline.stem_audio import render_stem_audio
from djtrans.report.listening_page.audio import (
    encode_all,
    equal_power_crossfade,
    matching_gains,
)
from djtrans.report.listening_page.audio_files import (
    EXTENSION,
    audio_folder,
    audio_script,
    check_audio_folder,
)
from djtrans.report.listening_page.document import page_html
from djtrans.report.text_summary import bar_paragraphs, plan_facts

if TYPE_CHECKING:
    from djtrans.pipeline.transition import Transition

#: Where the audio of a report lies: in the page, or in a folder beside it.
REPORT_AUDIO = ("inline", "files")
#: Bars before and after the window that a report has at most.
MOST_AROUND_BARS = 16


def write_report(
    path: str | os.PathLike[str],
    transitions: Sequence[Transition],
    *,
    audio: str = "inline",
    commands: Sequence[str] = (),
    progress: ProgressCallback | None = None,
) -> tuple[Path, ...]:
    """Write a page to listen to transitions, and to see why they are as they are.

    The page plays the mix of each transition, both tracks alone and a plain crossfade, at equal
    loudness, and switches between them without losing the position. See ``docs/report.md``.

    Parameters
    ----------
    path : path
        HTML file to write.
    transitions : sequence of Transition
        One, or candidates between the same tracks, the best first. Single stems can be muted in the
        first, whole tracks in the others.
    audio : {"inline", "files"}
        Audio in the page, which is then one file, or in a folder beside it.
    commands : sequence of str
        Commands that render the transitions, shown on the page.
    progress : callable, optional
        Progress callback.

    Returns
    -------
    tuple of Path
        The page, and the folder of the audio if there is one.

    Raises
    ------
    InputError
        If a value is not allowed, or the file cannot be written.
    AudioFileError
        If the file is one of the tracks.

    See Also
    --------
    djtrans.generate_candidates : Generates several transitions of one pair.

    Examples
    --------
    >>> import djtrans
    >>> transition = djtrans.generate("a.mp3", "b.mp3")  # doctest: +SKIP
    >>> djtrans.write_report("page.html", [transition])  # doctest: +SKIP
    """
    if audio not in REPORT_AUDIO:
        raise InputError(f"audio = {audio!r} is not allowed; choose {' or '.join(REPORT_AUDIO)}.")
    if not transitions:
        raise InputError("A report needs at least one transition; give one.")
    page = Path(path)
    for transition in transitions:
        check_not_source(page, transition.provenance)
    if audio == "files":
        check_audio_folder(page)
    steps = Steps(progress)
    with steps.step("report"):
        sections = [
            _section(transition, index, len(transitions))
            for index, transition in enumerate(transitions)
        ]
        rate = transitions[0].sample_rate
        players = {name: sound for part in sections for name, sound in part.players.items()}
        gains = matching_gains(players, rate)
        streams = dict(players)
        for part in sections:
            streams.update(part.parts)
    with steps.step("encode") as fraction:
        encoded = encode_all(streams, rate, fraction)
    shown = zip(sections, [*commands, *[""] * len(sections)], strict=False)
    content = {
        "title": sections[0].title,
        "transitions": [part.content(gains, command) for part, command in shown],
    }
    colours = _colours()
    if audio == "inline":
        write_text(page, page_html(content, colours, encoded))
        return (page,)
    folder = audio_folder(page)
    with replacing_folder(folder) as part_folder:
        for name, stream in encoded.items():
            script = audio_script(name, stream)
            (part_folder / f"{name}{EXTENSION}").write_text(script, encoding="ascii")
    write_text(page, page_html(content, colours, {}, script_folder=folder.name))
    return page, folder


@attrs.frozen(eq=False)
class _Section:
    """One transition of a report, cut to the bars that the page shows.

    Attributes
    ----------
    transition : Transition
    name : str
        Name of its mix.
    title : str
        Titles of both tracks.
    axis : BarAxis
    players : dict of str to Tensor
        ``[channels, samples]`` by name: mix, both tracks alone and crossfade.
    parts : dict of str to Tensor
        Parts of the mix that can be muted, likewise.
    labels : list of dict
        Name, track and stem of each part.
    """

    transition: Transition
    name: str
    title: str
    axis: BarAxis
    players: dict[str, Tensor]
    parts: dict[str, Tensor]
    labels: list[dict[str, str]]

    def content(self, gains: dict[str, float], command: str) -> dict[str, Any]:
        """Return everything that the page shows of the transition, as plain JSON values."""
        t, plan = self.transition, self.transition.plan
        metrics = t.metrics()
        return {
            "name": self.name,
            "technique": short_name(plan.technique),
            "command": command,
            "cost": plan.cost,
            "swap_a": track_seconds(plan.a.warp, plan.swap_seconds),
            "swap_b": track_seconds(plan.b.warp, plan.swap_seconds),
            "master": ", ".join(short_name(n.effect) for n in t.provenance.mixer.spec.master_chain),
            "players": {
                key.partition("-")[2]: {"audio": key, "gain_db": gains[key]} for key in self.players
            },
            "parts": self.labels,
            "facts": list(plan_facts(plan)),
            "paragraphs": [list(pair) for pair in bar_paragraphs(t.content())],
            "gates": [
                {
                    "name": gate.name,
                    "verdict": gate.verdict,
                    "why": gate.why,
                    "limits": [
                        {
                            "text": limit.text,
                            "value": _finite(limit.value),
                            "words": limit.words,
                            "verdict": limit.verdict,
                            "warn": _finite(limit.warn_above),
                            "fail": _finite(limit.fail_above),
                        }
                        for limit in gate.limits
                    ],
                }
                for gate in metrics.gates
            ],
            "metrics": [
                {
                    "name": value.declared.name,
                    "summary": value.declared.summary,
                    "unit": value.declared.unit,
                    "better": value.declared.better,
                    "value": value.number,
                }
                for value in metrics.measured
            ],
            **timeline_content(t, self.axis),
        }


def _section(t: Transition, index: int, count: int) -> _Section:
    plan, r, rate = t.plan, t.rendered, t.sample_rate
    around = MOST_AROUND_BARS * plan.beats_per_bar
    first = round(plan.clock_of_beat(-around) * rate)
    last = round(plan.clock_of_beat(len(plan.beat_times) - 1 + around) * rate)
    span = Span(max(first, r.span.start), min(last, r.span.stop))
    cut = slice(span.start - r.span.start, span.stop - r.span.start)
    window = (-span.start, round(plan.window_seconds * rate) - span.start)
    a, b = r.solo_a[:, cut], r.solo_b[:, cut]
    crossfade = equal_power_crossfade(a, b, *window)
    sounds = {"mix": r.mix[:, cut], "a": a, "b": b, "crossfade": crossfade}
    parts, labels = {}, []
    # The stems of every candidate would be most of the page.
    whole = {"a": r.a, "b": r.b}
    found = render_stem_audio(t).heard if index == 0 and t.mixer is not None else whole
    for number, (key, sound) in enumerate(found.items()):
        track, _, stem = key.partition("/")
        parts[f"t{index}-part{number}"] = sound[:, cut]
        labels.append({"audio": f"t{index}-part{number}", "track": track, "stem": stem})
    tracks = t.provenance.tracks
    return _Section(
        transition=t,
        name="Mix" if count == 1 else f"Candidate {index + 1}",
        title=f"{tracks['a'].label} → {tracks['b'].label}",
        axis=bar_axis(plan, span, rate),
        players={f"t{index}-{name}": sound for name, sound in sounds.items()},
        parts=parts,
        labels=labels,
    )


def _finite(number: float | None) -> float | None:
    """Return a number, or None where JSON has none for it."""
    return number if number is not None and math.isfinite(number) else None


def _colours() -> dict[str, dict[str, str]]:
    """Return the colours of the plots as style variables."""
    from djtrans.plot.theme import THEMES

    return {
        name: {
            **{
                key: getattr(theme, key)
                for key in ("background", "panel", "text", "muted", "grid", "vocals", "clash")
            },
            "empty": theme.empty,
            "swap": theme.swap,
            "ghost": str(theme.ghost),
            **theme.tracks,
            **{
                f"{track}{i}": c
                for track, bands in theme.bands.items()
                for i, c in enumerate(bands)
            },
            **{f"{track}-phrase": colour for track, colour in theme.phrase.items()},
        }
        for name, theme in THEMES.items()
    }
