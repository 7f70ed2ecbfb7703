-- The one server call that writes a group of units, and who may do what to the log.
--
-- append_units takes a group of units as flat arrays (each unit owns the next so many entries of each kind), takes
-- the log's lock, and tries to write all of them at once. When anything conflicts it rolls that attempt back and
-- writes unit by unit, so that exactly the units that conflict fail. The lock lives inside this one call.

-- What an event's leaf hash is computed over; jiedao/store/leaf.py is its twin and describes the form.
-- Neither STRICT nor IMMUTABLE (convert_to is not), so that the planner puts the expression in the caller's place; no argument is ever null. The brackets
-- keep the long parts from being copied more often than needed.
CREATE FUNCTION event_leaf_hash(
    "position" bigint, originator_id uuid, originator_version integer, recorded_micros bigint,
    topic text, state bytea, metadata bytea
) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN sha256(
    ('\x00'::bytea || 'jiedao.leaf.1/sha256'::bytea || int8send("position") || uuid_send(originator_id)
        || int4send(originator_version) || int8send(recorded_micros)
        || int4send(octet_length(convert_to(topic, 'UTF8'))) || convert_to(topic, 'UTF8') || int4send(octet_length(state)))
    || (state || (int4send(octet_length(metadata)) || metadata))
);

COMMENT ON COLUMN event.leaf_hash IS
    'SHA-256 over 0x00 and the canonical form jiedao.leaf.1/sha256; see event_leaf_hash()';

-- Microseconds since 1970-01-01 UTC, exactly.
CREATE FUNCTION epoch_micros(moment timestamptz) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (extract(epoch FROM moment) * 1000000)::bigint;

-- Writes units after position "base", all or none. The caller holds the log's lock.
-- Raises unique_violation, or SQLSTATE JD001 when an offset, JD002 when a tracking position is not where it should be.
CREATE FUNCTION write_units(
    base bigint, moment timestamptz,
    unit_scope text[], unit_key text[], unit_mac bytea[], unit_answer bytea[], unit_events integer[],
    event_id uuid[], event_version integer[], event_topic text[], event_state bytea[], event_metadata bytea[],
    inbox_source text[], inbox_external_id text[], inbox_revision bigint[], inbox_outcome text[], inbox_mac bytea[],
    inbox_transport text[], inbox_origin text[], inbox_received_at timestamptz[], inbox_incident uuid[],
    inbox_dead_letter uuid[],
    offset_group text[], offset_topic text[], offset_partition integer[], offset_expected bigint[],
    offset_next bigint[],
    tracking_name text[], tracking_position bigint[]
) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    micros  bigint := epoch_micros(moment);
    moved   bigint;
BEGIN
    INSERT INTO idempotency_key (scope, key, request_mac, first_position, event_count, recorded_at, answer)
    SELECT u.scope, u.key, u.mac,
           CASE WHEN u.events > 0 THEN base + 1 + sum(u.events) OVER (ORDER BY u.number) - u.events END,
           u.events, moment, u.answer
    FROM unnest(unit_scope, unit_key, unit_mac, unit_answer, unit_events)
        WITH ORDINALITY AS u (scope, key, mac, answer, events, number);

    IF cardinality(event_id) > 0 THEN
        INSERT INTO event (position, originator_id, originator_version, topic, recorded_at, state, metadata, leaf_hash)
        SELECT base + e.number, e.id, e.version, e.topic, moment, e.state, e.metadata,
               event_leaf_hash(base + e.number, e.id, e.version, micros, e.topic, e.state, e.metadata)
        FROM unnest(event_id, event_version, event_topic, event_state, event_metadata)
            WITH ORDINALITY AS e (id, version, topic, state, metadata, number);
    END IF;

    IF cardinality(inbox_source) > 0 THEN
        INSERT INTO inbox (source, external_id, revision, outcome, content_mac, transport, origin, received_at,
                           recorded_at, incident_id, dead_letter_id)
        SELECT i.source, i.external_id, i.revision, i.outcome, i.mac, i.transport, i.origin, i.received_at,
               moment, i.incident, i.dead_letter
        FROM unnest(inbox_source, inbox_external_id, inbox_revision, inbox_outcome, inbox_mac, inbox_transport,
                    inbox_origin, inbox_received_at, inbox_incident, inbox_dead_letter)
            AS i (source, external_id, revision, outcome, mac, transport, origin, received_at, incident, dead_letter);
    END IF;

    IF cardinality(offset_group) > 0 THEN
        INSERT INTO feed_offset (consumer_group, topic, partition, next_offset)
        SELECT o.consumer_group, o.topic, o.part, o.next
        FROM unnest(offset_group, offset_topic, offset_partition, offset_expected, offset_next)
            AS o (consumer_group, topic, part, expected, next)
        WHERE o.expected IS NULL;

        UPDATE feed_offset AS f SET next_offset = o.next
        FROM unnest(offset_group, offset_topic, offset_partition, offset_expected, offset_next)
            AS o (consumer_group, topic, part, expected, next)
        WHERE f.consumer_group = o.consumer_group AND f.topic = o.topic AND f.partition = o.part
          AND f.next_offset = o.expected;
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> (SELECT count(e) FROM unnest(offset_expected) AS e) THEN
            RAISE EXCEPTION 'an offset is not where it was expected' USING ERRCODE = 'JD001';
        END IF;
    END IF;

    IF cardinality(tracking_name) > 0 THEN
        INSERT INTO tracking AS t (application_name, position)
        SELECT n.name, n.reached FROM unnest(tracking_name, tracking_position) AS n (name, reached)
        ON CONFLICT (application_name) DO UPDATE SET position = excluded.position
            WHERE t.position < excluded.position;
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved <> cardinality(tracking_name) THEN
            RAISE EXCEPTION 'a tracking position was already reached' USING ERRCODE = 'JD002';
        END IF;
    END IF;
END
$$;

-- Appends a group of units. The entries of unit n are those after the ones of units 1..n-1 in each family of arrays,
-- as many as unit_events, unit_inbox, unit_offsets and unit_tracking say.
--
-- Answers one row with outcome 'all' (everything was written; first_position is that of the group's first event), or
-- one row for each unit, in order: 'appended', 'replayed', or one of the conflicts 'key_reuse', 'version', 'inbox',
-- 'offset', 'tracking'.
--
-- recorded_at is later than that of everything recorded before, also when the clock was set back, so the events of
-- one call are one moment of the log and no other call shares it.
--
-- Runs with the rights of its owner: the application itself may not write to these tables.
CREATE FUNCTION append_units(
    unit_scope text[], unit_key text[], unit_mac bytea[], unit_answer bytea[],
    unit_events integer[], unit_inbox integer[], unit_offsets integer[], unit_tracking integer[],
    event_id uuid[], event_version integer[], event_topic text[], event_state bytea[], event_metadata bytea[],
    inbox_source text[], inbox_external_id text[], inbox_revision bigint[], inbox_outcome text[], inbox_mac bytea[],
    inbox_transport text[], inbox_origin text[], inbox_received_at timestamptz[], inbox_incident uuid[],
    inbox_dead_letter uuid[],
    offset_group text[], offset_topic text[], offset_partition integer[], offset_expected bigint[],
    offset_next bigint[],
    tracking_name text[], tracking_position bigint[]
) RETURNS TABLE (
    outcome text, first_position bigint, event_count integer, recorded_at timestamptz, answer bytea, detail text
)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    base        bigint;
    last_moment timestamptz;
    moment      timestamptz;
    known       idempotency_key%ROWTYPE;
    violated    text;
    e integer := 0; i integer := 0; o integer := 0; t integer := 0;      -- entries of the units before this one
    e2 integer; i2 integer; o2 integer; t2 integer;                      -- and including it
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A4C4F47'::bigint);  -- "JLOG"
    SELECT l.position, l.recorded_at INTO base, last_moment FROM event AS l ORDER BY l.position DESC LIMIT 1;
    base := coalesce(base, 0);
    moment := greatest(clock_timestamp(), last_moment + interval '1 microsecond');

    BEGIN
        PERFORM write_units(
            base, moment, unit_scope, unit_key, unit_mac, unit_answer, unit_events,
            event_id, event_version, event_topic, event_state, event_metadata,
            inbox_source, inbox_external_id, inbox_revision, inbox_outcome, inbox_mac, inbox_transport, inbox_origin,
            inbox_received_at, inbox_incident, inbox_dead_letter,
            offset_group, offset_topic, offset_partition, offset_expected, offset_next,
            tracking_name, tracking_position);
        RETURN QUERY SELECT 'all', base + 1, cardinality(event_id), moment, NULL::bytea, NULL::text;
        RETURN;
    EXCEPTION
        WHEN unique_violation OR cardinality_violation OR SQLSTATE 'JD001' OR SQLSTATE 'JD002' THEN
            NULL;  -- rolled back to here; now one by one
    END;

    FOR n IN 1 .. cardinality(unit_scope) LOOP
        e2 := e + unit_events[n]; i2 := i + unit_inbox[n]; o2 := o + unit_offsets[n]; t2 := t + unit_tracking[n];
        SELECT * INTO known FROM idempotency_key AS k WHERE k.scope = unit_scope[n] AND k.key = unit_key[n];
        IF FOUND THEN
            IF known.request_mac = unit_mac[n] THEN
                RETURN QUERY SELECT 'replayed', known.first_position, known.event_count, known.recorded_at,
                    known.answer, NULL::text;
            ELSE
                RETURN QUERY SELECT 'key_reuse', NULL::bigint, 0, known.recorded_at, NULL::bytea, NULL::text;
            END IF;
        ELSE
            BEGIN
                PERFORM write_units(
                    base, moment, unit_scope[n:n], unit_key[n:n], unit_mac[n:n], unit_answer[n:n], unit_events[n:n],
                    event_id[e+1:e2], event_version[e+1:e2], event_topic[e+1:e2], event_state[e+1:e2],
                    event_metadata[e+1:e2],
                    inbox_source[i+1:i2], inbox_external_id[i+1:i2], inbox_revision[i+1:i2], inbox_outcome[i+1:i2],
                    inbox_mac[i+1:i2], inbox_transport[i+1:i2], inbox_origin[i+1:i2], inbox_received_at[i+1:i2],
                    inbox_incident[i+1:i2], inbox_dead_letter[i+1:i2],
                    offset_group[o+1:o2], offset_topic[o+1:o2], offset_partition[o+1:o2], offset_expected[o+1:o2],
                    offset_next[o+1:o2],
                    tracking_name[t+1:t2], tracking_position[t+1:t2]);
                RETURN QUERY SELECT 'appended', CASE WHEN e2 > e THEN base + 1 END, e2 - e, moment,
                    unit_answer[n], NULL::text;
                base := base + e2 - e;
            EXCEPTION
                WHEN unique_violation THEN
                    GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME, detail = PG_EXCEPTION_DETAIL;
                    RETURN QUERY SELECT
                        CASE violated
                            WHEN 'event_stream' THEN 'version'
                            WHEN 'inbox_record' THEN 'inbox'
                            WHEN 'inbox_dead' THEN 'inbox'
                            WHEN 'feed_offset_pkey' THEN 'offset'
                            ELSE violated
                        END,
                        NULL::bigint, 0, moment, NULL::bytea, detail;
                WHEN SQLSTATE 'JD001' THEN
                    RETURN QUERY SELECT 'offset', NULL::bigint, 0, moment, NULL::bytea, NULL::text;
                WHEN SQLSTATE 'JD002' OR cardinality_violation THEN
                    RETURN QUERY SELECT 'tracking', NULL::bigint, 0, moment, NULL::bytea, NULL::text;
            END;
        END IF;
        e := e2; i := i2; o := o2; t := t2;
    END LOOP;
END
$$;

-- Who may do what. jiedao_app is the group of the roles under which the application logs in. It reads the log and
-- appends by append_units alone; UPDATE, DELETE and TRUNCATE of events are refused by PostgreSQL itself.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jiedao_app') THEN
        CREATE ROLE jiedao_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another district of this server was a moment faster
END
$$;
REVOKE ALL ON FUNCTION append_units FROM PUBLIC;
REVOKE ALL ON FUNCTION write_units FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_units TO jiedao_app;
GRANT SELECT ON event, idempotency_key, inbox, feed_offset, migration TO jiedao_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON tracking TO jiedao_app;
-- Tables of later migrations are the application's own to write, unless they say otherwise.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO jiedao_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO jiedao_app;
