"""Every error that leaves over HTTP is one problem document (RFC 9457), in English and Chinese.

What an error's code means at this edge stands in one table; nothing of a stack trace or of the request's content is
ever shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from psycopg import InterfaceError, OperationalError
from starlette.responses import Response

from jiedao.application.command_answers import StaleVersionError
from jiedao.domain.carrying_out import CommandRefusedError
from jiedao.domain.errors import InvalidInputError, JiedaoError
from jiedao.domain.terms import Command

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:jiedao:problem:"
RETRY_SECONDS = "1"


@dataclass(frozen=True, slots=True)
class Kind:
    """What an error's code means over HTTP."""

    status: int
    title: str
    title_zh: str


KINDS: Mapping[str, Kind] = {
    "invalid_input": Kind(400, "The request is not acceptable", "请求内容有误"),
    "unauthenticated": Kind(401, "A valid token is needed", "需要有效的访问令牌"),
    "not_allowed": Kind(403, "Not allowed", "无权执行此操作"),
    "not_found": Kind(404, "Not found", "未找到"),
    "method_not_allowed": Kind(405, "This address does not take this method", "此地址不支持该请求方法"),
    "too_slow": Kind(408, "The request came too slowly", "请求发送过慢"),
    "conflict": Kind(409, "Somebody else was faster", "与其他操作冲突"),
    "idempotency_key_reused": Kind(409, "The idempotency key was used before", "幂等键已被使用"),
    "command_refused": Kind(409, "Not possible as things stand", "当前状态下不允许此操作"),
    "too_large": Kind(413, "The request is too large", "请求内容过大"),
    "unsupported_media_type": Kind(415, "This media type is not taken here", "不支持的内容类型"),
    "unreadable_record": Kind(422, "The record cannot be read", "上报记录无法识别"),
    "invalid_parameter": Kind(422, "A parameter is not acceptable", "请求参数有误"),
    "configuration": Kind(500, "The platform is not set up correctly", "平台配置有误"),
    "ledger_fault": Kind(500, "The ledger does not hold", "日志账本校验不符"),
    "error": Kind(500, "Something went wrong here", "平台内部错误"),
    "unavailable": Kind(503, "Not available for the moment", "服务暂不可用"),
}
"""What each code of an error means; an error of another code means what its base class means."""

BY_STATUS: Mapping[int, str] = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}
"""The codes of what the web framework itself refuses."""

_UNSPOKEN = {
    "error": "The request could not be carried out. Tell the administrator the request id; the log says more.",
    "unavailable": "The database does not answer. Nothing is known to be recorded; send the request again.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: a JSON pointer to it, a sentence, and where it stands (``body``, ``query``, ``path``)."""

    pointer: str
    detail: str
    place: str = "body"


class HttpProblemError(JiedaoError):
    """An error of this edge: its code is a key of :data:`KINDS`, ``members`` are further members of the document."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.errors = errors
        self.headers = headers or {}
        self.members = members or {}


def code_of(error: Exception) -> str:
    """Return the key of :data:`KINDS` for an error: its own code, else that of the nearest base class."""
    if isinstance(error, OperationalError | InterfaceError):
        return "unavailable"
    codes = [getattr(error, "code", None), *(vars(base).get("code") for base in type(error).__mro__)]
    return next((code for code in codes if isinstance(code, str) and code in KINDS), "error")


def problem_of(error: Exception, request_id: str, place: str = "query") -> Response:
    """Make the problem document of an error; ``place`` is where the fields stand to which the platform's errors point.

    The sentences of the platform's own errors are shown, except those about its set-up, which are for the log; other
    errors may quote what was sent, so theirs never are.
    """
    code = code_of(error)
    spoken = isinstance(error, JiedaoError) and code not in {"configuration", "error"}
    detail = str(error) if spoken else _UNSPOKEN.get(code, _UNSPOKEN["error"])
    errors: Sequence[FieldError] = ()
    headers: dict[str, str] = {}
    members: Mapping[str, object] = {}
    match error:
        case HttpProblemError():
            errors, members = error.errors, error.members
            headers.update(error.headers)
        case CommandRefusedError():
            members = {"allowed": _told(error.allowed)}
        case StaleVersionError():
            members = {"version": error.version, "state": error.state, "allowed": _told(error.allowed)}
        case InvalidInputError(pointer=str(pointer)):
            errors = (FieldError(pointer, str(error), place),)
    if code == "unavailable":
        headers.setdefault("Retry-After", RETRY_SECONDS)
    return problem(code, detail, request_id, errors=errors, headers=headers, members=members)


def problem(  # noqa: PLR0913  # the members of one document
    code: str,
    detail: str,
    request_id: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """Make a problem document; ``instance`` names the request, as the access log does."""
    kind = KINDS[code]
    document: dict[str, object] = {
        "type": TYPE_PREFIX + code,
        "title": kind.title,
        "title_zh": kind.title_zh,
        "status": kind.status,
        "detail": detail,
        "instance": f"urn:jiedao:request:{request_id}",
    }
    if errors:
        document["errors"] = [{"pointer": error.pointer, "detail": error.detail, "in": error.place} for error in errors]
    document.update(members or {})
    return Response(msgspec.json.encode(document), kind.status, dict(headers or {}), MEDIA_TYPE)


def _told(commands: Iterable[Command]) -> list[Mapping[str, str]]:
    return [{"command": one.value, "label": one.label} for one in commands]


def pointer_to(*parts: object) -> str:
    """Write a JSON pointer (RFC 6901) to a field."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
