"""Puts the desk of removals together, and words what it says (归档移除)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from jiedao.audit.archiving import Archives
from jiedao.audit.removing import RemovalDesk
from jiedao.domain.range_removal import RangeRemoval
from jiedao.domain.terms import ApprovalSeat, StaysWhy
from jiedao.entrypoints.bootstrap import District
from jiedao.store.removal import RangeRemover
from projections.retention import RangeBook


def removal_desk(district: District) -> RemovalDesk:
    """Put it together for a district; nothing is read before it is asked."""
    application = district.application
    return RemovalDesk(
        district=district.profile.code,
        application=application,
        record=application.record,
        log=application.district_log,
        book=RangeBook(district.read, district.profile.retention),
        archives=Archives(district.settings.archives),
        published=district.ledger.published,
        keys=district.ledger.known_keys,
        remover=RangeRemover(district.addresses.owner_url),
        clock=district.clock,
    )


def removal_document(request: RangeRemoval) -> Mapping[str, object]:
    """Word a request for programs; moments are in UTC."""
    archive = request.archive
    return {
        "request_id": request.id,
        "state": request.state.value,
        "state_label": request.state.label,
        "first": archive.first,
        "last": archive.last,
        "events": archive.events,
        "file": archive.file,
        "sha256": archive.sha256,
        "tree_size": archive.tree_size,
        "asked_by": request.asked_by,
        "asked_role": request.asked_role,
        "asked_at": request.asked_at,
        "reason": request.reason,
        "approvals": [
            msgspec.to_builtins(one) | {"seat_label": ApprovalSeat(one.seat).label} for one in request.approvals
        ],
        "obstacles": [msgspec.to_builtins(one) | {"kind_label": StaysWhy(one.kind).label} for one in request.obstacles],
        "refused_because": request.refused_because or None,
        "rejected_by": request.rejected_by,
        "rejected_because": request.rejected_because,
        "ended_at": request.ended_at,
    }
