"""The tree: Certificate Transparency's known vectors, and every size and proof beside the RFC's own definitions."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiedao.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    consistent,
    frontier_of,
    included,
    inclusion_path,
    node_hash,
    root_of,
)
from tests.unit.audit.naive_tree import HeldTree, leaf_hash, path, proof, tree_hash

# The eight leaves, and the roots of the trees of 1, 2, … 8 of them, of Certificate Transparency's reference tests.
CT_LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
CT_ROOTS = [bytes.fromhex(one) for one in (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
HASHES = [leaf_hash(leaf) for leaf in CT_LEAVES]
WIDE = [hashlib.sha256(b"%d" % number).digest() for number in range(600)]


def grown(hashes):
    frontier = Frontier()
    frontier.extend(hashes)
    return frontier


def test_the_empty_tree_and_the_known_vectors():
    assert Frontier().root() == EMPTY_ROOT == hashlib.sha256(b"").digest()
    assert [grown(HASHES[:size]).root() for size in range(1, 9)] == CT_ROOTS
    assert [root_of(HeldTree(HASHES), size) for size in range(1, 9)] == CT_ROOTS


def test_known_proofs_of_the_eight_leaves():
    """Worked out by hand from the definitions: which nodes stand beside the way up."""
    a, b, c, d, e, f, g, h = HASHES
    ab, cd, ef = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    gh = node_hash(g, h)
    abcd, efgh = node_hash(ab, cd), node_hash(ef, gh)
    tree = HeldTree(HASHES)
    assert inclusion_path(tree, 0, 1) == []
    assert inclusion_path(tree, 0, 8) == [b, cd, efgh]
    assert inclusion_path(tree, 5, 8) == [e, gh, abcd]
    assert inclusion_path(tree, 2, 3) == [ab]
    assert inclusion_path(tree, 1, 5) == [a, cd, e]
    assert consistency_path(tree, 1, 8) == [b, cd, efgh]
    assert consistency_path(tree, 6, 8) == [ef, gh, abcd]
    assert consistency_path(tree, 2, 5) == [cd, e]
    assert consistency_path(tree, 3, 7) == [c, d, ab, node_hash(ef, g)]
    assert consistency_path(tree, 4, 4) == []


def test_every_size_and_every_proof_is_that_of_the_rfc():
    tree = HeldTree(WIDE[:70])
    for size in range(1, 71):
        hashes = tree.hashes[:size]
        root = tree_hash(hashes)
        assert grown(hashes).root() == root_of(tree, size) == root
        for index in range(size):
            proved = inclusion_path(tree, index, size)
            assert proved == path(index, hashes)
            assert included(hashes[index], index, size, proved, root)
        for old in range(1, size + 1):
            proved = consistency_path(tree, old, size)
            assert proved == proof(old, hashes)
            assert consistent(old, size, proved, tree_hash(hashes[:old]), root)


@given(st.data(), st.integers(1, 600))
def test_nothing_that_was_changed_is_proved(data, size):
    tree, index = HeldTree(WIDE), data.draw(st.integers(0, size - 1))
    root, proved = tree_hash(WIDE[:size]), inclusion_path(tree, index, size)
    other = bytes(32)
    assert included(WIDE[index], index, size, proved, root)
    assert not included(other, index, size, proved, root)
    assert not included(WIDE[index], index, size, proved, other)
    assert not included(WIDE[index], index, size, [*proved, other], root)
    assert not included(WIDE[index], size, size, proved, root)
    wrong = data.draw(st.integers(0, size - 1))
    assert included(WIDE[index], wrong, size, proved, root) == (wrong == index)
    if proved:
        spoilt = data.draw(st.integers(0, len(proved) - 1))
        assert not included(WIDE[index], index, size, [*proved[:spoilt], other, *proved[spoilt + 1 :]], root)
        assert not included(WIDE[index], index, size, proved[:-1], root)


@given(st.data(), st.integers(1, 600))
def test_no_history_that_was_rewritten_is_consistent(data, new):
    tree, old = HeldTree(WIDE), data.draw(st.integers(1, new))
    was, now, proved = tree_hash(WIDE[:old]), tree_hash(WIDE[:new]), consistency_path(tree, old, new)
    rewritten = tree_hash([bytes(32), *WIDE[1:old]])
    assert consistent(old, new, proved, was, now)
    assert not consistent(old, new, proved, rewritten, now)
    assert not consistent(old, new, proved, was, rewritten)
    assert not consistent(old, new, [*proved, was], was, now)
    if old < new:
        assert not consistent(old, new, [], was, now)
        assert not consistent(old, new, proved[:-1], was, now)
        assert not consistent(new, old, proved, was, now)


def test_an_edge_goes_on_from_where_another_ended_and_joins_subtrees():
    tree = HeldTree(WIDE)
    for size in (0, 1, 255, 256, 257, 599):
        frontier = frontier_of(tree, size)
        assert frontier.roots == grown(WIDE[:size]).roots
        frontier.extend(WIDE[size:])
        assert frontier.root() == tree_hash(WIDE)
    joined = grown(WIDE[:512])
    joined.join(grown(WIDE[512:600]))
    assert (joined.size, joined.root()) == (600, tree_hash(WIDE))
    with pytest.raises(ValueError, match="cannot follow leaf 3"):
        grown(WIDE[:3]).add(WIDE[0], level=2)
    with pytest.raises(ValueError, match="2 perfect subtrees, not 1"):
        Frontier(3, [WIDE[0]])


def test_what_cannot_be_proved_is_refused():
    tree = HeldTree(WIDE)
    for index, size in ((-1, 5), (5, 5), (0, 0)):
        with pytest.raises(ValueError, match="there is no leaf"):
            inclusion_path(tree, index, size)
    for old, new in ((0, 5), (6, 5)):
        with pytest.raises(ValueError, match="no consistency proof"):
            consistency_path(tree, old, new)
