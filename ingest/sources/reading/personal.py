"""Parts personal data off at the door: masks what identifies a person in the texts of a report.

Masked are mobile numbers, land lines with their area code and 18-digit identity numbers, in the ways in which people
write them, and wherever they stand the names, the numbers and the contacts of the reporter and of everybody else whom
the record names apart. Nothing of a number is left. Rather too much is masked than too little: the record itself stays
readable, encrypted, for those who may read it.

Not found are numbers in words (一三八…), numbers without area code, and names that no field gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from jiedao.domain.quickly_made import quickly_made
from jiedao.domain.report import ReporterDetails

PHONE_MASK = "［电话已遮蔽］"
IDENTITY_MASK = "［证件号已遮蔽］"
NAME_MASK = "［姓名已遮蔽］"
CONTACT_MASK = "［联系方式已遮蔽］"

_SEPARATORS = r"[ \t\u00a0\u3000\-‐-―－.．·_]{0,3}"
_ONE = "[1１]"
_ZERO = "[0０]"
_COUNTRY = rf"(?:[(（]?[+＋]?(?:{_ZERO}{_ZERO})?[8８][6６][)）]?{_SEPARATORS})?"
_MOBILE = rf"(?<!\d){_COUNTRY}{_ZERO}?{_ONE}{_SEPARATORS}[3-9３-９](?:{_SEPARATORS}\d){{9}}(?!\d)"
_LAND_LINE = (
    rf"(?<!\d)[(（]?{_ZERO}\d{{2,3}}[)）]?{_SEPARATORS}[1-9１-９](?:{_SEPARATORS}\d){{6,7}}(?!\d)"
    r"(?:\s?(?:转|分机|-)\s?\d{1,6}(?!\d))?"
)
_BIRTH_DATE = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = rf"(?<![0-9A-Za-z])[1-9]\d{{5}}\s?{_BIRTH_DATE}\s?\d{{3}}[0-9XxＸｘ](?![0-9A-Za-z])"
_ANY = re.compile(f"(?P<identity>{_IDENTITY})|(?P<mobile>{_MOBILE})|(?P<land_line>{_LAND_LINE})")
_BEGINS = re.compile(r"[0-9０-９(（+＋](?=(?:\D{0,4}+\d){9})(?:(?<=[0-9])[0-9]+)?")
"""Where any of them may begin: of digits that follow each other with the first, as none begins behind another one.

It has nine more digits at least, of which none is further from the one before than brackets and separators reach.

An identity number may begin behind one of full width. A pattern that begins with a set of letters is looked for many
times faster than one that may begin in several ways, so these places are found first.
"""

_IN_CODES = re.compile(rf"(?P<identity>{_IDENTITY})|(?<![A-Za-z])(?P<mobile>{_MOBILE})(?![A-Za-z])")

_SHORTEST_NAME = 2
_SHORTEST_NUMBER = 7
_SHORTEST_CONTACT = 5
_TITLES = ("先生", "女士", "小姐", "同志", "老师", "师傅", "阿姨", "大爷", "大妈", "经理", "主任", "队长")
_NO_NAMES = frozenset(
    (
        *(
            "匿名",
            "匿名用户",
            "不详",
            "未知",
            "保密",
            "无名",
            "测试",
            "市民",
            "热心市民",
            "居民",
            "群众",
            "业主",
            "商户",
            "路人",
        ),
        *(
            "先生",
            "女士",
            "小姐",
            "同志",
            "来电人",
            "举报人",
            "采集员",
            "巡查员",
            "监督员",
            "网格员",
            "管理员",
            "系统",
            "系统管理员",
        ),
        *("电话", "手机", "座机", "微信", "短信", "邮箱", "邮件"),
        *("城管", "社区", "街道", "admin", "system", "user", "anonymous", "unknown", "none"),
    )
)
"""What stands in fields for names and names nobody."""

_BETWEEN = "\x00"
"""Stands between texts that are masked together; no number, name or contact holds it, and none goes on beyond it."""

_COUNTED = 32
"""So many digits are counted, where it is only asked whether a text has enough of them."""

_NOT_DIGIT = re.compile(r"\D+")
_PARTS = re.compile(r"[,，;；、/|\n]+|转|分机")
_DIGITS_APART = re.compile(_SEPARATORS.replace("{0,3}", "*"))


@quickly_made
@dataclass(frozen=True, slots=True)
class People:
    """What a record says of the people whom it names: of all of them together, as nobody asks here who is who."""

    names: Sequence[str] = ()
    phones: Sequence[str] = ()
    contacts: Sequence[str] = ()
    identities: Sequence[str] = ()

    def and_(self, others: People) -> People:
        """These people and those."""
        return People(
            (*self.names, *others.names),
            (*self.phones, *others.phones),
            (*self.contacts, *others.contacts),
            (*self.identities, *others.identities),
        )


NOBODY = People()


class Masker:
    """Masks the texts of one report; ``masked`` says whether anything was."""

    def __init__(self, reporter: ReporterDetails | None, others: People = NOBODY) -> None:
        """Make it for a reporter and the others of whom the record gives anything; all are masked alike."""
        self.masked = False
        names, phones = others.names, others.phones
        contacts, identities = others.contacts, others.identities
        if reporter is not None:
            names = _with(reporter.name, names)
            phones = _with(reporter.phone, phones)
            contacts = _with(reporter.contact, contacts)
            identities = _with(reporter.identity_number, identities)
        self._names = _known_names(names) if names else ()
        self._contacts = (
            _known_contacts(identities, IDENTITY_MASK) + _known_contacts(contacts, CONTACT_MASK)
            if identities or contacts
            else ()
        )
        self._numbers = _known_numbers((*phones, *names, *contacts, *identities))

    def text(self, text: str) -> str:
        """Mask a text that people wrote."""
        return self._masked(text, _without_patterns(text))

    def texts(self, *texts: str) -> list[str]:
        """Mask many texts as :meth:`text` does each, but in one go: most hold nothing, and asking takes the time."""
        joined = _BETWEEN.join(texts)
        if joined.count(_BETWEEN) != len(texts) - 1:  # one of them holds what should stand between them
            return [self.text(text) for text in texts]
        return self.text(joined).split(_BETWEEN)

    def code(self, code: str) -> str:
        """Mask a code or a link, in which long runs of digits are usual: known data and what can be nothing else."""
        return self._masked(code, _IN_CODES.sub(_mask_of, code) if _has_digits(code, _SHORTEST_NUMBER) else code)

    def _masked(self, text: str, without_patterns: str) -> str:
        """Patterns come first: they take country code and extension along, which the reporter's field may lack."""
        masked = self._without_known(without_patterns)
        self.masked = self.masked or masked != text
        return masked

    def _without_known(self, text: str) -> str:
        """Mask what the record gives apart."""
        for contact, mask in self._contacts:
            text = text.replace(contact, mask)
        if self._numbers and _has_digits(text, len(self._numbers[-1])):  # the shortest of them; hardly any text has
            for number in self._numbers:
                text = _without_number(text, number)
        for name in self._names:
            text = text.replace(name, NAME_MASK)
        return text


def _has_digits(text: str, count: int) -> bool:
    """Whether a text has so many digits, wherever they stand; of more than :data:`_COUNTED`, whether it has these."""
    return len(text) >= count and _with_digits(min(count, _COUNTED)).match(text) is not None


@lru_cache(_COUNTED)
def _with_digits(count: int) -> re.Pattern[str]:
    return re.compile(rf"(?:\D*+\d){{{count}}}")


def _without_patterns(text: str) -> str:
    """Mask what has the form of a number, wherever it may begin."""
    kept: list[str] = []
    end = 0
    for place in _BEGINS.finditer(text):
        start = place.start()
        if start >= end and (found := _ANY.match(text, start)):
            kept += (text[end:start], _mask_of(found))
            end = found.end()
    return "".join((*kept, text[end:])) if kept else text


def _mask_of(match: re.Match[str]) -> str:
    return IDENTITY_MASK if match["identity"] else PHONE_MASK


def _with(said: str | None, of_others: Sequence[str]) -> Sequence[str]:
    """What the reporter's field says before what is said of others, who mostly are the reporter again."""
    return (said, *of_others) if said and said not in of_others else of_others


def _known_names(written: Iterable[str]) -> list[str]:
    """The names and what is left of each without its title, longest first, so that no part of one is left over."""
    names: dict[str, None] = {}
    for name in written:
        for part in map(str.strip, _parts(name)):
            names[part] = None
            if part.endswith(_TITLES):
                title = next(title for title in _TITLES if part.endswith(title))
                names[part.removesuffix(title)] = None
    usable = [name for name in names if len(name) >= _SHORTEST_NAME and not name.isdecimal()]
    return _longest_first([name for name in usable if name.casefold() not in _NO_NAMES])


def _known_numbers(written: Iterable[str]) -> list[str]:
    """The digits of all numbers written in some fields, without 86, longest first."""
    numbers: dict[str, None] = {}
    for text in written:
        for part in () if text.isalpha() else _parts(text):
            plain = part.isascii() and part.isdecimal()
            digits = part if plain else _NOT_DIGIT.sub("", unicodedata.normalize("NFKC", part))
            if len(digits) > len("13800001111"):
                digits = digits.removeprefix("00").removeprefix("86")
            if len(digits) >= _SHORTEST_NUMBER and digits != digits[0] * len(digits):
                numbers[digits] = None
    return _longest_first(list(numbers))


def _longest_first(texts: list[str]) -> list[str]:
    return sorted(texts, key=len, reverse=True) if len(texts) > 1 else texts


def _parts(text: str) -> list[str]:
    """Part what several people or numbers were written into; most texts hold one."""
    return [text] if text.isalnum() and "转" not in text and "分机" not in text else _PARTS.split(text)


def _known_contacts(written: Iterable[str], mask: str) -> list[tuple[str, str]]:
    """Addresses of mail or chat, or numbers of documents with letters in them, each with its mask."""
    return [(text, mask) for text in written if len(text) >= _SHORTEST_CONTACT]


def _without_number(text: str, number: str) -> str:
    """Mask a known number wherever its digits stand, also with the separators that people put between digits."""
    digits = _NOT_DIGIT.sub("", text)
    if not digits.isascii():
        digits = "".join(str(int(letter)) for letter in digits)
    if number not in digits:
        return text
    places = [at for at, letter in enumerate(text) if letter.isdecimal()]
    end = len(digits)
    while (start := digits.rfind(number, 0, end)) >= 0:
        run = places[start : start + len(number)]
        first, last = run[0], run[-1]
        if all(_DIGITS_APART.fullmatch(text, left + 1, right) for left, right in pairwise(run)):
            text = f"{text[:first]}{PHONE_MASK}{text[last + 1 :]}"
            end = start
        else:
            end = start + len(number) - 1
    return text
