"""The shape of answers about the ledger, as the API's documentation shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from jiedao.entrypoints.http.models import Answer, NextCursor

_NOTE = (
    "jiedao.330103/log\n1042\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— jiedao.330103/log Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)
_ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_KEY = "jiedao.330103/log+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
_PATH = ["gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=", "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA="]
_CHECKPOINT: dict[str, Any] = {
    "size": 1042,
    "root": _ROOT,
    "sealed_at": "2026-11-24T03:10:05Z",
    "note": _NOTE,
    "cosigned_by": ["witness.example/w"],
}
_PROOF: dict[str, Any] = {
    "position": 1001,
    "index": 1000,
    "version": 3,
    "topic": "jiedao.incident.class_decided",
    "leaf_hash": "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=",
    "path": _PATH,
}
_INCLUSION: dict[str, Any] = {
    "form": "jiedao.inclusion-proofs.1/sha256",
    "origin": "jiedao.330103/log",
    "size": 1042,
    "root": _ROOT,
    "checkpoint": _NOTE,
    "verifier_key": _KEY,
    "stream": "5a4c6a34-2f0f-5f0a-9c0e-6d0a0c1f9b11",
    "proofs": [_PROOF],
    "not_yet_protected": [],
}
_CONSISTENCY: dict[str, Any] = {
    "form": "jiedao.consistency-proof.1/sha256",
    "origin": "jiedao.330103/log",
    "first_size": 900,
    "second_size": 1042,
    "first_root": "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=",
    "second_root": _ROOT,
    "path": _PATH,
    "first_checkpoint": None,
    "second_checkpoint": _NOTE,
    "verifier_key": _KEY,
}

Hash = Annotated[str, Field(description="SHA-256, base64.")]
Note = Annotated[
    str | None, Field(description="签名检查点 The signed note (C2SP tlog-checkpoint), where one was made.")
]


class CheckpointAnswer(Answer):
    """检查点 The first ``size`` events of the log, and the root of the RFC 6962 tree over them."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CHECKPOINT]})

    size: int
    root: Hash
    sealed_at: datetime
    note: Annotated[str, Field(description="签名检查点 The signed note (C2SP tlog-checkpoint).")]
    cosigned_by: Annotated[Sequence[str], Field(description="见证 The witnesses that signed it too.")]


class CheckpointPage(Answer):
    """检查点列表 Checkpoints, the latest first."""

    items: Sequence[CheckpointAnswer]
    next_cursor: NextCursor


class ProofAnswer(Answer):
    """存在证明 That the event at a position is leaf ``index`` of the tree (RFC 6962, 2.1.1)."""

    position: int
    index: int
    version: int
    topic: str
    leaf_hash: Hash
    path: Annotated[Sequence[str], Field(description="From the leaf's sibling up to the root's child, base64.")]


class InclusionAnswer(Answer):
    """存在证明 Proofs that events are among the first ``size`` of the log, as they are stored now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INCLUSION]})

    form: str
    origin: str
    size: int
    root: Hash
    checkpoint: Note
    verifier_key: Annotated[str, Field(description="验证公钥 The log's key; have it from elsewhere too.")]
    stream: UUID | None
    proofs: Sequence[ProofAnswer]
    not_yet_protected: Annotated[Sequence[int], Field(description="未保护 Positions after the tree's end.")]


class ConsistencyAnswer(Answer):
    """一致证明 That the first ``first_size`` of ``second_size`` events are those that they were (RFC 6962, 2.1.2)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CONSISTENCY]})

    form: str
    origin: str
    first_size: int
    second_size: int
    first_root: Hash
    second_root: Hash
    path: Sequence[str]
    first_checkpoint: Note
    second_checkpoint: Note
    verifier_key: str


class CosignatureAnswer(Answer):
    """见证签名 What a witness signed, as it is kept now."""

    size: int
    witness: Annotated[str, Field(examples=["witness.example/w"])]
    cosigned_at: datetime


class CosignaturesAnswer(Answer):
    """见证签名 The cosignatures of a note that are kept now, whether they were before or not."""

    items: Sequence[CosignatureAnswer]
    next_cursor: NextCursor = None


NOTE_EXAMPLE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _NOTE}}}
}
NOTE_BODY: dict[str, Any] = {
    "required": True,
    "description": "带见证签名的检查点 The checkpoint's text, an empty line, and the witnesses' lines.",
    "content": {"text/plain": {"schema": {"type": "string"}, "example": _NOTE}},
}
