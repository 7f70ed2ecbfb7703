-- Archived ranges leave the table of events and stay in the log (归档移除): the log is the table plus the archives.
--
-- What stays behind of each event that left is where it stood, in which stream, and when it was recorded: streams keep
-- their versions, moments their positions. Which file holds the rest stands in event_removal.

-- A removal names the event that records it by stream and version: its position is known only when it is appended, which
-- comes last, under the log's lock, when all else is done.
ALTER TABLE event_removal
    ADD COLUMN recorded_stream  uuid,
    ADD COLUMN recorded_version integer,
    ADD COLUMN archive_file     text,     -- its name in the folder of the archives; none where it left by hand before
    ADD COLUMN tree_size        bigint;   -- of the checkpoint that the archive carries
ALTER TABLE event_removal DISABLE TRIGGER keep_the_past;
UPDATE event_removal AS r SET recorded_stream = e.originator_id, recorded_version = e.originator_version
FROM event AS e WHERE e.position = r.recorded_position;
ALTER TABLE event_removal ENABLE ALWAYS TRIGGER keep_the_past;
ALTER TABLE event_removal DROP COLUMN recorded_position,
    ADD CONSTRAINT event_removal_file CHECK (archive_file ~ '^[A-Za-z0-9._-]+$');

CREATE TABLE removed_event (
    position            bigint      PRIMARY KEY,
    originator_id       uuid        NOT NULL,
    originator_version  integer     NOT NULL,
    recorded_at         timestamptz NOT NULL,
    CONSTRAINT removed_event_stream UNIQUE (originator_id, originator_version)
);
CREATE TRIGGER keep_the_past BEFORE UPDATE OR DELETE ON removed_event
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_past();
CREATE TRIGGER keep_all_of_the_past BEFORE TRUNCATE ON removed_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_past();
ALTER TABLE removed_event ENABLE ALWAYS TRIGGER keep_the_past;
ALTER TABLE removed_event ENABLE ALWAYS TRIGGER keep_all_of_the_past;

-- When the event at a position was recorded, wherever it is; none beyond the log.
CREATE FUNCTION recorded_at_of(of_position bigint) RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT e.recorded_at FROM event AS e WHERE e.position = of_position),
                (SELECT r.recorded_at FROM removed_event AS r WHERE r.position = of_position));

-- As before (0005), also where events have left the table.
CREATE OR REPLACE FUNCTION position_as_of(moment timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    low     bigint := 0;
    high    bigint := (SELECT coalesce(max(position), 0) FROM event);
    middle  bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF coalesce((SELECT e.recorded_at FROM event AS e WHERE e.position = middle),
                    (SELECT r.recorded_at FROM removed_event AS r WHERE r.position = middle)) <= moment THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

-- A version that left with an archive cannot be appended again: the constraint event_stream sees the table alone. The
-- trigger is made with the first removal; until then an append pays nothing for it.
CREATE FUNCTION refuse_versions_that_were_removed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM appended AS a JOIN removed_event AS r
               ON r.originator_id = a.originator_id AND r.originator_version = a.originator_version) THEN
        RAISE EXCEPTION 'this version of this stream was recorded before, and archived'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'event_stream', TABLE = 'event';
    END IF;
    RETURN NULL;
END
$$;

-- Removal, in one transaction: begin_removal, remove_events until all of the range is gone, the append of the event that
-- records it, end_removal. Whoever calls them has looked at what the law and the district's rules ask (every case ended,
-- no hold) and has compared every event with the archive; jiedao/store/removal.py does. For the schema's owner alone.
DROP FUNCTION remove_events(bigint, bigint, text, text, text, text, bigint);

-- Permits the removal of a range, and says by whom and why; returns its number. The range must be sealed, and not the
-- sealed log's end; no range is removed twice.
CREATE FUNCTION begin_removal(
    first_position bigint, last_position bigint, reason text, approver text, second_approver text,
    archive_sha256 text, archive_file text, tree_size bigint, recorded_stream uuid, recorded_version integer
) RETURNS bigint
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A52454D'::bigint);  -- "JREM": one removal at a time
    IF last_position >= coalesce((SELECT max(c.size) FROM checkpoint AS c), 0) THEN
        RAISE EXCEPTION 'the events up to % are not all sealed, with a later one', last_position USING ERRCODE = 'JD012';
    END IF;
    IF EXISTS (SELECT FROM event_removal AS r
               WHERE r.first_position <= last_position AND r.last_position >= first_position) THEN
        RAISE EXCEPTION 'some of the positions % to % were removed before', first_position, last_position
            USING ERRCODE = 'JD012';
    END IF;
    INSERT INTO event_removal (first_position, last_position, reason, approver, second_approver, archive_sha256,
                               archive_file, tree_size, recorded_stream, recorded_version)
    VALUES (first_position, last_position, reason, approver, second_approver, archive_sha256, archive_file, tree_size,
            recorded_stream, recorded_version)
    RETURNING removal INTO number;
    RETURN number;
END
$$;

-- Removes the events of a removal's range between two positions; returns how many they were. Takes no lock of the log's:
-- nobody changes or reads them for appending, and until the commit everybody sees them.
CREATE FUNCTION remove_events(of_removal bigint, from_position bigint, to_position bigint) RETURNS bigint
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    removed bigint;
BEGIN
    PERFORM FROM event_removal AS r
        WHERE r.removal = of_removal AND from_position >= r.first_position AND to_position <= r.last_position;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the positions % to % are not of the removal %', from_position, to_position, of_removal
            USING ERRCODE = 'JD012';
    END IF;
    INSERT INTO removed_event (position, originator_id, originator_version, recorded_at)
    SELECT e.position, e.originator_id, e.originator_version, e.recorded_at FROM event AS e
    WHERE e.position BETWEEN from_position AND to_position;
    DELETE FROM event AS e WHERE e.position BETWEEN from_position AND to_position;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

-- Ends a removal, under the log's lock. Raises JD013 where something was recorded of one of the streams of the range, or
-- of the streams beside it on which the decision rests, beyond the position up to which was looked.
CREATE FUNCTION end_removal(of_removal bigint, beside uuid[], looked_to bigint) RETURNS void
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A4C4F47'::bigint);  -- "JLOG", the log's own: nothing is appended meanwhile
    IF EXISTS (
        SELECT FROM event AS e WHERE e.position > looked_to AND (
            e.originator_id = ANY (beside)
            OR EXISTS (SELECT FROM removed_event AS r JOIN event_removal AS o
                       ON o.removal = of_removal AND r.position BETWEEN o.first_position AND o.last_position
                       WHERE r.originator_id = e.originator_id))
    ) THEN
        RAISE EXCEPTION 'something of the range was recorded meanwhile' USING ERRCODE = 'JD013';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'event'::regclass AND tgname = 'keep_versions') THEN
        CREATE TRIGGER keep_versions AFTER INSERT ON event REFERENCING NEW TABLE AS appended
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_versions_that_were_removed();
        ALTER TABLE event ENABLE ALWAYS TRIGGER keep_versions;
    END IF;
END
$$;

-- Nothing half done is ever committed, whoever calls what: all of the range has left, all that stays behind is there, and
-- an event of the log tells of it. The first is looked at before the log's lock is taken (SET CONSTRAINTS), as it counts.
CREATE FUNCTION refuse_half_a_removal() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM event AS e WHERE e.position BETWEEN NEW.first_position AND NEW.last_position)
       OR (SELECT count(*) FROM removed_event AS r WHERE r.position BETWEEN NEW.first_position AND NEW.last_position)
          <> NEW.last_position - NEW.first_position + 1 THEN
        RAISE EXCEPTION 'the positions % to % have not all left', NEW.first_position, NEW.last_position
            USING ERRCODE = 'JD012';
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION refuse_an_untold_removal() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM event AS e WHERE e.originator_id = NEW.recorded_stream
                   AND e.originator_version = NEW.recorded_version AND e.topic = 'jiedao.range_removal.carried_out') THEN
        RAISE EXCEPTION 'no event of the log tells of the removal of the positions % to %',
            NEW.first_position, NEW.last_position USING ERRCODE = 'JD012';
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER whole_removal AFTER INSERT ON event_removal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_half_a_removal();
CREATE CONSTRAINT TRIGGER told_removal AFTER INSERT ON event_removal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse_an_untold_removal();
ALTER TABLE event_removal ENABLE ALWAYS TRIGGER whole_removal;
ALTER TABLE event_removal ENABLE ALWAYS TRIGGER told_removal;

REVOKE ALL ON removed_event FROM jiedao_app;
GRANT SELECT ON removed_event TO jiedao_app;
REVOKE ALL ON FUNCTION begin_removal, remove_events, end_removal FROM PUBLIC;
