"""What ``PERSISTENCE_MODULE=jiedao.store.factory`` gives the library: recorder, mapper, and their connections."""

from __future__ import annotations

from pathlib import Path

from eventsourcing.persistence import InfrastructureFactory, Mapper, Transcoder
from eventsourcing.utils import Environment, EnvType

from jiedao.domain.errors import ConfigurationError
from jiedao.store.archive_reading import ArchiveReader
from jiedao.store.database import Database
from jiedao.store.follow import LogFollower
from jiedao.store.mapper import TypedMapper
from jiedao.store.recorder import JiedaoRecorder
from jiedao.store.writer import GroupCommitWriter

DATABASE_URL = "JIEDAO_DATABASE_URL"
MAX_CONNECTIONS = "JIEDAO_DATABASE_MAX_CONNECTIONS"
ARCHIVES = "JIEDAO_ARCHIVE_FOLDER"


def environment(database_url: str, connections: int, archives: Path) -> dict[str, str]:
    """Write what an application on this store is made of."""
    return {DATABASE_URL: database_url, MAX_CONNECTIONS: str(connections), ARCHIVES: str(archives)}


class JiedaoFactory(InfrastructureFactory[JiedaoRecorder]):
    """Makes one recorder, whatever kind is asked for, and closes what it made.

    Its environment names the database (``JIEDAO_DATABASE_URL``) and the size of the pool that it reads with
    (``JIEDAO_DATABASE_MAX_CONNECTIONS``, 8), and the folder of the archives (``JIEDAO_ARCHIVE_FOLDER``). Nothing
    connects before the first use.
    """

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._recorder: JiedaoRecorder | None = None
        if self.env.get("AGGREGATE_CACHE_MAXSIZE"):
            raise ConfigurationError("remove AGGREGATE_CACHE_MAXSIZE: the aggregate cache copies outside its lock")

    def mapper(self, transcoder: Transcoder | None = None, mapper_class: type[Mapper] | None = None) -> Mapper:  # type: ignore[type-arg]  # the platform's events have UUIDs
        """Make the mapper: the typed one, unless the environment names another."""
        if mapper_class is None and not self.env.get(self.MAPPER_TOPIC):
            mapper_class = TypedMapper
        return super().mapper(transcoder, mapper_class)

    def application_recorder(self) -> JiedaoRecorder:
        """Return the recorder; raises ConfigurationError where no database is named."""
        if self._recorder is None:
            url = self.env.get(DATABASE_URL)
            if not url:
                raise ConfigurationError(f"set {DATABASE_URL} to the address of the district's database")
            connections = int(self.env.get(MAX_CONNECTIONS) or 8)
            database = Database(url, max_connections=connections)
            folder = self.env.get(ARCHIVES)
            archives = ArchiveReader(Path(folder) if folder else None)
            self._recorder = JiedaoRecorder(database, GroupCommitWriter(url), LogFollower(url), archives)
        return self._recorder

    def aggregate_recorder(self, purpose: str = "events") -> JiedaoRecorder:
        """Return the recorder; raises ConfigurationError for snapshots, which this store does not keep."""
        if purpose != "events":
            raise ConfigurationError(f"the store keeps no {purpose}: one incident's stream is short enough to read")
        return self.application_recorder()

    def process_recorder(self) -> JiedaoRecorder:
        """Return the recorder."""
        return self.application_recorder()

    def tracking_recorder(self, tracking_recorder_class: type[JiedaoRecorder] | None = None) -> JiedaoRecorder:
        """Return the recorder; raises ConfigurationError for another class, projections keep their own tracking."""
        if tracking_recorder_class not in {None, JiedaoRecorder}:
            raise ConfigurationError(f"the store records tracking itself, not by {tracking_recorder_class}")
        return self.application_recorder()

    def close(self) -> None:
        """Append what waits, then close everything that was made here."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.writer.close()
            recorder.follower.close()
            recorder.database.close()
