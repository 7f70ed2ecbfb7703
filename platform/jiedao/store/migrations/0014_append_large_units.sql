-- Large units are appended with less work; docs/adr/0026 says what was measured.

-- An event of two kilobytes or more mostly holds ciphertext, which does not get smaller: trying to compress it took a
-- sixth of the time of an append, and gave nothing. Only what is written from now on is stored so.
ALTER TABLE event ALTER COLUMN state SET STORAGE EXTERNAL;

-- As before (0002), but rows go straight from the arrays into the tables. What a function in FROM returns is first
-- written out whole, and as a large unit is larger than work_mem, it went through a file.
--
-- Writes units after position "base", all or none. The caller holds the log's lock.
-- Raises unique_violation, or SQLSTATE JD001 when an offset, JD002 when a tracking position is not where it should be.
CREATE OR REPLACE FUNCTION write_units(
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
        SELECT e.place, e.id, e.version, e.topic, moment, e.state, e.metadata,
               event_leaf_hash(e.place, e.id, e.version, micros, e.topic, e.state, e.metadata)
        FROM (SELECT generate_series(base + 1, base + cardinality(event_id)) AS place, unnest(event_id) AS id,
                     unnest(event_version) AS version, unnest(event_topic) AS topic, unnest(event_state) AS state,
                     unnest(event_metadata) AS metadata) AS e;
    END IF;

    IF cardinality(inbox_source) > 0 THEN
        INSERT INTO inbox (source, external_id, revision, outcome, content_mac, transport, origin, received_at,
                           recorded_at, incident_id, dead_letter_id)
        SELECT unnest(inbox_source), unnest(inbox_external_id), unnest(inbox_revision), unnest(inbox_outcome),
               unnest(inbox_mac), unnest(inbox_transport), unnest(inbox_origin), unnest(inbox_received_at),
               moment, unnest(inbox_incident), unnest(inbox_dead_letter);
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

-- Keeps new keys, all or none; false where one of their subjects has a key that lives, or their number is taken: then
-- keep_subject_keys says what holds. Nearly always it is true, and a row that need not look out for others costs half.
CREATE FUNCTION keep_new_subject_keys(
    new_subject text[], new_generation integer[], new_key_id text[], new_wrapped_key bytea[],
    for_algorithm text, by_wrapping_algorithm text, by_wrapping_key text
) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO subject_key (
        subject, generation, key_id, wrapped_key, algorithm, wrapping_algorithm, wrapping_key
    )
    SELECT n.subject, n.generation, n.key_id, n.wrapped_key, for_algorithm, by_wrapping_algorithm, by_wrapping_key
    FROM unnest(new_subject, new_generation, new_key_id, new_wrapped_key)
        AS n (subject, generation, key_id, wrapped_key)
    ORDER BY n.subject;  -- so that two who make the same ones wait for each other in the same order
    RETURN true;
EXCEPTION
    WHEN unique_violation THEN
        RETURN false;
END
$$;
REVOKE ALL ON FUNCTION keep_new_subject_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_new_subject_keys TO jiedao_app;
