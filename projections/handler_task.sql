-- Who took which task, whether they still have it, and whether they handled it: what advice on handlers rests on.
CREATE TABLE handler_task (
    incident_id  uuid        NOT NULL,
    task_id      text        NOT NULL,
    person       text        NOT NULL,
    street_code  text,                 -- of the assignee: whose people work on it
    platform     text,
    class_code   text,
    lon          float8,
    lat          float8,
    taken_at     timestamptz NOT NULL,
    is_open      boolean     NOT NULL,
    handled      boolean     NOT NULL,
    PRIMARY KEY (incident_id, task_id)
);
CREATE INDEX ON handler_task (street_code, platform, taken_at);
CREATE INDEX ON handler_task (person, taken_at);
