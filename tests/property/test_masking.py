"""Where a number may begin is looked for first, and that leaves none out: the same as trying every place."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.sources.reading import personal

LETTERS = "0123456789" * 3 + "0186０１８６" + "(（)）+＋-– ．·_　转" + "a中X٣\x00"
GAPS = ("", "", "-", " - ", "  ", "·", "—")
DIGITS = st.sampled_from("0123456789０３٣")


@st.composite
def nearly_numbers(draw):
    """A mobile number, land line or identity number, or something that is one almost, among other letters."""
    begun = draw(
        st.sampled_from(
            ["", "0086", "+86 ", "(+86)   ", "（＋86） - ", "(0571)   ", "（010）", "0571-", "33010319800101"]
        )
    )
    digits = draw(st.lists(st.tuples(st.sampled_from(GAPS), DIGITS), min_size=4, max_size=13))
    around = st.text(LETTERS, max_size=6)
    return draw(around) + begun + draw(st.sampled_from("13０1")) + "".join(map("".join, digits)) + draw(around)


@given(st.lists(st.one_of(nearly_numbers(), st.text(LETTERS, max_size=40)), max_size=4).map("".join))
def test_what_is_masked_is_what_trying_every_place_would_mask(text):
    everywhere = personal._ANY.sub(personal._mask_of, text)
    assert personal._without_patterns(text) == everywhere
