"""How the software's log lines look and where they go: structlog's own, and those of the libraries, in one form.

A traceback is written without the values of variables: they may hold what a reporter said.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.settings import Settings

_LIBRARIES_LEVEL = logging.WARNING
"""What libraries have to say below this is noise to an operator."""


@contextmanager
def logging_to(settings: Settings) -> Iterator[None]:
    """Write log lines as the settings say while the block runs.

    Raises ConfigurationError for a file that cannot be written.
    """
    if settings.log_file is None:
        _configure(settings, sys.stderr)
        yield
        return
    try:
        output = settings.log_file.open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"the log {settings.log_file} cannot be written: {error.strerror}") from error
    with output:
        _configure(settings, output)
        try:
            yield
        finally:
            _configure(settings, sys.stderr)


def _configure(settings: Settings, output: TextIO) -> None:
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    processors = _processors(settings.log_format, output)
    structlog.configure(
        processors=[*_SHARED, *processors],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=list(_SHARED),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *processors],
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, _LIBRARIES_LEVEL))


_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def _processors(form: str, output: TextIO) -> list[Processor]:
    if form == "json":
        without_values = ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(without_values),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=32
        )
    ]
