-- Whose incidents are whose, by pseudonyms alone: one row for each key under which something of an incident is sealed.
CREATE TABLE reporter_incident (
    subject      text   NOT NULL,
    key_id       text   NOT NULL,
    incident_id  uuid   NOT NULL,
    position     bigint NOT NULL,  -- of the first event that is sealed under it
    PRIMARY KEY (incident_id, key_id)
);
CREATE INDEX ON reporter_incident (subject);
CREATE INDEX ON reporter_incident (key_id);
