"""A process that takes batches in as :class:`tests.kafka_feeding.KeylessRecorder` does, on the database it is told."""

from __future__ import annotations

from ingest.intake_frames import read_frame
from ingest.intake_process import line_to_the_feed, take_in
from tests.kafka_feeding import KeylessRecorder

MODULE = __name__


def main() -> None:
    line = line_to_the_feed()
    recorder = KeylessRecorder((read_frame(line) or b"").decode())
    try:
        take_in(recorder, line)
    finally:
        recorder.writer.close()


if __name__ == "__main__":
    main()
