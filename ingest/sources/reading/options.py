"""Reads a source's options (sources.toml, ``[<source>.options]``) once, when its adapter is made.

A wrong option is a ConfigurationError that names it; an option that nobody reads is one too, because it is a slip.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingest.sources.reading.decoding import UTF8, known_encoding
from jiedao.domain.errors import ConfigurationError
from jiedao.domain.profile import SourceSettings

SHARED = frozenset({"attachment_hosts"})
"""Options of every source that others read."""


class Options:
    """The options of one source; :meth:`finish` refuses what was not asked for."""

    def __init__(self, settings: SourceSettings) -> None:
        self._name = settings.name
        self._options = settings.options
        self._asked: set[str] = set(SHARED)

    def text(self, option: str, default: str | None = None) -> str | None:
        """Return a text."""
        value = self._take(option)
        if value is None:
            return default
        if not isinstance(value, str) or not value:
            raise self.fault(option, "must be a text")
        return value

    def texts(self, option: str) -> frozenset[str]:
        """Return a list of texts."""
        value = self._take(option)
        if value is None:
            return frozenset()
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise self.fault(option, 'must be a list of texts like ["咨询"]')
        return frozenset(value)

    def table(self, option: str) -> Mapping[str, str]:
        """Return a table of texts."""
        value = self.mapping(option)
        if not all(isinstance(word, str) for word in value.values()):
            raise self.fault(option, "must be a table of texts")
        return {name: str(word) for name, word in value.items()}

    def tables(self, option: str, *names: str) -> Mapping[str, Mapping[str, str]]:
        """Return a table of tables, each with a text under every one of ``names``."""
        value = self.mapping(option)
        for name, row in value.items():
            if not isinstance(row, dict) or not all(isinstance(row.get(one), str) for one in names):
                raise self.fault(f"{option}.{name}", f"must be a table with the texts {', '.join(names)}")
        return {name: {one: str(row[one]) for one in names} for name, row in value.items() if isinstance(row, dict)}

    def mapping(self, option: str) -> Mapping[str, object]:
        """Return a table of whatever kind; empty where it is missing."""
        value = self._take(option)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.fault(option, "must be a table")
        return value

    def encoding(self) -> str:
        """Return the declared encoding of payloads (option ``encoding``): ``utf-8`` unless it says otherwise."""
        name = self.text("encoding", UTF8) or UTF8
        known = known_encoding(name)
        if known is None:
            raise self.fault("encoding", f"is {name!r}; utf-8 and gb18030 (with gb2312 and gbk) are read")
        return known

    def fault(self, option: str, sentence: str) -> ConfigurationError:
        """Make the error of one option."""
        return ConfigurationError(f"the option {option} of the source {self._name} (sources.toml) {sentence}")

    def finish(self) -> None:
        """Raise ConfigurationError for an option that nothing asked for."""
        for option in self._options:
            if option not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.fault(option, f"is not known; its adapter reads {known}")

    def _take(self, option: str) -> object:
        self._asked.add(option)
        return self._options.get(option)
