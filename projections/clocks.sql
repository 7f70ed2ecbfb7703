-- The rules that clocks run by, as they were recorded; the last one holds.
CREATE TABLE clock_rules (
    position  bigint PRIMARY KEY,
    version   text   NOT NULL,
    rules     text   NOT NULL   -- JSON, read whole
);

-- When each incident came where it stands: what its clocks are counted from.
CREATE TABLE clock_course (
    incident_id  uuid    PRIMARY KEY,
    open         boolean NOT NULL,
    course       text    NOT NULL   -- JSON, read whole
);

-- The clocks that run or stand still, one row each; none of an incident that has ended.
CREATE TABLE clock (
    incident_id  uuid        NOT NULL,
    clock        text        NOT NULL,
    task_id      text        NOT NULL,  -- '' where it is the incident's
    part         text        NOT NULL,  -- the label of one stage of a staged limit, else ''
    time_limit   text        NOT NULL,
    since        timestamptz NOT NULL,
    due_at       timestamptz,           -- NULL while it stands still (挂账)
    provisional  boolean     NOT NULL,
    rules        text        NOT NULL,  -- the version that it was worked out under
    -- What is to be recorded next, and when; NULL where nothing is left.
    next_step    text,
    next_at      timestamptz,
    known_at     timestamptz NOT NULL,  -- when the last event of the incident happened
    onward_at    timestamptz,           -- when a task that is still not accepted is offered to the next one
    offered_to   text,                  -- whom it is offered to until due_at
    from_position bigint      NOT NULL,  -- since when a list of clocks shows it so
    PRIMARY KEY (incident_id, clock, task_id, part),
    CHECK (num_nulls(next_step, next_at) IN (0, 2))
);
CREATE INDEX ON clock (next_at, incident_id, clock, task_id, part) WHERE next_at IS NOT NULL;
CREATE INDEX ON clock (due_at, incident_id, clock, task_id, part) WHERE due_at IS NOT NULL;
CREATE INDEX ON clock (due_at) WHERE clock = 'transfer';  -- asked every beat, and few
CREATE INDEX ON clock (onward_at, incident_id, task_id) WHERE onward_at IS NOT NULL;  -- asked every beat
CREATE INDEX ON clock (offered_to) WHERE offered_to IS NOT NULL;

-- What lists of clocks showed before, for positions [from_position, to_position). One that stood still was in none.
CREATE TABLE clock_past (
    incident_id    uuid        NOT NULL,
    clock          text        NOT NULL,
    task_id        text        NOT NULL,
    part           text        NOT NULL,
    time_limit     text        NOT NULL,
    since          timestamptz NOT NULL,
    due_at         timestamptz NOT NULL,
    provisional    boolean     NOT NULL,
    rules          text        NOT NULL,
    next_step      text,
    next_at        timestamptz,
    offered_to     text,
    from_position  bigint      NOT NULL,
    to_position    bigint      NOT NULL,
    -- The power of two that its length reaches: see projections/held_then.py.
    span           smallint    NOT NULL GENERATED ALWAYS AS
                               (floor(ln((to_position - from_position)::float8) / ln(2::float8))::smallint) STORED,
    CHECK (to_position > from_position)
);
CREATE INDEX ON clock_past (span, to_position);
