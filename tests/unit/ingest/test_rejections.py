"""The reasons why records are set aside are one closed list."""

import ast
from pathlib import Path

from ingest.rejections import REASONS

ROOT = Path(__file__).parents[3]
NAMED_BY = {"UnreadableError", "Rejection"}
OF_THE_INTAKE = {"same_revision_other_content"}


def reasons_in_code():
    """Every reason that code gives: the first argument where an error or a rejection is made."""
    for path in (ROOT / "ingest").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in NAMED_BY and node.args:
                yield from (one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))


def test_every_reason_given_is_listed_and_every_listed_one_is_given():
    assert set(reasons_in_code()) | OF_THE_INTAKE == set(REASONS)


def test_the_intakes_own_reason_is_spelled_like_the_listed_one():
    deciding = (ROOT / "platform" / "jiedao" / "application" / "deciding.py").read_text("utf-8")
    assert all(f'"{reason}"' in deciding for reason in OF_THE_INTAKE)


def test_each_reason_has_a_sentence_and_a_chinese_label():
    for code, reason in REASONS.items():
        assert code.islower(), code
        assert len(reason.sentence) > 20, code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in reason.label), code
    assert len({reason.label for reason in REASONS.values()}) == len(REASONS)
