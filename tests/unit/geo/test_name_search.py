from __future__ import annotations

import pytest

from jiedao.geo.name_search import NameSearch, folded


def found(text, *names):
    return [text[name.start : name.end] for name in NameSearch(names).find(text)]


def test_names_are_found_from_left_to_right():
    assert found("体育场路与东河社区之间", "东河社区", "体育场路") == ["体育场路", "东河社区"]


def test_at_one_place_the_longest_name_is_found():
    assert found("三塘北苑社区", "三塘", "三塘北苑", "三塘北苑社区") == ["三塘北苑社区"]


def test_of_overlapping_names_the_longest_stays_wherever_it_starts():
    assert found("德胜东村社区", "德胜东", "东村社区") == ["东村社区"]
    assert found("东新园社区", "东新园", "园社区") == ["东新园"]


@pytest.mark.parametrize("text", ["1200 W Vanowen St", "1200 w VANOWEN ST", "1200 w Ｖａｎｏｗｅｎ　ST"])
def test_latin_names_are_found_whatever_their_case_and_width(text):
    assert len(found(text, "Vanowen St")) == 1


def test_latin_words_and_numbers_are_never_cut_apart():
    assert found("VANOWEN STREET", "Vanowen St") == []
    assert found("CD 119", "CD 11") == []
    assert found("朝晖6区12幢", "朝晖6区") == ["朝晖6区"]


def test_a_name_keeps_the_spelling_it_was_given():
    assert [name.name for name in NameSearch(["Echo Park"]).find("near ECHO PARK lake")] == ["Echo Park"]


def test_folding_keeps_the_length_of_every_text():
    for text in ("İstanbul", "ẞ", "ﬁ", "Ａ１，　朝晖"):
        assert len(folded(text)) == len(text)


def test_nothing_is_found_in_nothing():
    assert found("", "朝晖") == []
    assert found("朝", "朝晖") == []
    assert found("朝晖") == []
