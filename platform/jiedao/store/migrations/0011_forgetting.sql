-- Forgetting a reporter: keys are destroyed in the transaction that records it, and nothing that was sealed under them
-- is appended afterwards.

-- How often keys were destroyed. Whoever seals looks here first, and appends only where nothing was destroyed since.
CREATE TABLE key_destruction (
    the_only_row    boolean     PRIMARY KEY DEFAULT true CHECK (the_only_row),
    times           bigint      NOT NULL
);
INSERT INTO key_destruction (times) VALUES (0);

-- Which requests to erase there were, and which were carried out: few, and asked for at every start.
CREATE INDEX event_erasure ON event (position)
    WHERE topic IN ('jiedao.erasure_request.asked', 'jiedao.erasure_request.carried_out');

-- Destroys living keys for ever; answers which they were. Under the log's lock, so that a unit is appended either
-- before, or after and knows of it. A key that the table does not hold, because an older backup was restored, leaves a
-- destroyed row all the same: its id is never given to another key.
CREATE FUNCTION destroy_keys(of_key text[], why text) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A4C4F47'::bigint);  -- "JLOG", the log's own
    INSERT INTO subject_key (key_id, subject, generation, algorithm, wrapping_algorithm, wrapping_key, destroyed_at,
                             destroyed_reason)
    SELECT u.key, regexp_replace(u.key, '\.[0-9]+$', ''), substring(u.key FROM '\.([0-9]+)$')::integer, '', '', '',
           now(), why
    FROM unnest(of_key) AS u (key)
    WHERE u.key ~ '\.[0-9]+$' AND NOT EXISTS (SELECT FROM subject_key AS k WHERE k.key_id = u.key)
    ON CONFLICT DO NOTHING;
    RETURN QUERY
        UPDATE subject_key AS k SET wrapped_key = NULL, destroyed_at = now(), destroyed_reason = why
        WHERE k.key_id = ANY (of_key) AND k.destroyed_at IS NULL
        RETURNING k.key_id;
    IF FOUND THEN
        UPDATE key_destruction SET times = times + 1;
    END IF;
END
$$;

-- As before, by subjects: all their living keys.
CREATE OR REPLACE FUNCTION destroy_subject_keys(of_subject text[], reason text) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT d FROM destroy_keys(
        ARRAY(SELECT k.key_id FROM subject_key AS k WHERE k.subject = ANY (of_subject) AND k.destroyed_at IS NULL),
        reason) AS d;
$$;

-- Destroys the living keys of subjects, where these are exactly the keys that were meant and nothing of theirs was
-- recorded beyond the position up to which was looked: no report sealed under one of the keys, nothing in one of the
-- streams. Raises JD021 where other keys live by now, JD022 where something was recorded.
CREATE FUNCTION erase_subjects(of_subject text[], of_key text[], of_stream uuid[], looked_to bigint, why text)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A4C4F47'::bigint);
    IF ARRAY(SELECT k.key_id FROM subject_key AS k WHERE k.subject = ANY (of_subject) AND k.destroyed_at IS NULL
             ORDER BY k.key_id)
       IS DISTINCT FROM ARRAY(SELECT u FROM unnest(of_key) AS u ORDER BY u) THEN
        RAISE EXCEPTION 'other keys live by now than those that were meant' USING ERRCODE = 'JD021';
    END IF;
    IF EXISTS (
        SELECT FROM event AS e
        WHERE e.position > looked_to AND (
            e.originator_id = ANY (of_stream)
            OR e.topic IN ('jiedao.incident.received', 'jiedao.incident.revised',
                           'jiedao.incident.late_revision_recorded', 'jiedao.dead_letter.set_aside')
               AND EXISTS (SELECT FROM unnest(of_key) AS u WHERE position(convert_to(u, 'UTF8') IN e.state) > 0))
    ) THEN
        RAISE EXCEPTION 'something of theirs was recorded meanwhile' USING ERRCODE = 'JD022';
    END IF;
    PERFORM destroy_keys(of_key, why);
END
$$;

-- Lets an append go on only where no key was destroyed since its units were sealed; raises JD020 otherwise.
CREATE FUNCTION require_living_keys(seen bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A4C4F47'::bigint);
    IF seen <> (SELECT d.times FROM key_destruction AS d) THEN
        RAISE EXCEPTION 'keys were destroyed since this was sealed' USING ERRCODE = 'JD020';
    END IF;
    RETURN true;
END
$$;

REVOKE ALL ON key_destruction FROM jiedao_app;
GRANT SELECT ON key_destruction TO jiedao_app;
REVOKE ALL ON FUNCTION destroy_keys, erase_subjects, require_living_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION destroy_keys, erase_subjects, require_living_keys TO jiedao_app;
