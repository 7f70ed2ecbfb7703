"""How a reporter is shown to those who may not see who it is: enough to tell two apart, too little to find one.

A surname, the first three and last four digits of a telephone number (as 隐私号 displays do), and nothing of the rest.
"""

from __future__ import annotations

from jiedao.domain.report import ReporterDetails

HIDDEN = "***"
_HEAD, _TAIL = 3, 4


def mask(reporter: ReporterDetails) -> ReporterDetails:
    """Mask every field that is there."""
    return ReporterDetails(
        name=_surname(reporter.name),
        phone=_ends(reporter.phone),
        contact=_hide(reporter.contact),
        identity_number=_hide(reporter.identity_number),
        address=_hide(reporter.address),
    )


def _surname(name: str | None) -> str | None:
    return f"{name[0]}**" if name else None


def _ends(phone: str | None) -> str | None:
    if not phone:
        return None
    if len(phone) <= _HEAD + _TAIL:
        return HIDDEN
    return f"{phone[:_HEAD]}{'*' * (len(phone) - _HEAD - _TAIL)}{phone[-_TAIL:]}"


def _hide(text: str | None) -> str | None:
    return HIDDEN if text else None
