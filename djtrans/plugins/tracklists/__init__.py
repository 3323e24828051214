"""Sources of tracklists: which tracks a mix is made of."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from djtrans.core.contracts.config import setting
from djtrans.core.contracts.hooks import hookimpl
from djtrans.core.contracts.tracklist import TracklistDeclaration


@attrs.frozen
class Web1001Config:
    """Address of the site and delay between requests."""

    base_url: str = setting("https://www.1001tracklists.com", "Address of the site.")
    delay_seconds: float = setting(
        5.0,
        "Least time between two requests; the site's own crawl delay counts where it is longer.",
        unit="s",
        minimum=3.0,
        maximum=3600.0,
    )


@hookimpl
def djtrans_tracklists() -> Iterable[TracklistDeclaration]:
    """Declare the built-in sources of tracklists."""
    yield TracklistDeclaration(
        name="cue",
        summary="Cue sheets of mixes.",
        factory="djtrans.plugins.tracklists.cue:CueSheet",
        suffixes=(".cue",),
    )
    yield TracklistDeclaration(
        name="djmix",
        summary="The djmix-dataset's JSON: tracklists of MixesDB, with links to the audio.",
        factory="djtrans.plugins.tracklists.djmix:DjmixDataset",
        suffixes=(".json", ".jsonl"),
        references=(
            "T. Kim, Y.-H. Yang, J. Nam, Joint estimation of fader and equalizer gains, DAFx 2022.",
            "https://github.com/mir-aidj/djmix-dataset",
        ),
    )
    yield TracklistDeclaration(
        name="description",
        summary="A text with a track a line and its time, as under a mix on YouTube or Mixcloud.",
        factory="djtrans.plugins.tracklists.description:Description",
        suffixes=(".txt", ".md", ".description"),
    )
    yield TracklistDeclaration(
        name="1001tracklists",
        summary="Pages of 1001tracklists.com, asked for politely, or saved in a browser.",
        factory="djtrans.plugins.tracklists.web_1001:Web1001",
        config=Web1001Config,
        suffixes=(".html", ".htm"),
        hosts=("1001tracklists.com",),
        browses=True,
    )
