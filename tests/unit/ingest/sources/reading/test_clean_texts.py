"""What is done with clean texts quickly is what would be done with them slowly."""

from hypothesis import example, given
from hypothesis import strategies as st

from ingest.sources.reading import texts
from ingest.sources.reading.notes import Notes

LETTERS = st.text(
    st.sampled_from(
        "井 盖a1，。\t\n\r\x00\x0b\x85\xa0\u061c\u200b\u200e\u2028\u202e\u2066\u3000\ud800\ufeff\uffff\U0001f6b2"
    ),
    max_size=12,
)


def slowly(text, *, lines):
    """Clean a text by the rules alone: the character before it, which becomes a blank, makes sure that they are tried."""
    return texts.clean(f"\x00{text}", Notes(), lines=lines)


@given(text=LETTERS | st.text(max_size=30))
@example("井盖 缺失")
@example(" 井盖")
@example("a  b")
def test_a_text_is_cleaned_the_same_whether_or_not_it_needs_it(text):
    for lines in (False, True):
        notes = Notes()
        cleaned = texts.clean(text, notes, lines=lines)
        assert cleaned == slowly(text, lines=lines)
        assert cleaned == texts.clean(cleaned, Notes(), lines=lines)
        bad = texts._INVALID.search(text) or texts._DIRECTIONS.search(text)
        assert notes.flags == (("text_repaired",) if bad else ())
