"""A Merkle tree over samples: one hash that stands for all of them, and from which any chunk can be told to be theirs.

A leaf stands for a chunk of samples, by the digest of their values (`models.records.digest`). Leaves and inner nodes
are hashed apart, so that neither can be passed off as the other.

Reference: RFC 6962, section 2.1.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...models.records import digest, take
from ...reports.data_parts import TreePart

LEAF, NODE = b"\x00", b"\x01"
"""Put before what is hashed: the content of a leaf, the hashes of two nodes."""

CHUNK = 500
"""Samples of a chunk where no model drew them; else those of one call of the model."""


def tree_of(samples: Any, chunk: int) -> TreePart:
    """The tree over samples, in the form of their modality, with a leaf for each `chunk` of them."""
    leaves = [leaf_hash(bytes.fromhex(each)) for each in chunk_digests(samples, chunk)]
    return TreePart(chunk=chunk, leaves=len(leaves), root=root_hash(leaves).hex())


def chunk_digests(samples: Any, chunk: int) -> list[str]:
    """SHA-256 of the values of each chunk, in hexadecimal."""
    n = len(samples)
    return [digest(chunk_of(samples, first, min(first + chunk, n)), {}) for first in range(0, n, chunk)]


def chunk_of(samples: Any, first: int, end: int) -> Any:
    """The samples from `first` to before `end`."""
    return take(samples, np.arange(first, end, dtype=np.int64))


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(LEAF + content).digest()


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """The hash at the root over hashes of leaves; of none, that of nothing.

    The left part of a node holds the largest power of two of leaves that is less than all.
    """
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(NODE + root_hash(leaves[:left]) + root_hash(leaves[left:])).digest()
