-- One row for each stretch of positions [from_position, to_position) in which an incident stood unchanged in a queue.
CREATE TABLE task_queue (
    incident_id      uuid        NOT NULL,
    from_position    bigint      NOT NULL,
    to_position      bigint,               -- NULL: it stands there now
    state            text        NOT NULL,
    street_code      text,
    platform         text,
    priority         smallint,
    due_at           timestamptz,
    due_provisional  boolean     NOT NULL,
    due_clock        text,                 -- the clock that due_at is the end of
    title            text        NOT NULL,
    address          text        NOT NULL,
    class_code       text,
    class_name       text,
    source_class     text,                 -- by the source's own code
    source           text        NOT NULL,
    external_id      text        NOT NULL,
    lifecycle        text        NOT NULL,
    received_at      timestamptz NOT NULL,
    upstream_refusal text,
    -- What a queue is ordered by, without NULL, so that a page begins after a row by one comparison.
    sort_priority    smallint    GENERATED ALWAYS AS (coalesce(priority, 9)) STORED,
    sort_due         timestamptz GENERATED ALWAYS AS (coalesce(due_at, 'infinity'::timestamptz)) STORED,
    -- The power of two that its length reaches; NULL while it stands: see projections/held_then.py.
    span             smallint    GENERATED ALWAYS AS
                                 (floor(ln((to_position - from_position)::float8) / ln(2::float8))::smallint) STORED,
    PRIMARY KEY (incident_id, from_position),
    CHECK (to_position > from_position)
);
CREATE INDEX ON task_queue (street_code, platform, sort_priority, sort_due, incident_id) WHERE to_position IS NULL;
CREATE INDEX ON task_queue (sort_priority, sort_due, incident_id) WHERE to_position IS NULL AND state = 'triage';
-- For queues as of the past: what held then.
CREATE INDEX ON task_queue (span, to_position) WHERE to_position IS NOT NULL;
