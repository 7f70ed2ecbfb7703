-- The ledger: checkpoints over the log, what witnesses signed, and the triggers by which nobody, the owner of the schema
-- included, changes or removes what was recorded.

-- One row for each checkpoint that was signed. The published copy outside the database is what counts; this one serves
-- it and is compared with it.
CREATE TABLE checkpoint (
    origin      text        NOT NULL,  -- the name of the log
    size        bigint      NOT NULL,  -- of the positions 1 .. size
    root        bytea       NOT NULL,  -- of the RFC 6962 tree over their leaf hashes
    note        text        NOT NULL,  -- signed, as C2SP tlog-checkpoint writes it
    sealed_at   timestamptz NOT NULL,
    CONSTRAINT checkpoint_once PRIMARY KEY (origin, size),
    CONSTRAINT checkpoint_root CHECK (size > 0 AND octet_length(root) = 32)
);

-- What witnesses signed: that they saw this checkpoint, and that it goes on from the one that they saw before.
CREATE TABLE checkpoint_cosignature (
    entry       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    origin      text        NOT NULL,
    size        bigint      NOT NULL,
    witness     text        NOT NULL,  -- the name of its key
    line        text        NOT NULL,  -- as it stands in the note
    cosigned_at timestamptz NOT NULL,  -- as the witness says
    received_at timestamptz NOT NULL,
    received_from text      NOT NULL,  -- who brought it
    CONSTRAINT checkpoint_cosignature_once UNIQUE (origin, size, line),
    CONSTRAINT checkpoint_cosignature_of FOREIGN KEY (origin, size) REFERENCES checkpoint (origin, size)
);

-- The recorded procedure by which a range of positions leaves the log (归档移除): each row permits the removal of exactly
-- its range, and says why, who approved, which archive holds what was removed, and which event of the log tells of it.
CREATE TABLE event_removal (
    removal             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_position      bigint      NOT NULL,
    last_position       bigint      NOT NULL,
    reason              text        NOT NULL,
    approver            text        NOT NULL,
    second_approver     text        NOT NULL,
    archive_sha256      text        NOT NULL,  -- of the archive that was written before
    recorded_position   bigint      NOT NULL,  -- of the event that tells of the decision
    removed_at          timestamptz NOT NULL DEFAULT now(),
    removed_by          text        NOT NULL DEFAULT session_user,
    CONSTRAINT event_removal_range CHECK (first_position >= 1 AND last_position >= first_position),
    CONSTRAINT event_removal_reason CHECK (btrim(reason) <> ''),
    CONSTRAINT event_removal_two_approvers CHECK (
        btrim(approver) <> '' AND btrim(second_approver) <> ''
        AND lower(btrim(approver)) <> lower(btrim(second_approver))),
    CONSTRAINT event_removal_archive CHECK (archive_sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT event_removal_recorded CHECK (recorded_position NOT BETWEEN first_position AND last_position)
);
CREATE INDEX event_removal_positions ON event_removal (first_position, last_position);

-- Refuses to change or remove a row, whoever asks; an event may go where event_removal names its position.
CREATE FUNCTION refuse_to_change_the_past() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'event' THEN
        IF EXISTS (SELECT FROM event_removal AS r WHERE OLD.position BETWEEN r.first_position AND r.last_position) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% of % is refused: what was recorded is neither changed nor removed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'JD010',
              HINT = 'A mistake is corrected by a further event. A range is archived by remove_events(); see docs/audit.md.';
END
$$;

-- A checkpoint goes on from those before it and never beyond the log.
CREATE FUNCTION refuse_a_checkpoint_out_of_turn() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM checkpoint AS c WHERE c.origin = NEW.origin AND c.size >= NEW.size) THEN
        RAISE EXCEPTION 'a checkpoint of % events is not later than those before it', NEW.size USING ERRCODE = 'JD011';
    END IF;
    IF NEW.size > coalesce((SELECT max(position) FROM event), 0) THEN
        RAISE EXCEPTION 'the log has not % events', NEW.size USING ERRCODE = 'JD011';
    END IF;
    RETURN NEW;
END
$$;

-- ALWAYS: also where a session calls itself a replica.
DO $$
DECLARE
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['event', 'checkpoint', 'checkpoint_cosignature', 'event_removal'] LOOP
        EXECUTE format('CREATE TRIGGER keep_the_past BEFORE UPDATE OR DELETE ON %I'
                       ' FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_past()', kept);
        EXECUTE format('CREATE TRIGGER keep_all_of_the_past BEFORE TRUNCATE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_past()', kept);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER keep_the_past', kept);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER keep_all_of_the_past', kept);
    END LOOP;
END
$$;
CREATE TRIGGER in_turn BEFORE INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION refuse_a_checkpoint_out_of_turn();
ALTER TABLE checkpoint ENABLE ALWAYS TRIGGER in_turn;

-- Removes the events of a range, and records why; returns how many they were. The one way by which events leave the log.
--
-- The range must be sealed, end before the log's last event, and overlap no range that was removed before; the event
-- that tells of the decision must be in the log. Whoever calls it has checked what the law and the district's rules ask
-- (every case in it closed, no legal hold) and has written the archive. For the schema's owner alone.
CREATE FUNCTION remove_events(
    first_position bigint, last_position bigint, reason text, approver text, second_approver text,
    archive_sha256 text, recorded_position bigint
) RETURNS bigint
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    removed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(x'4A4C4F47'::bigint);  -- "JLOG", the log's own: nothing is appended meanwhile
    IF last_position > coalesce((SELECT max(c.size) FROM checkpoint AS c), 0) THEN
        RAISE EXCEPTION 'the events up to % are not all sealed yet', last_position USING ERRCODE = 'JD012';
    END IF;
    IF last_position >= coalesce((SELECT max(e.position) FROM event AS e), 0) THEN
        RAISE EXCEPTION 'the log''s last event cannot be removed' USING ERRCODE = 'JD012';
    END IF;
    IF NOT EXISTS (SELECT FROM event AS e WHERE e.position = recorded_position) THEN
        RAISE EXCEPTION 'no event at position % tells of the decision', recorded_position USING ERRCODE = 'JD012';
    END IF;
    IF EXISTS (SELECT FROM event_removal AS r
               WHERE r.first_position <= last_position AND r.last_position >= first_position) THEN
        RAISE EXCEPTION 'some of the positions % to % were removed before', first_position, last_position
            USING ERRCODE = 'JD012';
    END IF;
    INSERT INTO event_removal (first_position, last_position, reason, approver, second_approver, archive_sha256,
                               recorded_position)
    VALUES (first_position, last_position, reason, approver, second_approver, archive_sha256, recorded_position);
    DELETE FROM event AS e WHERE e.position BETWEEN first_position AND last_position;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END
$$;

-- The application adds checkpoints and cosignatures; it can neither change nor remove them, nor remove events.
REVOKE ALL ON checkpoint, checkpoint_cosignature, event_removal FROM jiedao_app;
GRANT SELECT, INSERT ON checkpoint, checkpoint_cosignature TO jiedao_app;
GRANT SELECT ON event_removal TO jiedao_app;
REVOKE ALL ON FUNCTION remove_events FROM PUBLIC;
