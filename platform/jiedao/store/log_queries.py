"""The log's queries, named: what each answers, and nothing of how it is asked for."""

from __future__ import annotations

# Where nothing has ever left the table, streams are read from it alone, and cost what that costs: the condition is
# looked at once for a statement. Where something has, these answer nothing, whoever removed it a moment ago, and the
# others are asked. There, an event that has left the table stands with its position in place of its state, without a
# topic.
_STREAM = b"""
SELECT originator_id, originator_version, topic, state, metadata FROM event
WHERE originator_id = %(stream)s AND originator_version > %(gt)s AND originator_version <= %(lte)s
"""
_LEFT = b"""
UNION ALL
SELECT originator_id, originator_version, NULL, int8send(position), NULL FROM removed_event
WHERE originator_id = %(stream)s AND originator_version > %(gt)s AND originator_version <= %(lte)s
"""
_NOTHING_LEFT = b"AND NOT EXISTS (SELECT FROM event_removal)\n"
_OLDEST_FIRST = b"ORDER BY originator_version LIMIT %(limit)s"
_NEWEST_FIRST = b"ORDER BY originator_version DESC LIMIT %(limit)s"

STREAM = _STREAM + _NOTHING_LEFT + _OLDEST_FIRST
"""The events of one stream within a range of versions, oldest first, where nothing has left the table."""

STREAM_BACKWARDS = _STREAM + _NOTHING_LEFT + _NEWEST_FIRST
"""The same, newest first."""

WHOLE_STREAM = _STREAM + _LEFT + _OLDEST_FIRST
"""The events of one stream within a range of versions, oldest first, wherever they are."""

WHOLE_STREAM_BACKWARDS = _STREAM + _LEFT + _NEWEST_FIRST
"""The same, newest first."""

# One index scan for each stream, whatever the planner believes of the tables' sizes.
STREAMS = b"""
SELECT e.originator_id, e.originator_version, e.topic, e.state, e.metadata
FROM unnest(%b) AS s (id)
CROSS JOIN LATERAL (
    SELECT * FROM event WHERE originator_id = s.id ORDER BY originator_version OFFSET 0
) AS e
WHERE NOT EXISTS (SELECT FROM event_removal)
"""
"""The events of many streams, each oldest first, where nothing has left the table."""

WHOLE_STREAMS = b"""
SELECT e.originator_id, e.originator_version, e.topic, e.state, e.metadata
FROM unnest(%b) AS s (id)
CROSS JOIN LATERAL (
    SELECT originator_id, originator_version, topic, state, metadata FROM event WHERE originator_id = s.id
    UNION ALL
    SELECT originator_id, originator_version, NULL, int8send(position), NULL FROM removed_event
    WHERE originator_id = s.id
    ORDER BY originator_version OFFSET 0
) AS e
"""
"""The events of many streams, each oldest first, wherever they are."""

NOTIFICATIONS = b"""
SELECT position, originator_id, originator_version, topic, state, metadata FROM event
WHERE position >= %(first)s AND position <= %(last)s AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s::text[]))
ORDER BY position LIMIT %(limit)s
"""
"""Events within a range of positions, of all topics or of some."""

LOG = b"""
SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash FROM event
WHERE position > %s ORDER BY position LIMIT %s
"""
"""Whole entries beyond a position."""

AT = b"""
SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash FROM event
WHERE position = ANY(%s::bigint[])
"""
"""The whole entries at positions, as far as they are in the table."""

RECORDED_AT = b"SELECT recorded_at_of(%s)"
"""When the event at a position was recorded, wherever it is."""

REMOVED = b"""
SELECT first_position, last_position, archive_file, archive_sha256 FROM event_removal ORDER BY first_position
"""
"""The ranges that have left the table, and the archives that hold them."""

STREAM_ENTRIES = b"""
SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash FROM event
WHERE originator_id = ANY(%(streams)s)
UNION ALL
SELECT position, originator_id, originator_version, NULL, NULL, NULL, recorded_at, NULL FROM removed_event
WHERE originator_id = ANY(%(streams)s)
ORDER BY position
"""
"""The whole entries of streams, oldest first; of one that has left the table, where and when it stood."""

# The condition is that of the index event_reference, to the letter.
ADOPTIONS = b"""
SELECT position, originator_id, originator_version, topic, state, metadata, recorded_at, leaf_hash FROM event
WHERE topic IN ('jiedao.boundary_set.adopted', 'jiedao.class_table.adopted', 'jiedao.routing_rules.adopted')
ORDER BY position
"""
"""The whole entries by which boundary sets, class tables and routing rules were adopted."""

# One index look-up for each key, whatever the planner believes of the table's size.
ANSWERS = b"""
SELECT a.scope, a.key, a.request_mac, a.first_position, a.event_count, a.recorded_at, a.answer
FROM unnest(%b, %b) AS k (scope, key)
CROSS JOIN LATERAL (SELECT * FROM idempotency_key WHERE scope = k.scope AND key = k.key OFFSET 0) AS a
"""
"""What units were answered with when they were recorded under their keys."""

HEAD = b"SELECT max(position) FROM event"
"""The last position; none in an empty log."""

TRACKED = b"SELECT position FROM tracking WHERE application_name = %s"
"""How far a follower of the log has come."""

TRACK = b"""
INSERT INTO tracking AS t (application_name, position) VALUES (%s, %s)
ON CONFLICT (application_name) DO UPDATE SET position = excluded.position WHERE t.position < excluded.position
"""
"""Moves a follower's position forward; changes no row when it is there already."""
