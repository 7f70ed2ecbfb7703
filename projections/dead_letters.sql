-- One row per record that was set aside, and what was done about it; its bytes stay sealed in the log.
CREATE TABLE dead_letters (
    dead_letter_id    uuid        PRIMARY KEY,
    source            text        NOT NULL,
    external_id       text,
    reason            text        NOT NULL,
    detail            text        NOT NULL,
    pointer           text,
    faults            jsonb       NOT NULL,  -- all that is wrong: reason, detail and pointer of each, the first as above
    size              bigint      NOT NULL,  -- bytes
    key_id            text        NOT NULL,
    transport         text,
    origin            text,
    set_aside_at      timestamptz NOT NULL,
    resolved          boolean     NOT NULL,
    replays           integer     NOT NULL,
    last_outcome      text,
    last_detail       text,
    last_replayed_at  timestamptz,
    incident_id       uuid,
    first_position    bigint      NOT NULL,
    last_position     bigint      NOT NULL,
    erased            boolean     NOT NULL   -- its bytes cannot be read any more (已删除)
);
CREATE UNIQUE INDEX ON dead_letters (first_position);
CREATE INDEX ON dead_letters (source, first_position);
