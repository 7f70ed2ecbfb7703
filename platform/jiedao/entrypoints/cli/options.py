"""The options that commands share: one for each setting that a command uses, made from the settings themselves.

    @click.command()
    @json_output
    @with_settings(*DISTRICT)
    def show(settings: Settings) -> None: ...

The option ``--database-url`` is the setting ``database_url`` is the variable ``JIEDAO_DATABASE_URL``: what there is to
say of a setting is said once, there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args

import click
from annotated_types import Ge, Le
from click.types import OptionHelpExtra
from pydantic.fields import FieldInfo

from jiedao.entrypoints.cli.failing import AS_JSON, LOG_LEVEL
from jiedao.entrypoints.log_lines import logging_to
from jiedao.entrypoints.settings import PREFIX, Settings, load_settings

R = TypeVar("R")

PROFILE = ("district", "config")
"""The settings of a command that only reads a district's profile."""

DISTRICT = (
    *PROFILE,
    "data",
    "archive_folder",
    "database_url",
    "database_owner_url",
    "database_connections",
    "vault_key",
    "vault_key_file",
)
"""The settings of a command that opens a district."""

KAFKA = tuple(name for name in Settings.model_fields if name.startswith("kafka_"))
"""The settings of a command that reaches Kafka."""

LEDGER = tuple(name for name in Settings.model_fields if name.startswith("ledger_"))
"""The settings of a command that seals or proves."""

_LOGGING = ("log_level", "log_format", "log_file")
_CHOICES = {"log_level": ("debug", "info", "warning", "error"), "log_format": ("text", "json")}


class SettingOption(click.Option):
    """The option of one setting. Its default is shown as the settings have it, and left to them."""

    def __init__(self, name: str, setting: FieldInfo) -> None:
        super().__init__(
            [f"--{name.replace('_', '-')}", name],
            type=_type(name, setting),
            envvar=variable(name),
            show_envvar=True,
            help=setting.description,
        )
        self._shown_default = shown_default(setting)

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        """Say the variable and the default."""
        extra = super().get_help_extra(ctx)
        if self._shown_default:
            extra["default"] = self._shown_default
        return extra


TOKEN_VARIABLE = "JIEDAO_TOKEN"  # noqa: S105  # the name of a variable
"""Where a command that acts as somebody finds their access token, if it is not given one."""


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def shown_default(setting: FieldInfo) -> str:
    """Return a setting's default for people; empty where it has none."""
    if setting.default_factory is not None:
        return "what comes with the software"  # a path of one machine would tell the others nothing
    return "" if setting.default is None else str(setting.default)


def with_settings(*names: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command an option for each named setting, and hand it the Settings as its first argument.

    How lines are logged can be said to every command, and is set up before it runs. Raises KeyError at import for a
    name that is no setting.
    """
    wanted = {name: Settings.model_fields[name] for name in (*names, *_LOGGING)}

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        @wraps(command)
        def run(**given: Any) -> R:
            settings = load_settings(**{name: given.pop(name) for name in wanted})
            click.get_current_context().meta[LOG_LEVEL] = settings.log_level
            with logging_to(settings):
                return command(settings, **given)

        options = [SettingOption(name, setting) for name, setting in wanted.items()]
        # Where click's own decorators gather options, the last one first.
        run.__click_params__ = [*getattr(run, "__click_params__", []), *reversed(options)]  # type: ignore[attr-defined]
        return run

    return decorate


def json_output(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command ``--json``: it answers with one JSON document instead of a table."""
    return click.option(
        "--json",
        is_flag=True,
        is_eager=True,  # so that a wrong option is answered as JSON too
        expose_value=False,
        callback=_keep_json,
        help="以 JSON 输出 Answer with one JSON document; docs/cli.md describes it.",
    )(command)


def _keep_json(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click's signature
    if wanted:
        ctx.meta[AS_JSON] = True


def _type(name: str, setting: FieldInfo) -> click.ParamType[Any]:
    if name in _CHOICES:
        return click.Choice(_CHOICES[name])
    kinds = get_args(setting.annotation) if isinstance(setting.annotation, UnionType) else (setting.annotation,)
    if Path in kinds:
        return click.Path(path_type=Path)
    if int in kinds:
        least = next((one.ge for one in setting.metadata if isinstance(one, Ge)), None)
        most = next((one.le for one in setting.metadata if isinstance(one, Le)), None)
        return click.IntRange(_number(least), _number(most))
    return click.STRING


def _number(bound: object) -> int | None:
    return bound if isinstance(bound, int) else None
