"""Page of a set: one HTML file with the timeline, the tracks, and a player for each boundary."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import soundfile
from torch import Tensor

from djtrans.core.contracts.declaration import short_name
from djtrans.core.transition.plan import TransitionPlan
from djtrans.core.util.names import visible
from djtrans.plot.theme import THEMES, Theme
from djtrans.sets.boundaries import Boundary, Gap
from djtrans.sets.final_mix import EXCERPT_RATE, EXCERPT_SECONDS, Mix
from djtrans.sets.scanning import SetTrack
from djtrans.sets.schedule import TrackTimes
from djtrans.sets.side_files import SetFiles, clock
from djtrans.sets.timeline_svg import Timeline

_STYLE = """
body { background: var(--background); color: var(--text); margin: 0 auto; max-width: 1240px;
  padding: 24px; font: 15px/1.5 "DejaVu Sans", system-ui, sans-serif; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 32px 0 10px; }
h3 { font-size: 16px; margin: 0 0 4px; }
p { margin: 4px 0; } .muted, th { color: var(--muted); font-weight: normal; }
svg { width: 100%; height: auto; background: var(--panel); border-radius: 8px; margin-top: 16px; }
svg text { fill: var(--muted); font-size: 12px; } svg .small { font-size: 11px; }
svg .mid { text-anchor: middle; } svg .on { fill: var(--background); }
.grid { stroke: var(--grid); } .level { fill: var(--mix); opacity: .55; }
.tracka { fill: var(--a); } .trackb { fill: var(--b); }
.tempoa, .tempob { fill: none; stroke-width: 2; } .tempoa { stroke: var(--a); }
.tempob { stroke: var(--b); }
.window { fill: var(--text); opacity: .13; } .gap { fill: var(--clash); opacity: .3; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--grid); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
section { background: var(--panel); border-radius: 8px; padding: 14px 16px; margin: 12px 0; }
audio { width: 100%; margin-top: 8px; } details { margin-top: 6px; }
""".strip()


def set_page(
    files: SetFiles, tracks: Sequence[SetTrack], boundaries: Sequence[Boundary], mix: Mix
) -> str:
    """Return the page, without its first lines.

    Parameters
    ----------
    files : SetFiles
    tracks : sequence of SetTrack
        In the order of the set.
    boundaries : sequence of TransitionPlan or Gap
        Settled.
    mix : Mix
    """
    schedule = mix.schedule
    length = clock(schedule.samples / schedule.sample_rate)
    title = escape(visible(files.audio.name))
    cards = [
        _card(number, boundary, schedule.times[number - 1 : number + 1], excerpt)
        for number, (boundary, excerpt) in enumerate(zip(boundaries, mix.excerpts, strict=True), 1)
    ]
    peak = f"true peak {mix.true_peak_dbtp:.1f} dBTP"
    peak += f", lowered by {-mix.trim_db:.1f} dB for its peaks" if mix.trim_db < -0.05 else ""
    return "\n".join(
        [
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{_colors()}\n{_STYLE}</style></head><body>",
            f"<h1>{title}</h1>",
            f'<p class="muted">{_tracks(len(tracks))}, {length}, {peak}</p>',
            Timeline(schedule, boundaries, mix.levels_db).svg(),
            "<h2>Tracks</h2>",
            _table(schedule.times),
            *(["<h2>Boundaries</h2>", *cards] if cards else []),
            "</body></html>\n",
        ]
    )


def _tracks(count: int) -> str:
    return "1 track" if count == 1 else f"{count} tracks"


def _colors() -> str:
    def variables(theme: Theme) -> str:
        named = {
            "background": theme.background,
            "panel": theme.panel,
            "text": theme.text,
            "muted": theme.muted,
            "grid": theme.grid,
            "a": theme.tracks["a"],
            "b": theme.tracks["b"],
            "mix": theme.tracks["mix"],
            "clash": theme.clash,
        }
        return " ".join(f"--{name}: {color};" for name, color in named.items())

    dark = f"@media (prefers-color-scheme: dark) {{ :root {{ {variables(THEMES['dark'])} }} }}"
    return f":root {{ color-scheme: light dark; {variables(THEMES['light'])} }}\n{dark}"


def _table(times: Sequence[TrackTimes]) -> str:
    head = ("start", "track", "time", "BPM", "key", "gain")
    numbers = (True, False, True, True, False, True)
    rows = [
        (
            clock(track.starts),
            f"{track.number} {escape(visible(track.label))}",
            clock(track.seconds),
            f"{track.bpm:.2f}",
            track.key,
            f"{track.gain_db:+.1f} dB",
        )
        for track in times
    ]

    def line(cells: Sequence[str], tag: str) -> str:
        joined = (
            f"<{tag}{' class=number' if number else ''}>{cell}</{tag}>"
            for cell, number in zip(cells, numbers, strict=True)
        )
        return f"<tr>{''.join(joined)}</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"


def _card(number: int, boundary: Boundary, times: Sequence[TrackTimes], excerpt: Tensor) -> str:
    a, b = (escape(visible(track.label)) for track in times)
    reasons: Sequence[str] = ()
    if isinstance(boundary, Gap):
        kind = f"fade of {boundary.fade_seconds:g} s" if boundary.fade_seconds else "cut"
        what = f"{kind}, pause of {boundary.pause_seconds:g} s"
        reasons = [boundary.reason] if boundary.reason else []
    else:
        what = _describe(boundary)
        reasons = boundary.reasons
    items = "".join(f"<li>{escape(visible(reason))}</li>" for reason in reasons)
    details = f"<details><summary>Reasons</summary><ul>{items}</ul></details>" if items else ""
    return (
        f'<section id="boundary-{number}"><h3>{number} {a} &rarr; {b}</h3>'
        f'<p class="muted">{clock(times[1].enters)}, {escape(what)}; '
        f"excerpt with {EXCERPT_SECONDS:g} s before and after</p>"
        f'<audio controls preload="none" src="data:audio/mpeg;base64,{_mp3(excerpt)}"></audio>'
        f"{details}</section>"
    )


def _describe(plan: TransitionPlan) -> str:
    lengths = [
        (later - earlier) / plan.beats_per_bar
        for earlier, later in (
            (plan.beat_times[0], plan.beat_times[plan.beats_per_bar]),
            (plan.beat_times[-1 - plan.beats_per_bar], plan.beat_times[-1]),
        )
    ]
    first, last = (60.0 / length for length in lengths)
    tempo = f"{first:.1f} BPM" if abs(first - last) < 0.05 else f"{first:.1f} to {last:.1f} BPM"
    matched = "" if plan.beat_matched else ", not beat-matched"
    bars = "1 bar" if plan.bars == 1 else f"{plan.bars} bars"
    return f"{short_name(plan.technique)} over {bars} at {tempo}{matched}"


def _mp3(audio: Tensor) -> str:
    stream = io.BytesIO()
    samples = audio.clamp(-1.0, 1.0).T.contiguous().numpy()
    soundfile.write(stream, samples, EXCERPT_RATE, format="MP3", subtype="MPEG_LAYER_III")
    return base64.b64encode(stream.getvalue()).decode()
