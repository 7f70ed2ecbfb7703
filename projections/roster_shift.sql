-- The duty roster as it stands: one row a shift, numbered within its day.
CREATE TABLE roster_shift (
    day          date        NOT NULL,
    number       integer     NOT NULL,
    person       text        NOT NULL,
    name         text        NOT NULL,
    role         text        NOT NULL,
    street_code  text,                 -- NULL: the district's
    platform     text,                 -- NULL: all platforms
    starts_at    timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    planned_by   text        NOT NULL,
    position     bigint      NOT NULL,
    PRIMARY KEY (day, number)
);
-- Who is on duty at a moment; a shift that began days ago is rare, so few rows are looked at.
CREATE INDEX ON roster_shift (starts_at, ends_at);
