"""The tree over samples, against the vectors of Certificate Transparency and by hand."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.folder.merkle import chunk_digests, leaf_hash, root_hash, tree_of
from genai_audit.models.records import digest

INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 1 to 8 inputs: the test vectors of RFC 6962's reference implementation (certificate-transparency)."""


@pytest.mark.parametrize("n", range(1, 9))
def test_roots_are_those_of_certificate_transparency(n: int) -> None:
    leaves = [leaf_hash(bytes.fromhex(each)) for each in INPUTS[:n]]
    assert root_hash(leaves).hex() == ROOTS[n - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_hash([]).hex() == hashlib.sha256(b"").hexdigest()


def test_a_leaf_is_no_node() -> None:
    # Without the byte before it, a leaf that holds two hashes would be the node over them.
    one, two = leaf_hash(b"1"), leaf_hash(b"2")
    assert leaf_hash(one + two) != root_hash([one, two])


def test_a_tree_by_hand() -> None:
    samples = ["a", "b", "c", "d", "e"]
    first, second, third = (bytes.fromhex(digest(part, {})) for part in (["a", "b"], ["c", "d"], ["e"]))
    h = [hashlib.sha256(b"\0" + each).digest() for each in (first, second, third)]
    left = hashlib.sha256(b"\1" + h[0] + h[1]).digest()
    tree = tree_of(samples, 2)
    assert tree.root == hashlib.sha256(b"\1" + left + h[2]).hexdigest()
    assert (tree.chunk, tree.leaves) == (2, 3)


@pytest.mark.parametrize(
    "samples",
    [
        np.arange(24, dtype=np.float32).reshape(6, 1, 2, 2),
        [[60, 61], [62], [63], [64], [65], [66]],
        pd.DataFrame({"a": [1.5, 2, 3, 4, 5, 6], "b": list("pqpqpq")}),
    ],
    ids=["arrays", "lists", "tables"],
)
def test_each_chunk_counts_and_its_place(samples: object) -> None:
    digests = chunk_digests(samples, 2)
    assert len(set(digests)) == 3
    leaves = [leaf_hash(bytes.fromhex(each)) for each in digests]
    assert root_hash(leaves) != root_hash([leaves[1], leaves[0], leaves[2]])
