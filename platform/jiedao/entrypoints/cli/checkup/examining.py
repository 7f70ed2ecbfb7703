"""Examines an installation part by part; one broken part never hides the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
import structlog

from jiedao.domain.errors import JiedaoError
from jiedao.domain.ports import Clock
from jiedao.entrypoints.cli.checkup.archives import check_archives
from jiedao.entrypoints.cli.checkup.attachments import check_attachments
from jiedao.entrypoints.cli.checkup.database import check_clock, check_database, check_views
from jiedao.entrypoints.cli.checkup.district import check_boundaries, check_calendar, check_profile
from jiedao.entrypoints.cli.checkup.erasures import check_erasures
from jiedao.entrypoints.cli.checkup.feeds import check_kafka
from jiedao.entrypoints.cli.checkup.findings import (
    Check,
    Finding,
    Installation,
    NotLookedAtError,
    Verdict,
    fault,
    warning,
)
from jiedao.entrypoints.cli.checkup.ledger import check_ledger
from jiedao.entrypoints.cli.checkup.machine import check_disk, check_versions
from jiedao.entrypoints.cli.checkup.storage import check_files, check_root_key
from jiedao.entrypoints.cli.checkup.upstream import check_upstream
from jiedao.entrypoints.clock import SystemClock
from jiedao.entrypoints.settings import Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an installation: its name, its Chinese name, and the check that looks at it."""

    name: str
    label: str
    check: Check


PARTS: Sequence[Part] = (
    Part("versions", "版本", check_versions),
    Part("profile", "区级配置", check_profile),
    Part("calendar", "工作日历", check_calendar),
    Part("database", "数据库", check_database),
    Part("ledger", "日志账本", check_ledger),
    Part("clock", "时钟", check_clock),
    Part("projections", "视图", check_views),
    Part("boundaries", "辖区边界", check_boundaries),
    Part("root_key", "根密钥", check_root_key),
    Part("erasures", "删除", check_erasures),
    Part("archives", "归档", check_archives),
    Part("files", "文件库", check_files),
    Part("attachments", "附件", check_attachments),
    Part("kafka", "消息队列", check_kafka),
    Part("upstream", "上级平台", check_upstream),
    Part("disk", "磁盘", check_disk),
)
"""All parts, in the order in which they are told of."""


def examine(settings: Settings, *, clock: Clock | None = None) -> list[Finding]:
    """Look at every part and return what was found; starts nothing and changes nothing."""
    installation = Installation(settings, clock or SystemClock())
    return [
        Finding(part.name, part.label, verdict.grade, verdict.sentence, verdict.remedy)
        for part in PARTS
        for verdict in _look(part, installation)
    ]


def _look(part: Part, installation: Installation) -> Iterator[Verdict]:
    try:
        yield from part.check(installation)
    except NotLookedAtError as error:
        yield warning(f"not looked at: {error}")
    except JiedaoError as error:
        yield fault(str(error), "see the sentence above")
    except (psycopg.Error, OSError) as error:
        yield fault(f"the check failed: {error}".strip(), "mend what the sentence names, and look again")
    except Exception as error:  # noqa: BLE001  # whatever a broken part does, the others are still told of
        _log.debug("check_failed", part=part.name, exc_info=True)
        yield fault(
            f"the check itself failed with {type(error).__name__}",
            "run it again with JIEDAO_LOG_LEVEL=debug, and tell whoever looks after the software",
        )
