"""People's commands on incidents (办理): what may be done, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from fastapi import APIRouter, Depends, Header
from starlette.requests import Request

from jiedao.application.command_answers import CommandAnswer, CommandRequest
from jiedao.domain.access import Holder
from jiedao.domain.errors import InvalidInputError
from jiedao.domain.terms import Command, IncidentState
from jiedao.entrypoints.command_bodies import check_photos, read_details
from jiedao.entrypoints.http.authentication import Allowed
from jiedao.entrypoints.http.bodies import media_type_of, read_body
from jiedao.entrypoints.http.command_models import AllowedCommand, CommandsAnswer, DoneAnswer
from jiedao.entrypoints.http.documentation import PROBLEMS, problems
from jiedao.entrypoints.http.edge import edge_of
from jiedao.entrypoints.http.permissions import Act
from jiedao.entrypoints.http.problems import HttpProblemError
from jiedao.entrypoints.services import Services

router = APIRouter(prefix="/v1/incidents/{incident_id}/commands", tags=["办理 Commands"], responses=PROBLEMS)

Person = Annotated[Holder, Depends(Allowed(Act.COMMAND))]
_MOST_BYTES = 256 * 1024
_NUMBERS = ("version", "corrects")
"""What the body says beside the command's own content."""

_BODY: Mapping[str, Any] = {
    "required": False,
    "description": "命令的内容，及所见版本；更正的指明第几条记录 What the command says, and the `version` of the"
    " incident that you saw; `corrects` names the event, by its version, that it puts right.",
    "content": {
        "application/json": {
            "schema": {"type": "object"},
            "examples": {
                "file": {"summary": "立案", "value": {"version": 4, "note": "符合立案条件"}},
                "dispatch": {
                    "summary": "派遣",
                    "value": {
                        "version": 5,
                        "assignee": {
                            "kind": "platform",
                            "name": "朝晖街道综合行政执法平台",
                            "street_code": "330103006",
                        },
                    },
                },
                "joint_operation": {
                    "summary": "联合执法",
                    "value": {
                        "version": 5,
                        "lead": {"kind": "department", "name": "区城管局"},
                        "others": [{"kind": "department", "name": "区交警大队"}],
                    },
                },
                "offer_transfer": {
                    "summary": "移送",
                    "value": {
                        "version": 5,
                        "receiver": {"kind": "street", "name": "文晖街道", "street_code": "330103007"},
                        "reason": "现场在文晖",
                        "answer_within": "1工作日",
                    },
                },
                "merge": {
                    "summary": "并案",
                    "value": {"version": 3, "into": "6f1c0e5d-2b7a-5a0f-8a3c-9d1e5b7f2a64", "reason": "同一事项"},
                },
                "ask_extension": {
                    "summary": "申请延期",
                    "value": {"version": 7, "task_id": "T1", "length": "1工作日", "reason": "需跨夜施工"},
                },
                "correct": {
                    "summary": "更正",
                    "value": {"version": 9, "corrects": 6, "text": "第 6 条记录所记地址有误，应为朝晖路 203 号"},
                },
                "report_handled": {
                    "summary": "反馈",
                    "value": {"version": 8, "task_id": "T1", "result": "已清理，恢复原状", "before": [], "after": []},
                },
            },
        }
    },
}


@router.get("", summary="可执行的命令 What may be done")
async def list_commands(incident_id: UUID, request: Request, holder: Person) -> CommandsAnswer:
    """List what the holder of the token may do with an incident as it stands."""
    edge = edge_of(request)
    allowed = await edge.read(edge.services.commands.may, incident_id, holder)
    return CommandsAnswer(incident_id=incident_id, allowed=[_labelled(one) for one in allowed])


@router.post(
    "/{command}",
    summary="执行命令 Carry a command out",
    openapi_extra={"requestBody": _BODY},
    responses=problems(400, 409, 413, 415, 422),
)
async def carry_out(
    incident_id: UUID,
    command: Command,
    request: Request,
    holder: Person,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=200, description="同一键同一内容只执行一次 The same key and body are done once."
        ),
    ] = None,
) -> DoneAnswer:
    """Carry a command out, once for each `Idempotency-Key`.

    `version` in the body is the version of the incident that you saw: where it moved on meanwhile, the command is
    refused (409 `conflict`) with how it stands now, unless that cannot matter (a reminder, a remark). What the workflow
    does not allow is refused (409 `command_refused`) with what you may do instead, and the refusal is recorded.
    Nothing that was recorded is ever changed: `corrects` names the earlier event of the incident, by its version, that
    this command puts right (更正), and the history tells it at both.
    """
    edge = edge_of(request)
    content = await _read(request)
    numbers = {name: _whole_number(name, content.pop(name, None)) for name in _NUMBERS}
    details = read_details(command, content)
    wanted = CommandRequest(incident_id, command, details, idempotency_key or str(uuid4()), **numbers)
    return _done(await edge.read(_carry_out, edge.services, wanted, holder))


def _carry_out(services: Services, wanted: CommandRequest, holder: Holder) -> CommandAnswer:
    check_photos(wanted.details, services.files)
    return services.commands.carry_out(wanted, holder)


def _whole_number(name: str, value: object) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InvalidInputError(f"{name} must be a whole number", f"/{name}")
    return value


async def _read(request: Request) -> dict[str, object]:
    length = request.headers.get("content-length")
    if length == "0" or (length is None and "transfer-encoding" not in request.headers):
        return {}
    if media_type_of(request) != "application/json":
        raise HttpProblemError("unsupported_media_type", "what a command says is taken as application/json")
    body = await read_body(request, _MOST_BYTES)
    try:
        return msgspec.json.decode(body, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError("the body must be a JSON object in UTF-8") from error


def _labelled(command: str) -> AllowedCommand:
    return AllowedCommand(command=command, label=Command(command).label)


def _done(answer: CommandAnswer) -> DoneAnswer:
    return DoneAnswer(
        incident_id=answer.incident_id,
        version=answer.version,
        state=answer.state,
        state_label=IncidentState(answer.state).label,
        position=answer.position,
        allowed=[_labelled(one) for one in answer.allowed],
        replayed=answer.replayed,
    )
