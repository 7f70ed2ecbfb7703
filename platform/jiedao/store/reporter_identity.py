"""What makes two reporters the same person, so that both get the same key: pure, and the same for ever.

By phone, else by identity number, else by name and contact. What a source writes where it knows no number (``0``,
``无``, ``138****1234``) tells nobody from anybody and does not count: merged by mistake, one person's erasure would
take another's reports along.
"""

from __future__ import annotations

import re
import unicodedata

from jiedao.domain.report import ReporterDetails

_SECOND_PART = re.compile(r"(?:转|分机|ext|x|#|[,;/、]).*$", re.IGNORECASE | re.DOTALL)
_MASKED = re.compile(r"\*|[×?xX]{2,}")
_PUNCTUATION = re.compile(r"[\s().\-—–_]")
_NOT_DIGIT = re.compile(r"\D")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_COUNTRY = re.compile(r"^(?:\+|00)86|^86(?=1[3-9]\d{9}$)")
_IDENTITY = re.compile(r"(?=(?:.*\d){5})[A-Z0-9]{6,20}")
_DIALLED_AS_THEY_ARE = ("0", "400", "800")
_SHORTEST_PHONE = 7
_LONGEST_PHONE = 15  # ITU-T E.164


def identity_of(reporter: ReporterDetails) -> tuple[str, ...]:
    """Return the kind of identity and what it consists of, normalised.

    Name and contact identify where there is neither number; without a contact what else is known is taken along,
    because a name alone (``王女士``) is shared by many.
    """
    phone = normalise_phone(reporter.phone or "")
    if phone:
        return ("phone", phone)
    identity = normalise_identity_number(reporter.identity_number or "")
    if identity:
        return ("identity_number", identity)
    name, contact = _text(reporter.name), _text(reporter.contact)
    if contact:
        return ("name_and_contact", name, contact)
    rest = (reporter.address, reporter.phone, reporter.identity_number)
    return ("details", name, *map(_text, rest))


def normalise_phone(written: str) -> str:
    """Return the digits of a phone number, in one form however it is written; empty for what is none.

    ``+86 138 0013 8000``, ``138-0013-8000`` and full-width digits are one number; so are ``0571-85830000`` and
    ``+86 571 8583 0000``. An extension is left out, as it leads to the same line, and of two numbers the first counts.
    """
    if written.isascii() and _MOBILE.fullmatch(written):  # nearly all are, and nothing below would change one
        return written
    text = unicodedata.normalize("NFKC", written).strip()
    if _MASKED.search(text):
        return ""
    text = _PUNCTUATION.sub("", _SECOND_PART.sub("", text))
    domestic, had_country = _COUNTRY.subn("", text)
    digits = _NOT_DIGIT.sub("", domestic)
    if not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE or len(set(digits)) == 1:
        return ""
    if had_country and not _MOBILE.fullmatch(digits) and not digits.startswith(_DIALLED_AS_THEY_ARE):
        return f"0{digits}"  # the area code, as it is dialled at home
    return f"+{digits}" if domestic.startswith("+") else digits


def normalise_identity_number(written: str) -> str:
    """Return an identity number (身份证号, or a passport's) in capitals, no spaces; empty for what is none."""
    text = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", written)).upper()
    return text if _IDENTITY.fullmatch(text) and len(set(text)) > 1 else ""


def _text(written: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", written or "").casefold().split())
