"""Cache: atomic entries, damaged entries, eviction and unwritable folders."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections import deque
from pathlib import Path

import pytest

from djtrans.core.errors import InputError
from djtrans.core.util.cache import Cache, Usage, cache_key, default_cache
from djtrans.core.util.temporary_files import owned_part

KEY = cache_key(audio="x")


def put(cache, key, text, kind="analyses"):
    cache.store(kind, key, text.encode())


def get(cache, key, kind="analyses"):
    return cache.load(kind, key, bytes.decode)


#: Bytes of an entry before its content.
HEADER = len(b"djtrans2") + 32


def test_what_was_stored_is_loaded_by_its_kind_and_key_only(tmp_path):
    cache = Cache(tmp_path)
    put(cache, KEY, "one")
    assert get(cache, KEY) == "one"
    assert get(cache, KEY, "stems") is None
    assert get(cache, cache_key(audio="y")) is None
    put(Cache(tmp_path), KEY, "two")
    assert get(cache, KEY) == "two"


def test_keys_depend_on_every_value_and_on_nothing_else():
    assert cache_key(a=1, b={"c": 2.0, "d": 3}) == cache_key(b={"d": 3, "c": 2.0}, a=1)
    keys = {cache_key(a=1), cache_key(a=2), cache_key(b=1), cache_key(a="1"), cache_key(a=1, b=1)}
    assert len(keys) == 5


@pytest.mark.parametrize(("kind", "key"), [("../x", KEY), ("Stems", KEY), ("stems", "../" + KEY)])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, kind, key):
    with pytest.raises(InputError, match="cache entry"):
        put(Cache(tmp_path), key, "x", kind)


def test_a_damaged_entry_is_removed_and_can_be_stored_again(tmp_path):
    cache = Cache(tmp_path)
    put(cache, KEY, "not a number")
    with pytest.warns(UserWarning, match=f"{KEY} is damaged .*computed again"):
        assert cache.load("analyses", KEY, int) is None
    assert cache.info() == {}
    put(cache, KEY, "7")
    assert cache.load("analyses", KEY, int) == 7


@pytest.mark.parametrize("damage", ["empty", "cut off", "one bit", "checksum"])
def test_an_entry_with_another_checksum_is_removed_with_a_warning(tmp_path, damage):
    cache = Cache(tmp_path)
    put(cache, KEY, "0123456789")
    file = tmp_path / "analyses" / KEY
    entry = bytearray(file.read_bytes())
    if damage in ("one bit", "checksum"):
        entry[-1 if damage == "one bit" else 20] ^= 1
    file.write_bytes({"empty": b"", "cut off": entry[:-3]}.get(damage, entry))
    with pytest.warns(UserWarning, match="checksum differs"):
        assert get(cache, KEY) is None
    assert not file.exists()


def test_an_entry_of_an_earlier_version_is_computed_again_without_a_warning(tmp_path):
    file = tmp_path / "analyses" / KEY
    file.parent.mkdir()
    file.write_text('{"grid": {}}')
    assert get(Cache(tmp_path), KEY) is None
    assert not file.exists()


def test_a_store_that_fails_half_way_leaves_the_old_entry_and_warns_once(tmp_path, monkeypatch):
    cache = Cache(tmp_path)
    put(cache, KEY, "old")

    def full(path, content):
        path.write_text("ne")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.warns(UserWarning, match="No space left on device.*DJTRANS_CACHE") as caught:
        deque((cache.store("analyses", KEY, b"new") for _ in range(3)), maxlen=0)
    assert len(caught) == 1
    assert get(cache, KEY) == "old"
    assert [p.name for p in (tmp_path / "analyses").iterdir()] == [KEY]


def test_where_no_folder_can_be_made_the_work_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache")
    with pytest.warns(UserWarning, match="Cannot write to the cache"):
        put(cache, KEY, "x")
    assert get(cache, KEY) is None
    assert (cache.info(), cache.clear()) == ({}, Usage())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_folder_that_is_only_read_still_gives_its_entries(tmp_path):
    cache = Cache(tmp_path)
    put(cache, KEY, "x")
    folder = tmp_path / "analyses"
    folder.chmod(0o500)
    try:
        with pytest.warns(UserWarning, match="not writable"):
            put(cache, cache_key(audio="y"), "y")
        assert get(cache, KEY) == "x"
    finally:
        folder.chmod(0o700)


def test_what_was_used_longest_ago_goes_first(tmp_path):
    cache = Cache(tmp_path, max_bytes=25 + 2 * HEADER)
    keys = [cache_key(n=n) for n in range(3)]
    for age, key in zip((300, 200), keys[:2], strict=True):
        put(cache, key, "0123456789")
        then = time.time() - age
        os.utime(tmp_path / "analyses" / key, (then, then))
    assert get(cache, keys[0]) is not None  # used now, so keys[1] is the oldest
    put(cache, keys[2], "0123456789", "stems")
    assert [get(cache, keys[0]) is None, get(cache, keys[1]) is None] == [False, True]
    assert get(cache, keys[2], "stems") is not None


def test_info_counts_and_clear_removes_ours_only(tmp_path):
    cache = Cache(tmp_path)
    put(cache, KEY, "12345")
    put(cache, cache_key(n=1), "1", "stems")
    put(cache, cache_key(n=2), "22", "stems")
    (tmp_path / "stems" / "drums.wav").write_text("someone's")
    (tmp_path / "notes.txt").write_text("someone's")
    left = tmp_path / "stems" / f".{KEY}-01234567.part"
    with owned_part(tmp_path / "stems" / KEY):  # one that is being written
        assert cache.info() == {"analyses": Usage(1, 5 + HEADER), "stems": Usage(2, 3 + 2 * HEADER)}
    left.write_text("333")
    assert cache.info()["stems"] == Usage(3, 6 + 2 * HEADER)
    assert cache.clear("analyses") == Usage(1, 5 + HEADER)
    assert cache.clear() == Usage(3, 6 + 2 * HEADER)
    assert sorted(p.name for p in tmp_path.rglob("*.*")) == ["drums.wav", "notes.txt"]


def test_the_default_is_where_the_environment_says(cache_folder, monkeypatch):
    assert default_cache().root == cache_folder
    assert default_cache() is default_cache()
    monkeypatch.delenv("DJTRANS_CACHE")
    assert default_cache().root.name == "djtrans"


HAMMER = """
import sys
from djtrans.core.util.cache import Cache, cache_key
cache, key = Cache(sys.argv[1]), cache_key(audio="x")
text = sys.argv[2] * 300_000
for _ in range(60):
    cache.store("analyses", key, text.encode())
    found = cache.load("analyses", key, bytes.decode)
    assert found is not None and len(found) == 300_000 and len(set(found)) == 1, len(found or "")
"""


def test_two_processes_never_see_half_an_entry(tmp_path):
    runs = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", HAMMER, tmp_path, letter])
        for letter in "ab"
    ]
    assert [run.wait(60) for run in runs] == [0, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(get(Cache(tmp_path), KEY)) in ({"a"}, {"b"})
    assert len(list(tmp_path.rglob("*.part"))) == 0


def test_the_home_of_nobody_is_a_name_as_any_other(tmp_path, monkeypatch):
    """pathlib raises RuntimeError for a user that does not exist; a shell leaves the name."""
    monkeypatch.chdir(tmp_path)
    put(Cache("~nobody-of-this-name/x"), KEY, "one")
    assert get(Cache(tmp_path / "~nobody-of-this-name" / "x"), KEY) == "one"
