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
    exempt            text[]      NOT NULL,  -- from which assessments, by appeals that were granted
    -- A bit for each condition that no passing of time changes, as projections/indicator_terms.py words and orders them.
    held              bigint      NOT NULL GENERATED ALWAYS AS (
        0::bigint
        + CASE WHEN state NOT IN ('void', 'merged') THEN 1 ELSE 0 END
        + CASE WHEN state NOT IN ('declined', 'rejected', 'transferred', 'sent_back') THEN 2 ELSE 0 END
        + CASE WHEN state <> 'suspended' THEN 4 ELSE 0 END
        + CASE WHEN lifecycle = 'own' THEN 8 ELSE 0 END
        + CASE WHEN lifecycle = 'upstream' THEN 16 ELSE 0 END
        + CASE WHEN admitted_at IS NOT NULL THEN 32 ELSE 0 END
        + CASE WHEN filed_at IS NOT NULL THEN 64 ELSE 0 END
        + CASE WHEN filed_at <= coalesce(filing_due_at, filed_at) THEN 128 ELSE 0 END
        + CASE WHEN rejected_at IS NOT NULL THEN 256 ELSE 0 END
        + CASE WHEN settled THEN 512 ELSE 0 END
        + CASE WHEN tasks > 0 THEN 1024 ELSE 0 END
        + CASE WHEN accepted_at IS NOT NULL THEN 2048 ELSE 0 END
        + CASE WHEN returns > 0 THEN 4096 ELSE 0 END
        + CASE WHEN first_handled_at IS NOT NULL THEN 8192 ELSE 0 END
        + CASE WHEN handled_at IS NOT NULL THEN 16384 ELSE 0 END
        + CASE WHEN handled_at <= handling_due_at THEN 32768 ELSE 0 END
        + CASE WHEN verified_at IS NOT NULL THEN 65536 ELSE 0 END
        + CASE WHEN reworks > 0 THEN 131072 ELSE 0 END
        + CASE WHEN closed_at IS NOT NULL THEN 262144 ELSE 0 END
        + CASE WHEN (CASE WHEN lifecycle = 'upstream' THEN coalesce(handled_at, closed_at) ELSE closed_at END) <= closing_due_at THEN 524288 ELSE 0 END
        + CASE WHEN reopenings > 0 THEN 1048576 ELSE 0 END
        + CASE WHEN NOT 'overtime' = ANY(exempt) THEN 2097152 ELSE 0 END
        + CASE WHEN NOT 'rework' = ANY(exempt) THEN 4194304 ELSE 0 END
        + CASE WHEN NOT 'wrong_dispatch' = ANY(exempt) THEN 8388608 ELSE 0 END
        + CASE WHEN NOT 'dissatisfaction' = ANY(exempt) THEN 16777216 ELSE 0 END
        + CASE WHEN satisfied IS NOT NULL THEN 33554432 ELSE 0 END
        + CASE WHEN satisfied THEN 67108864 ELSE 0 END
        + CASE WHEN resolved IS NOT NULL THEN 134217728 ELSE 0 END
        + CASE WHEN resolved THEN 268435456 ELSE 0 END
    ) STORED
);

-- What was known before: for positions [from_position, to_position). Apart, so that the present is read without the past.
CREATE TABLE case_facts_past (
    LIKE case_facts INCLUDING GENERATED,
    to_position       bigint      NOT NULL,
    -- The power of two that its length reaches: see projections/held_then.py.
    span              smallint    NOT NULL GENERATED ALWAYS AS
                                  (floor(ln((to_position - from_position)::float8) / ln(2::float8))::smallint) STORED,
    CHECK (to_position > from_position)
);
-- As of a position: what held then. Rows come in the order of their ends, so each span's part only grows at its end.
CREATE INDEX ON case_facts_past (span, to_position);
