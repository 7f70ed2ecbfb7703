-- Shift handovers and what was answered; what was handed over stands as it was recorded.
CREATE TABLE handovers (
    handover_id    uuid        PRIMARY KEY,
    state          text        NOT NULL,
    street_code    text,                 -- NULL: the district's shift
    handed_by      text        NOT NULL,
    handed_to      text,                 -- NULL: to whoever comes
    remarks        text        NOT NULL,
    content        json        NOT NULL, -- the matters, read whole
    matters        integer     NOT NULL,
    handed_at      timestamptz NOT NULL,
    answered_by    text,
    answered_at    timestamptz,
    answer         text,                 -- a note of who took over, or why it was not taken
    first_position bigint      NOT NULL,
    last_position  bigint      NOT NULL
);
CREATE UNIQUE INDEX ON handovers (first_position);
