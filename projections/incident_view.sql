-- One row per incident, as it stands now.
CREATE TABLE incident_view (
    incident_id          uuid        PRIMARY KEY,
    source               text        NOT NULL,
    external_id          text        NOT NULL,
    revision             bigint      NOT NULL,
    channel              text        NOT NULL,
    lifecycle            text        NOT NULL,
    upstream_case        text,
    state                text        NOT NULL,
    street_code          text,
    platform             text,
    department           text,
    class_code           text,
    class_name           text,
    class_method         text,
    class_table          text,
    priority             smallint,
    due_at               timestamptz,
    due_provisional      boolean     NOT NULL,
    title                text        NOT NULL,
    description          text        NOT NULL,
    address              text        NOT NULL,
    lon                  float8,
    lat                  float8,
    jurisdiction_method  text,
    boundary_set         text,
    edge_distance_m      float8,
    community_code       text,
    flags                text[]      NOT NULL,
    reported_at          timestamptz NOT NULL,
    happened_at          timestamptz,
    received_at          timestamptz NOT NULL,
    first_position       bigint      NOT NULL,
    last_position        bigint      NOT NULL,
    version              integer     NOT NULL,
    -- How far people's commands have brought it; NULL until the first. What an event means for it, the domain says.
    progress             jsonb,
    -- What else follows from its class and from the routing rules.
    time_limit           text,
    tags                 text[]      NOT NULL,
    routing_rule         text,               -- NULL: no rule applied, it goes as its class says
    routing_rules        text,               -- the version of the rules that were asked; NULL: there were none
    matters              text[]      NOT NULL,
    filing_condition     text        NOT NULL,
    closing_condition    text        NOT NULL,
    -- What the superior platform refused and nobody has dealt with, in a sentence.
    upstream_refusal     text,
    -- The pseudonym of the reporter: whether two reports are of one person, and no more.
    reporter_key         text,
    -- Which clock due_at is the end of; by when it is judged; when each task is, or was, to be handled.
    due_clock            text,
    filing_due_at        timestamptz,
    handling_due_at      timestamptz,
    closing_due_at       timestamptz,
    task_dues            jsonb       NOT NULL,
    -- Who maintains the component (权属、养护单位), where the class table names them beside the department.
    maintaining_unit     text,
    source_class         text                -- by the source's own code: what a person in triage goes by
);
-- Pages go from the newest incident to the oldest; the first event's position is that order, without ties.
CREATE UNIQUE INDEX ON incident_view (first_position);
CREATE INDEX ON incident_view (street_code, platform, first_position);
CREATE INDEX ON incident_view (source, external_id);
-- What may be the same happening: of the same major class, near in time, near in space or without coordinates.
CREATE INDEX incident_view_likeness ON incident_view
    (left(class_code, 3), coalesce(happened_at, reported_at), lat, lon, street_code);

-- What a text is looked for in: all that an incident's report says, in small letters. A table by itself, which is narrow
-- and changes only with what is said: a text that is in none is looked for in every row of it.
CREATE TABLE incident_text (
    incident_id  uuid  PRIMARY KEY,
    said         text  NOT NULL
);

-- How many incidents stand where, kept by the projection: the page of counts asks every few seconds.
CREATE TABLE incident_count (
    street_code  text,
    platform     text,
    state        text   NOT NULL,
    incidents    bigint NOT NULL,
    CONSTRAINT incident_count_once UNIQUE NULLS NOT DISTINCT (street_code, platform, state)
);
