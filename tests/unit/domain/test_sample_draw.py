"""A sample is what anybody gets who follows the steps of docs/audit.md by hand."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from jiedao.domain.sample_draw import draw

CASES = [UUID(int=number * 7919) for number in range(1, 200)]


def by_hand(seed, size, cases):
    lots = {one: sha256(b"jiedao.sample.1/sha256\x00" + seed.encode() + b"\x00" + str(one).encode()) for one in cases}
    return sorted(cases, key=lambda one: lots[one].digest())[:size]


def test_it_is_drawn_as_the_page_tells():
    for seed in ("2026-11", "双色球 07 12", ""):
        assert draw(seed, 30, CASES) == by_hand(seed, 30, CASES)


def test_neither_order_nor_repetition_matters_and_a_larger_sample_holds_the_smaller():
    assert draw("a", 10, reversed([*CASES, *CASES])) == draw("a", 10, CASES)
    assert draw("a", 20, CASES)[:10] == draw("a", 10, CASES)
    assert draw("b", 10, CASES) != draw("a", 10, CASES)


def test_of_fewer_all_are_drawn_and_of_none_none():
    assert sorted(draw("a", 500, CASES)) == CASES
    assert draw("a", 3, []) == []
