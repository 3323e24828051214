from __future__ import annotations

from pathlib import Path

import attrs

from djtrans.cli.summary import _track
from djtrans.core.track.tags import Tags
from djtrans.core.transition.params_file import load_params, save_params
from djtrans.report import describe_transition

#: Written by version 0.1, before decoders and tags were recorded.
OLD = Path(__file__).parent.parent / "data" / "files_0_1" / "rules.json"


def test_artist_and_title_are_shown_where_they_are_known(tmp_path):
    content = load_params(OLD)
    record = content.provenance.tracks["a"]
    assert record.label == record.name
    assert record.decoder == ""
    side = attrs.evolve(content.plan.a, bpm=128.0)
    (line,) = _track(side, record)
    assert line.startswith(f"{record.name}: 128.00 BPM")

    tagged = attrs.evolve(record, decoder="libsndfile 1", tags=Tags(title="T", artist="A", bpm=64))
    (line,) = _track(side, tagged)
    assert line.startswith(f"A - T ({record.name}): 128.00 BPM")
    off = attrs.evolve(tagged, tags=attrs.evolve(tagged.tags, bpm=131))
    assert list(_track(side, off))[1] == "tagged 131 BPM, analyzed 128.00 BPM, which is used"

    tracks = {**content.provenance.tracks, "a": tagged}
    content = attrs.evolve(content, provenance=attrs.evolve(content.provenance, tracks=tracks))
    save_params(tmp_path / "new.json", content)
    again = load_params(tmp_path / "new.json")
    assert again.provenance.tracks["a"] == tagged
    assert describe_transition(again).startswith(f"# A - T → {tracks['b'].name}")
