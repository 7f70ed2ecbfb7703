"""What a verification can find: the kinds of faults, and one fault with the position that it is about."""

from __future__ import annotations

from dataclasses import dataclass

from jiedao.domain.terms import Term


class FaultKind(Term):
    """What does not hold."""

    CONTENT = "content", "内容与其哈希不符"
    REWRITTEN = "rewritten", "与已公布的不符"
    MISSING = "missing", "位置缺失"
    TWICE = "twice", "位置重复"
    TRUNCATED = "truncated", "末尾被截去"
    VERSION = "version", "版本不连续"
    ROOT = "root", "根哈希不符"
    CHECKPOINT = "checkpoint", "检查点被改动"
    SIGNATURE = "signature", "签名无效"
    PUBLISHED = "published", "公布的文件损坏"
    ARCHIVE = "archive", "归档文件不符"
    REMOVAL = "removal", "移除记录不符"
    UNREADABLE = "unreadable", "无法读取"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What does not hold, and from which position on; the sentence says it to a person."""

    position: int
    kind: FaultKind
    sentence: str

    @property
    def label(self) -> str:
        """The kind, in Chinese."""
        return self.kind.label
