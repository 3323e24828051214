"""Digests of tensors: what changes them, and what does not."""

from __future__ import annotations

import hashlib

import torch

from djtrans.core.util.tensor_digest import DIGEST, is_intact, tensor_digest, with_digest

TENSORS = {"b": torch.arange(6, dtype=torch.int16).reshape(2, 3), "a": torch.tensor([1.5])}


def test_it_is_the_sha256_of_description_names_and_bytes():
    content = b'{"n": 1}' + b"a torch.float32 (1,)" + b"\x00\x00\xc0\x3f"
    content += b"b torch.int16 (2, 3)" + b"".join(bytes([i, 0]) for i in range(6))
    assert tensor_digest(TENSORS, {"n": 1}) == hashlib.sha256(content).hexdigest()


def test_what_is_stored_is_intact_until_a_bit_or_the_description_changes():
    description = with_digest(TENSORS, {"n": 1})
    assert set(description) == {"n", DIGEST}
    assert is_intact(TENSORS, description)
    assert is_intact(dict(reversed(TENSORS.items())), description)
    assert not is_intact(TENSORS | {"a": torch.tensor([1.5000001])}, description)
    assert not is_intact(TENSORS | {"b": TENSORS["b"].reshape(3, 2)}, description)
    assert not is_intact(TENSORS, description | {"n": 2})


def test_files_of_older_versions_have_no_digest():
    assert is_intact(TENSORS, {"n": 1})
