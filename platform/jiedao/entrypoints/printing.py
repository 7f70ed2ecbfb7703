"""Pages for paper (打印): A4, Chinese, black on white, whole in one file, so that they can be printed, filed and sent.

Every text is escaped; a page loads nothing, and the content security policy that goes with it forbids everything but
its own style.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape

STYLE = """
@page { size: A4; margin: 16mm 15mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 180mm; color: #000; background: #fff; font: 11pt/1.5 sans-serif;
  font-family: "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "Songti SC", serif; }
h1 { margin: 0 0 1mm; text-align: center; font-size: 19pt; letter-spacing: .2em; }
h2 { margin: 5mm 0 1mm; font-size: 12pt; }
p { margin: 1mm 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.under { text-align: center; font-size: 9pt; }
table { width: 100%; border-collapse: collapse; margin: 2mm 0; table-layout: fixed; }
th, td { border: .3mm solid #000; padding: 1.2mm 2mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: bold; background: #f2f2f2; }
td { white-space: pre-wrap; }
table.facts th { width: 26mm; }
table.list { table-layout: auto; font-size: 9.5pt; }
tr { break-inside: avoid; }
.whole { white-space: nowrap; }
.hash { font: 8.5pt/1.4 monospace; word-break: break-all; }
.sign td { height: 20mm; }
.mark { border: .3mm solid #000; padding: 0 1mm; font-size: 9pt; white-space: nowrap; }
"""

POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    + "'"
)
"""The content security policy of a page: nothing is loaded, and only this style holds."""


class Html(str):
    """Markup that is known to be whole and escaped; any other text is escaped where it is put in."""

    __slots__ = ()


def element(tag: str, *children: str, kind: str = "") -> Html:
    """Make an element; ``kind`` is its class."""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return Html(f"<{tag}{attribute}>{''.join(map(_safe, children))}</{tag}>")


def facts(pairs: Iterable[tuple[str, str]]) -> Html:
    """Make a table of names and what holds of them."""
    rows = (element("tr", element("th", name), element("td", value or "—")) for name, value in pairs)
    return element("table", *rows, kind="facts")


def table(columns: Iterable[str], rows: Iterable[Iterable[str]], kind: str = "") -> Html:
    """Make a table with a head."""
    head = element("tr", *(element("th", name) for name in columns))
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    return element("table", element("thead", head), element("tbody", *body), kind=kind)


def page(title: str, *content: str) -> str:
    """Make a whole page for paper."""
    head = Html(
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
    )
    body = element("body", element("main", *content))
    return f'<!doctype html>\n<html lang="zh-CN"><head>{head}</head>{body}</html>\n'


def _safe(text: str) -> str:
    return text if isinstance(text, Html) else escape(_printable(text))


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one in "\n\u3000")
