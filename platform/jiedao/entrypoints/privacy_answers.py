"""Words what the desk of erasures says, the same over HTTP and at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

from jiedao.application.erasing import Known
from jiedao.domain.erasure import ErasureRequest
from jiedao.domain.erasure_rules import Obstacle, again_at
from jiedao.domain.holds import Hold
from jiedao.domain.profile import DistrictProfile
from jiedao.domain.retention import kind_of
from jiedao.domain.terms import ApprovalSeat, ErasureObstacle, HoldGround
from jiedao.entrypoints.http.arrangement_models import HoldAnswer
from jiedao.entrypoints.http.privacy_models import (
    ApprovalAnswer,
    ErasureAnswer,
    KnownAnswer,
    KnownCaseAnswer,
    ObstacleAnswer,
    ReporterHoldsAnswer,
)

NOT_COVERED = (
    "照片和附件按原样保存，画面中的人和车牌不受影响 photos and files stay as they are, whoever is seen on them",
    "正文中规则未能识别的姓名、住址仍可读 names and addresses in free text that no rule masked stay readable",
    "工作人员填写的备注、答复、回访记录不受影响 what officers wrote themselves (notes, replies, revisits) stays",
    "假名仍在审计轨迹中 the pseudonym stays in the log: with the root key and a number one can tell that it reported",
    "来源系统和上级平台自己的记录须由其删除 what the source and superior platforms hold is theirs to erase",
    "密钥的旧备份到期前仍可打开 old backups of the keys open it until they expire; a restore is erased again",
)
"""What erasing a reporter does not reach."""


def erasure_answer(request: ErasureRequest) -> ErasureAnswer:
    """Word a request."""
    return ErasureAnswer(
        request_id=request.id,
        state=request.state.value,
        state_label=request.state.label,
        subject=request.subject,
        asked_by=request.asked_by,
        asked_role=request.asked_role,
        asked_at=request.asked_at,
        reason=request.reason,
        approvals=[
            ApprovalAnswer(actor=one.actor, role=one.role, seat=one.seat, seat_label=ApprovalSeat(one.seat).label)
            for one in request.approvals
        ],
        obstacles=obstacle_answers(request.obstacles),
        again_at=again_at(request.obstacles),
        rejected_by=request.rejected_by,
        rejected_because=request.rejected_because,
        ended_at=request.ended_at,
        incidents=request.incidents,
        dead_letters=request.dead_letters,
        keys=len(request.key_ids),
        reapplied=request.reapplied,
        not_covered=NOT_COVERED,
    )


def known_answer(known: Known, profile: DistrictProfile) -> KnownAnswer:
    """Word what is known of a reporter."""
    return KnownAnswer(
        subject=known.subject,
        keys=len(known.living_keys),
        incidents=[
            KnownCaseAnswer(
                incident_id=one.incident.id,
                number=one.incident.number,
                state=one.incident.state.value,
                state_label=one.incident.state.label,
                ended_at=one.ended_at,
                keep_until=None
                if one.ended_at is None
                else profile.retention.keep_until(kind_of(one.incident), one.ended_at),
            )
            for one in known.look.cases
        ],
        dead_letters=[one.letter_id for one in known.look.theirs.letters],
        holds=hold_answers(known.look.holds),
        obstacles=obstacle_answers(known.obstacles),
        again_at=again_at(known.obstacles),
        not_covered=NOT_COVERED,
    )


def holds_answer(subject: str, holds: Sequence[Hold]) -> ReporterHoldsAnswer:
    """Word the holds on a reporter."""
    return ReporterHoldsAnswer(subject=subject, holds=hold_answers(holds))


def hold_answers(holds: Iterable[Hold]) -> list[HoldAnswer]:
    """Word holds."""
    return [HoldAnswer(**asdict(one), ground_label=HoldGround(one.ground).label) for one in holds]


def obstacle_answers(found: Iterable[Obstacle]) -> list[ObstacleAnswer]:
    """Word what stands against it."""
    return [
        ObstacleAnswer(
            kind=one.kind,
            kind_label=ErasureObstacle(one.kind).label,
            incident_id=one.incident,
            number=one.number,
            until=one.until,
            detail=one.detail,
        )
        for one in found
    ]
