-- Who looked at what: one row for each look, as it was recorded before anything was shown.
CREATE TABLE access_record (
    position     bigint      PRIMARY KEY,
    recorded_at  timestamptz NOT NULL,
    access       text        NOT NULL,
    subject      text        NOT NULL,
    incident_id  uuid,
    actor        text        NOT NULL,
    role         text        NOT NULL,
    reason       text,
    details      json        NOT NULL
);
CREATE INDEX ON access_record (actor, position);
CREATE INDEX ON access_record (access, position);
CREATE INDEX ON access_record (incident_id, position) WHERE incident_id IS NOT NULL;
