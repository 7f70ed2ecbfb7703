-- One row per incident: the moments and counts of which indicators (考核评议) are made, as they are known now.
-- Times are those of the events, by the platform's own clock: nobody can date anything back.
CREATE TABLE case_facts (
    incident_id       uuid        PRIMARY KEY,
    from_position     bigint      NOT NULL,
    source            text        NOT NULL,
    lifecycle         text        NOT NULL,
    street_code       text,
    platform          text,
    department        text,
    class_code        text,
    state             text        NOT NULL,
    received_at       timestamptz NOT NULL,
    admitted_at       timestamptz,
    filed_at          timestamptz,  -- first; what was settled on the spot became a case then
    rejected_at       timestamptz,  -- while it stands rejected
    dispatched_at     timestamptz,  -- first
    accepted_at       timestamptz,  -- first
    first_handled_at  timestamptz,
    handled_at        timestamptz,  -- since when nothing is left to be done; NULL while something is
    verified_at       timestamptz,  -- last
    closed_at         timestamptz,  -- while it stands closed
    revisited_at      timestamptz,  -- last
    filing_due_at     timestamptz,  -- the first; what was filed without waiting has none
    handling_due_at   timestamptz,  -- missed first, else to come next, else kept last
    closing_due_at    timestamptz,  -- of the total; from its end on as it was known then
    tasks             integer     NOT NULL,
    returns           integer     NOT NULL,
    reassignments     integer     NOT NULL,
    misdirected       integer     NOT NULL,  -- tasks that were returned or reassigned, each once
    reworks           integer     NOT NULL,
    reopenings        integer     NOT NULL,
    settled           boolean     NOT NULL,
    resolved          boolean,
    satisfied         boolean,
    exempt            text[]      NOT NULL  -- from which assessments, by appeals that were granted
);

-- What was known before: for positions [from_position, to_position). Apart, so that the present is read without the past.
CREATE TABLE case_facts_past (
    LIKE case_facts,
    to_position       bigint      NOT NULL,
    CHECK (to_position > from_position)
);
-- As of a position: what ended after it. Rows come in this order, so the index only grows at its end.
CREATE INDEX ON case_facts_past (to_position);
