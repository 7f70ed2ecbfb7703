"""Who used the ledger for what: the one place that every verification, proof and export passes by and is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from jiedao.domain.access import Holder
from jiedao.domain.access_record import AccessKind
from jiedao.domain.terms import Term

if TYPE_CHECKING:
    from jiedao.entrypoints.bootstrap import District


class LedgerUse(Term):
    """What somebody did with the ledger."""

    VERIFIED = "verified", "核验日志"
    PROVED = "proved", "出具证明"
    EXPORTED = "exported", "导出证据包"


_KINDS: Mapping[LedgerUse, AccessKind] = {
    LedgerUse.VERIFIED: AccessKind.VERIFY,
    LedgerUse.PROVED: AccessKind.PROVE,
    LedgerUse.EXPORTED: AccessKind.EXPORT,
}


def ledger_used(
    district: District, holder: Holder, use: LedgerUse, subject: str, *, incident_id: UUID | None = None
) -> int:
    """Record that ``holder`` used the ledger, before they are shown what came of it; returns the position of it.

    ``subject`` says of what, and holds nothing personal. Raises UnavailableError where it cannot be recorded.
    """
    return district.auditing.access.record_access(
        _KINDS[use],
        holder,
        subject if incident_id is None else f"incident:{incident_id}",
        incident_id=incident_id,
        details={"use": use.value},
    )
