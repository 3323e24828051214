"""Describe errors by which memory ran out."""

from __future__ import annotations

#: Words of torch's allocator on Linux and on Windows, and of C++.
_ON_THE_CPU = ("can't allocate memory", "not enough memory", "std::bad_alloc")


def describe_memory_error(error: Exception) -> str:
    """Describe an error by which memory ran out, in one line; empty for any other error."""
    text = " ".join(str(error).split())
    # CUDA and MPS use the same words for it; only CUDA has an exception class.
    device, phrase, _ = text.partition("out of memory")
    if phrase:
        return f"{device}{phrase}. Compute on the CPU: --device cpu. See docs/troubleshooting.md."
    if isinstance(error, MemoryError) or any(words in text for words in _ON_THE_CPU):
        return (
            "Memory ran out. Give shorter audio files or a shorter window (--duration), fewer "
            "workers, or close other programs. See docs/troubleshooting.md."
        )
    return ""
