"""Why a record is set aside (拒收原因): stable codes, each with the sentence that a person reads and a Chinese label.

The codes stand in dead letters, in answers to pushes and in counts. A code is never given another meaning; a new
meaning is a new code. The sentences say what to do and never quote a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: the English sentence, unless a reader has a more exact one, and the Chinese label."""

    sentence: str
    label: str


REASONS: Mapping[str, Reason] = MappingProxyType(
    {
        # The record as a whole.
        "encoding": Reason("the bytes are text in no encoding that is read here; send UTF-8", "字符编码无法识别"),
        "not_json": Reason("the record is not JSON; send it again whole", "不是有效的JSON"),
        "not_xml": Reason("the record is not well-formed XML; send it again whole", "不是有效的XML"),
        "not_csv": Reason("the record is not a table row with its header; send it again whole", "不是有效的CSV"),
        "not_an_object": Reason("the record is not an object with named fields", "记录不是对象"),
        "unknown_shape": Reason("the record has none of the shapes that this source is known to send", "报文格式未知"),
        "entities_refused": Reason("XML with its own entities or a DTD is refused; send it without", "拒绝含实体的XML"),
        "duplicate_key": Reason("a name stands twice in one object, so its value is in doubt", "字段名重复"),
        "nested_too_deep": Reason("the record is nested too deeply to be read", "嵌套层次过深"),
        "number_invalid": Reason(
            "a number is none that can be computed with (NaN, infinite, or too many digits)", "数值无效"
        ),
        "column_count": Reason("the row has more or fewer cells than the header has columns", "列数与表头不符"),
        "too_large": Reason("the record is too large; send photos as links or as files", "记录过大"),
        "adapter_failed": Reason("the software failed to read this record; it is kept for replay", "解析程序出错"),
        "same_revision_other_content": Reason(
            "this revision of this number was recorded before with other content; send a higher revision",
            "同一版本内容不一致",
        ),
        # The number and the revision.
        "id_missing": Reason("the record has no number of its own; every record needs one", "缺少编号"),
        "id_invalid": Reason("the number holds characters that no number has; send it as plain text", "编号无效"),
        "id_too_long": Reason("the number is longer than 200 characters", "编号过长"),
        "revision_invalid": Reason("the revision must be a whole number from 1 to 9223372036854775807", "版本号无效"),
        # Its fields.
        "field_missing": Reason("a field that this source must send is missing", "缺少必填字段"),
        "wrong_type": Reason("the field holds another kind of value than it should", "字段类型不符"),
        "text_missing": Reason("neither title nor description says what happened", "缺少标题和内容"),
        "text_too_long": Reason("the text is longer than what is taken for this field", "文本过长"),
        "too_many": Reason("the list has more entries than are taken", "条目过多"),
        "time_unreadable": Reason(
            "the time is in no form that is read here; write 2026-01-31T08:30:00+08:00", "时间无法识别"
        ),
        "time_absurd": Reason("the time is before 2000 or after 2100", "时间不合理"),
        "attachment_invalid": Reason("an attachment is neither a link nor the hash of a stored file", "附件无效"),
    }
)
"""Reason code → what it means."""


def label_of_reason(code: str) -> str:
    """Return what a reason is called in Chinese; a code that this version does not know stands for itself."""
    return REASONS[code].label if code in REASONS else code
