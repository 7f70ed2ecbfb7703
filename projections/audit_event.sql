-- One row for every event of the log, by what an auditor asks for; what came in and who reported is in none of them.
CREATE TABLE audit_event (
    position        bigint      PRIMARY KEY,
    recorded_at     timestamptz NOT NULL,
    occurred_at     timestamptz NOT NULL,
    kind            text        NOT NULL,
    topic           text        NOT NULL,
    stream_id       uuid        NOT NULL,
    version         integer     NOT NULL,
    actor           text        NOT NULL,
    role            text        NOT NULL,
    incident_id     uuid,                  -- of which it speaks; NULL: of none
    street_code     text,                  -- that held the incident at the end of the event's moment
    street_before   text,                  -- of a change of jurisdiction: the street that held it until then
    command         text,                  -- that somebody gave; NULL: it came otherwise
    reason          text,
    correlation_id  uuid        NOT NULL,
    causation_id    text        NOT NULL,
    corrects        integer,               -- the version of the event of its stream that it puts right
    note            text                   -- a sentence; NULL of what the incident's history tells
);
-- Each question goes along positions from where it begins; the log's time never goes back, so times are positions.
CREATE INDEX ON audit_event (actor, position);
CREATE INDEX ON audit_event (role, position);
CREATE INDEX ON audit_event (topic, position);
CREATE INDEX ON audit_event (kind, position);
CREATE INDEX ON audit_event (street_code, position);
CREATE INDEX ON audit_event (incident_id, position) WHERE incident_id IS NOT NULL;
CREATE INDEX ON audit_event (command, position) WHERE command IS NOT NULL;
CREATE INDEX ON audit_event (correlation_id, position) WHERE correlation_id IS DISTINCT FROM incident_id;
CREATE INDEX ON audit_event (street_before, position) WHERE street_before IS NOT NULL;
CREATE INDEX ON audit_event (position) WHERE reason IS NOT NULL;
CREATE INDEX ON audit_event (position) WHERE corrects IS NOT NULL;
