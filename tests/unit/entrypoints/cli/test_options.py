"""Settings as options: each one of some command, named with its variable, and outweighing the environment."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import structlog
from click.testing import CliRunner

from jiedao.entrypoints.cli.options import DISTRICT, SettingOption, json_output, shown_default, variable, with_settings
from jiedao.entrypoints.cli.root import cli
from jiedao.entrypoints.settings import Settings


@pytest.fixture(autouse=True)
def _log_as_before():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def _commands(command, path=()):
    """Every command that does something, with the words that name it."""
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            yield from _commands(command.get_command(ctx, name), (*path, name))
    else:
        yield path, command


COMMANDS = dict(_commands(cli))


@click.command()
@json_output
@with_settings(*DISTRICT, "port")
def tell(settings):
    click.echo(f"{settings.port} {settings.district} {settings.data} {settings.vault_key}")


def _tell(*arguments, **env):
    return CliRunner().invoke(tell, arguments, env={"JIEDAO_PORT": None, "JIEDAO_DISTRICT": None} | env)


def test_every_setting_is_an_option_of_some_command():
    options = {option.name for command in COMMANDS.values() for option in command.params}
    assert set(Settings.model_fields) <= options


@pytest.mark.parametrize("path", list(COMMANDS), ids=" ".join)
def test_each_command_names_its_variables_and_its_options_and_begins_in_chinese(path):
    result = CliRunner().invoke(cli, [*path, "--help"], terminal_width=200)
    assert result.exit_code == 0
    settings = [option for option in COMMANDS[path].params if isinstance(option, SettingOption)]
    assert {"log_level", "log_format", "log_file"} <= {option.name for option in settings}
    for option in settings:
        assert option.envvar == variable(option.name)
        assert f"[env var: {option.envvar}" in result.output
        assert f"--{option.name.replace('_', '-')} " in result.output
    assert not COMMANDS[path].help.split()[0].isascii()


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in {("serve",), ("demo",)}], ids=" ".join)
def test_each_command_that_answers_can_answer_as_json(path):
    assert "--json" in {name for option in COMMANDS[path].params for name in option.opts}


def test_an_option_outweighs_the_environment_and_that_the_default():
    assert _tell().output.split()[0] == "8400"
    assert _tell(JIEDAO_PORT="8401").output.split()[0] == "8401"
    assert _tell("--port", "8402", JIEDAO_PORT="8401").output.split()[0] == "8402"


def test_an_empty_variable_is_one_that_is_not_set():
    result = _tell(JIEDAO_PORT="", JIEDAO_DATA="", JIEDAO_LOG_FILE="")
    assert result.output.split()[::2] == ["8400", "jiedao-data"]


def test_a_setting_that_cannot_be_is_a_wrong_call_that_names_it():
    result = _tell("--port", "70000")
    assert result.exit_code == 2
    assert "--port" in result.stderr
    result = _tell(JIEDAO_LOG_LEVEL="loud")
    assert result.exit_code == 2
    assert "--log-level" in result.stderr


def test_a_secret_is_shown_nowhere():
    result = _tell("--vault-key", "c2VjcmV0")
    assert "c2VjcmV0" not in result.output
    assert "c2VjcmV0" not in CliRunner().invoke(tell, ["--help"], env={"JIEDAO_VAULT_KEY": "c2VjcmV0"}).output


def test_a_default_that_differs_from_machine_to_machine_is_not_shown_as_a_path():
    assert "/" not in shown_default(Settings.model_fields["config"])
    assert shown_default(Settings.model_fields["data"]) == str(Path("jiedao-data"))
    assert shown_default(Settings.model_fields["kafka_bootstrap"]) == ""


def test_a_name_that_is_no_setting_is_found_when_the_command_is_made():
    with pytest.raises(KeyError):
        with_settings("colour")
