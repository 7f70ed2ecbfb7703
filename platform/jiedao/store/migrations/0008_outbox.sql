-- What superior platforms are owed in their cases (上级报文): one row for each event of the log that owes a message, under
-- that event's position. Rows are made from the log, with the position in `tracking` ('outbox'), in one transaction; what
-- became of a message is an event too, and comes back from the log in the same way. Only the tries stand here alone.

CREATE TABLE outbox (
    position        bigint      PRIMARY KEY,  -- of the event that owes it
    message_id      uuid        NOT NULL UNIQUE,
    incident_id     uuid        NOT NULL,
    version         integer     NOT NULL,     -- the incident's, after that event
    source          text        NOT NULL,
    external_id     text        NOT NULL,
    case_number     text        NOT NULL,
    street_code     text,
    kind            text        NOT NULL,
    body            text        NOT NULL,     -- as it is sent, byte for byte, each time
    owed_at         timestamptz NOT NULL,     -- when the event happened
    state           text        NOT NULL DEFAULT 'waiting',
    round           integer     NOT NULL DEFAULT 0,  -- how often a person had it sent again after a refusal
    attempts        integer     NOT NULL DEFAULT 0,  -- tries of this round that came to no answer
    next_at         timestamptz NOT NULL,     -- not to be tried before
    last_error      text,
    leased_by       uuid,                     -- who tries it now, until when
    leased_until    timestamptz,
    answered_at     timestamptz,
    answer_position bigint,                   -- of the event that says what became of it
    reference       text,                     -- the superior's number
    reason          text,                     -- why it was refused, or set aside
    CONSTRAINT outbox_state CHECK (state IN ('waiting', 'delivered', 'refused', 'set_aside')),
    CONSTRAINT outbox_lease CHECK ((leased_by IS NULL) = (leased_until IS NULL))
);
-- What is to be sent next of a source, and what of a case still waits before it.
CREATE INDEX outbox_waiting ON outbox (source, next_at, position) WHERE state = 'waiting';
CREATE INDEX outbox_case ON outbox (incident_id, position);
CREATE INDEX outbox_refused ON outbox (source, position) WHERE state = 'refused';

-- The application adds messages and says what became of them; it can neither change what they say nor remove them.
REVOKE ALL ON outbox FROM jiedao_app;
GRANT SELECT, INSERT,
    UPDATE (state, round, attempts, next_at, last_error, leased_by, leased_until, answered_at, answer_position, reference,
            reason)
    ON outbox TO jiedao_app;
