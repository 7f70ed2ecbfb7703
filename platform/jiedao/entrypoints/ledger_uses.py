"""Who used the ledger for what: the one place that every verification, proof and export passes by.

It writes a line to the log of the process. Where uses are recorded as events, that is done here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from jiedao.domain.access import Holder
from jiedao.domain.terms import Term

if TYPE_CHECKING:
    from jiedao.entrypoints.bootstrap import District

_log = structlog.get_logger(__name__)


class LedgerUse(Term):
    """What somebody did with the ledger."""

    VERIFIED = "verified", "核验日志"
    PROVED = "proved", "出具证明"
    EXPORTED = "exported", "导出证据包"


def ledger_used(district: District, holder: Holder, use: LedgerUse, subject: str) -> None:
    """Note that ``holder`` used the ledger; ``subject`` says of what, and holds nothing personal."""
    _log.debug(
        "ledger_used",
        district=district.profile.code,
        holder=holder.holder,
        role=holder.role.value,
        use=use.value,
        subject=subject,
    )
