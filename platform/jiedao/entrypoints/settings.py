"""Every setting of an installation, once: its name, its default, and the sentence that explains it.

A setting is an environment variable ``JIEDAO_<NAME>``, and the option ``--<name>`` of each command that uses it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from jiedao.domain.errors import ConfigurationError
from jiedao.entrypoints.own_folders import own_archives, own_ledger, own_signing_key

PREFIX = "JIEDAO_"
_CONFIG_IN_PACKAGE = "jiedao_config"


def shipped_config() -> Path:
    """The folder of profiles that comes with the software: beside the sources, or in the installed package."""
    beside = Path(__file__).parents[3] / "config"
    if (beside / "districts").is_dir():
        return beside
    installed = find_spec(_CONFIG_IN_PACKAGE)  # a folder of data without an __init__.py: a namespace has places
    places = installed.submodule_search_locations if installed is not None else None
    return Path(next(iter(places))) if places else beside


class Settings(BaseSettings):
    """The settings of one district's installation."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    district: str = Field("330103", description="The district's code: the name of its folder in the configuration.")
    config: Path = Field(
        default_factory=shipped_config, description="The folder that holds districts/<code>/ with their profiles."
    )
    data: Path = Field(
        Path("jiedao-data"),
        description="The folder for what this installation keeps beside the database: files, keys, the embedded one.",
    )
    archive_folder: Path | None = Field(
        None,
        description="Where archives of the log are; without it <data>/archives/<district>. Best on another disk.",
    )
    database_url: str | None = Field(
        None, description="Address of the district's PostgreSQL database; without it an embedded one is used."
    )
    database_owner_url: str | None = Field(
        None,
        description="Address under the role that owns the schema; used to migrate it and to remove archived ranges.",
    )
    database_connections: int = Field(12, ge=4, le=200, description="Connections that one process may read with.")
    intake_processes: int = Field(
        3,
        ge=0,
        le=8,
        description="How many processes help a large feed, where there are two or more processors; 0 for none.",
    )
    views_process: int = Field(
        1,
        ge=0,
        le=1,
        description="1 keeps the views in a process of their own, where there are two or more processors; 0 does not.",
    )
    vault_key: SecretStr | None = Field(
        None, description="The root key of personal data, 32 bytes in base64; or give vault_key_file."
    )
    vault_key_file: Path | None = Field(
        None, description="A file that holds the root key; without either, <data>/keys/root.key beside an embedded one."
    )
    host: str = Field("127.0.0.1", description="Address to serve on.")
    port: int = Field(8400, ge=0, le=65535, description="Port to serve on; 0 takes any free one.")
    trusted_proxies: str = Field("", description="Addresses of proxies whose X-Forwarded-For is believed, by commas.")
    kafka_bootstrap: str | None = Field(None, description="Kafka brokers as host:port, several with commas.")
    kafka_group: str = Field("jiedao", description="The consumer group, the same for all consumers of the district.")
    kafka_session_seconds: int = Field(
        10,
        ge=6,
        le=1800,
        description="After how many seconds of silence a consumer's partitions go to others; brokers may bound it.",
    )
    kafka_security_protocol: str = Field("PLAINTEXT", description="Kafka's security.protocol.")
    kafka_sasl_mechanism: str | None = Field(None, description="Kafka's sasl.mechanism.")
    kafka_username: str | None = Field(None, description="User name for Kafka.")
    kafka_password: SecretStr | None = Field(None, description="Password for Kafka.")
    kafka_ca_file: Path | None = Field(None, description="Certificate authorities that vouch for the brokers.")
    kafka_certificate_file: Path | None = Field(None, description="This client's certificate.")
    kafka_key_file: Path | None = Field(None, description="The key of this client's certificate.")
    ledger_folder: Path | None = Field(
        None,
        description="Where checkpoints and tiles are put; without it <data>/ledger/<district>. Best on another disk.",
    )
    ledger_origin: str | None = Field(
        None, description="The name of the district's log in checkpoints; without it jiedao.<district>/log."
    )
    ledger_key_file: Path | None = Field(
        None,
        description="The key that signs checkpoints; without it <data>/keys/ledger-<district>.key, made at first.",
    )
    ledger_seconds: int = Field(5, ge=1, le=3600, description="How often what was appended is sealed, in seconds.")
    ledger_witnesses: str = Field("", description="Verifier keys of witnesses whose cosignatures are taken, by commas.")
    ledger_push_url: str | None = Field(
        None, description="Address of this log alone, below which checkpoints and tiles are also put, by HTTP PUT."
    )
    ledger_push_token: SecretStr | None = Field(None, description="Bearer token for that address.")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="Least severe lines to log.")
    log_format: str = Field("text", pattern="^(text|json)$", description="text for people, json for programs.")
    log_file: Path | None = Field(None, description="Write the log here instead of to standard error.")

    @property
    def files_folder(self) -> Path:
        """Photos, attachments, and the contents of boundary sets and class tables, by their hash."""
        return self.data / "files"

    @property
    def archives(self) -> Path:
        """Where archives of the log are."""
        return self.archive_folder or own_archives(self.data, self.district)

    @property
    def embedded_folder(self) -> Path:
        """The embedded PostgreSQL."""
        return self.data / "postgres"

    @property
    def published_folder(self) -> Path:
        """Where checkpoints and tiles are published."""
        return self.ledger_folder or own_ledger(self.data, self.district, self.log_origin)

    @property
    def log_origin(self) -> str:
        """The name of the district's log in checkpoints."""
        return self.ledger_origin or f"jiedao.{self.district}/log"

    @property
    def signing_key_file(self) -> Path:
        """Where the key that signs checkpoints is."""
        return self.ledger_key_file or own_signing_key(self.data, self.district)

    @property
    def root_key_file(self) -> Path:
        """Where the root key is read from when it does not come by the environment."""
        return self.vault_key_file or self.data / "keys" / "root.key"


def without_secrets(settings: Settings) -> Settings:
    """Return the settings as a process may have them that opens nothing by them: without keys, passwords, addresses."""
    secret = {name for name, field in Settings.model_fields.items() if SecretStr in get_args(field.annotation)}
    return settings.model_copy(update=dict.fromkeys(secret | {"database_url", "database_owner_url"}))


def load_settings(**given: object) -> Settings:
    """Read the settings from the environment; what is ``given`` (and not ``None``) outweighs it.

    Raises ConfigurationError that names each wrong setting.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # pydantic checks them
    except ValidationError as error:
        faults = "; ".join(f"{PREFIX}{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise ConfigurationError(f"settings that are not acceptable: {faults}") from error
