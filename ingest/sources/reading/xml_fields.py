"""Makes named fields of an XML document, so that XML and JSON are read by the same tables.

The document's declaration says its encoding; GB2312 is read as the GB18030 that contains it. A document that brings a
DTD or entities of its own is refused whole, whatever they say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from ingest.sources.reading.decoding import UTF8, decode_text, known_encoding
from ingest.sources.reading.faults import UnreadableError
from ingest.sources.reading.notes import Notes
from jiedao.domain.terms import ReportFlag

MAX_DEPTH = 30
_DECLARED = re.compile(rb"""^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._\-]{1,40})["']""")
_BOM = b"\xef\xbb\xbf"


def decode_xml(raw: bytes, notes: Notes) -> tuple[str, Mapping[str, object]]:
    """Return the name of the root element and its fields: child's name → text, object of its own, or list of them.

    Attributes and namespaces are left out. Raises UnreadableError for what is not XML, or brings entities.
    """
    root = _parse(_decoded(raw, notes))
    fields = _fields(root, 1)
    return _local(root.tag), fields if isinstance(fields, dict) else {}


def _decoded(raw: bytes, notes: Notes) -> str:
    raw = raw.removeprefix(_BOM).strip()
    declared = _DECLARED.match(raw)
    encoding = known_encoding(declared[1].decode("ascii")) if declared else UTF8
    if encoding is None:
        raise UnreadableError("encoding")
    decoded = decode_text(raw, encoding)
    if decoded.repaired:
        notes.flag(ReportFlag.ENCODING_REPAIRED)
    return decoded.text


def _parse(text: str) -> Element:
    try:
        root: Element = defusedxml.ElementTree.fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise UnreadableError("entities_refused") from None
    except (ParseError, ValueError):
        raise UnreadableError("not_xml") from None
    return root


def _fields(element: Element, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise UnreadableError("nested_too_deep")
    if not len(element):
        return element.text or ""
    fields: dict[str, object] = {}
    for child in element:
        name, value = _local(child.tag), _fields(child, depth + 1)
        before = fields.get(name)
        if before is None:
            fields[name] = value
        elif isinstance(before, list):
            before.append(value)
        else:
            fields[name] = [before, value]
    return fields


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
