"""A range of leaves and the hashes beside it make the root of the whole tree, and no other leaves do."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.audit.range_proof import range_path, range_root


def leaf(number):
    return hashlib.sha256(b"\x00" + str(number).encode()).digest()


def naive_root(leaves):
    """RFC 6962, 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


class WholeTree:
    def __init__(self, leaves):
        self.leaves = leaves

    def node(self, level, index):
        return naive_root(self.leaves[index << level : (index + 1) << level])


@st.composite
def ranges(draw):
    size = draw(st.integers(1, 140))
    start = draw(st.integers(0, size - 1))
    return size, start, draw(st.integers(start + 1, size))


@given(ranges())
def test_any_range_leads_to_the_root_of_the_rfc(case):
    size, start, end = case
    leaves = [leaf(number) for number in range(size)]
    path = range_path(WholeTree(leaves), start, end, size)
    assert range_root(leaves[start:end], start, end, size, path) == naive_root(leaves)
    assert len(path) <= 2 * size.bit_length()


@given(ranges(), st.data())
def test_another_leaf_anywhere_in_it_leads_to_another_root(case, data):
    size, start, end = case
    leaves = [leaf(number) for number in range(size)]
    path = range_path(WholeTree(leaves), start, end, size)
    changed = leaves[start:end]
    changed[data.draw(st.integers(0, end - start - 1))] = leaf("another")
    assert range_root(changed, start, end, size, path) != naive_root(leaves)


@pytest.mark.parametrize(("leaves", "path"), [(3, 2), (5, 2), (4, 1), (4, 3)])
def test_too_many_and_too_few_are_told(leaves, path):
    tree = [leaf(number) for number in range(8)]
    right = range_path(WholeTree(tree), 2, 6, 8)
    assert len(right) == 2
    with pytest.raises(ValueError, match=r"leaves|path"):
        range_root(tree[2 : 2 + leaves], 2, 6, 8, [*right, leaf("x")][:path])


def test_what_is_no_range_of_the_tree_is_refused():
    for start, end in ((0, 0), (3, 2), (0, 9), (-1, 4)):
        with pytest.raises(ValueError, match="no range"):
            range_path(WholeTree([leaf(0)] * 8), start, end, 8)
