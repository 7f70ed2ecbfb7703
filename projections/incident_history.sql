-- One row per event of an incident: who did what, when, why, on which inputs.
CREATE TABLE incident_history (
    position        bigint      PRIMARY KEY,
    incident_id     uuid        NOT NULL,
    version         integer     NOT NULL,
    topic           text        NOT NULL,
    recorded_at     timestamptz NOT NULL,
    occurred_at     timestamptz NOT NULL,
    actor           text        NOT NULL,
    role            text        NOT NULL,
    reason          text,
    correlation_id  uuid        NOT NULL,
    causation_id    text        NOT NULL,
    transport       text,
    origin          text,
    corrects        integer,               -- the version of the event that this one puts right
    summary         text        NOT NULL,
    inputs          json        NOT NULL   -- read whole, never searched
);
CREATE UNIQUE INDEX ON incident_history (incident_id, version);
