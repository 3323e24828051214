"""Tracks of files, folders and playlists."""

from __future__ import annotations

import pytest

from djtrans.core.errors import InputError
from djtrans.sets.inputs import find_tracks


@pytest.fixture
def music(tmp_path):
    for name in ("b.wav", "a.flac", "notes.txt", "ö c.mp3"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_a_folder_gives_its_audio_files_by_name(music):
    assert [path.name for path in find_tracks([music])] == ["a.flac", "b.wav", "ö c.mp3"]


def test_files_keep_their_order_and_may_be_there_twice(music):
    given = [music / "b.wav", music / "a.flac", music / "b.wav"]
    assert find_tracks(given) == given


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_a_playlist_is_read_relative_to_itself(music, encoding):
    playlist = music / "set.m3u8"
    text = f"#EXTM3U\r\n#EXTINF:1,One\r\nb.wav\r\n\r\nö c.mp3\r\n{music / 'a.flac'}\r\n"
    playlist.write_bytes(text.encode(encoding))
    found = find_tracks([playlist])
    assert [path.name for path in found] == ["b.wav", "ö c.mp3", "a.flac"]


def test_addresses_of_files_are_read_and_others_refused(music):
    playlist = music / "set.m3u"
    playlist.write_text((music / "b.wav").as_uri() + "\n")
    assert find_tracks([playlist]) == [music / "b.wav"]
    playlist.write_text("https://example.org/a.mp3\n")
    with pytest.raises(InputError, match="no local file"):
        find_tracks([playlist])


def test_missing_files_of_a_playlist_are_named_or_left_out(music):
    playlist = music / "set.m3u8"
    playlist.write_text("b.wav\nx.wav\ny.wav\n")
    with pytest.raises(InputError, match=r"2 of 3 files of .*x\.wav, .*y\.wav; .*--skip-missing"):
        find_tracks([playlist])
    with pytest.warns(UserWarning, match="2 of 3 files do not exist"):
        assert find_tracks([playlist], skip_missing=True) == [music / "b.wav"]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "No track is given"),
        (["none.wav"], "1 of 1 tracks does not exist: none.wav"),
        (["none.m3u8"], "Cannot read the playlist"),
    ],
)
def test_what_is_missing_is_an_error(sources, message):
    with pytest.raises(InputError, match=message):
        find_tracks(sources)


def test_empty_folders_and_playlists_are_errors(tmp_path):
    with pytest.raises(InputError, match="contains no audio files"):
        find_tracks([tmp_path])
    (tmp_path / "set.m3u8").write_text("#EXTM3U\n")
    with pytest.raises(InputError, match="names no file"):
        find_tracks([tmp_path / "set.m3u8"])
