"""What C libraries print is collected; of damaged MPEG frames a warning is made."""

from __future__ import annotations

import random
import subprocess
import sys

from tests.helpers.audio_files import noise, sound_bytes

PRINT = """
import os
from djtrans.core.audio.decoding.native_messages import collected_messages
lines = []
with collected_messages(lines):
    os.write(2, b"one\\n\\ntwo\\n")
os.write(2, b"after\\n")
print(lines)
with collected_messages(lines):
    os.write(2, b"x" * 60000)
    try:
        os.write(2, b"y" * 60000)
    except BlockingIOError:
        pass
print(len(lines[-1]) >= 60000)
"""

LOAD = """
import sys
from djtrans.core.audio.io import load_audio
for path in sys.argv[1:]:
    print(load_audio(path)[0].shape[1])
"""


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )


def test_messages_are_collected():
    done = run(PRINT)
    assert done.stdout == "['one', 'two']\nTrue\n"
    assert done.stderr == "after\n"


def test_damaged_frames_give_one_warning_each_file(tmp_path):
    data = sound_bytes(noise(), "MP3")
    paths = []
    for seed in range(6):
        chance = random.Random(seed)
        damaged = bytearray(data)
        for _ in range(60):
            damaged[chance.randrange(3000, len(damaged))] ^= 1 << chance.randrange(8)
        paths.append(str(tmp_path / f"{seed}.mp3"))
        (tmp_path / f"{seed}.mp3").write_bytes(damaged)
    whole = tmp_path / "whole.mp3"
    whole.write_bytes(data)
    done = run(LOAD, *paths, str(whole))
    assert "libmpg123" not in done.stderr
    warned = [path for path in paths if f"{path} has damaged MPEG frames" in done.stderr]
    assert warned, done.stderr
    assert done.stderr.count("damaged MPEG frames") == len(warned)
    assert "whole.mp3" not in done.stderr
