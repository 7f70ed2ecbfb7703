-- The log: every event of the district in one order, and what is written in one unit with events.

CREATE TABLE event (
    position            bigint      PRIMARY KEY,
    originator_id       uuid        NOT NULL,
    originator_version  integer     NOT NULL,
    topic               text        NOT NULL,
    recorded_at         timestamptz NOT NULL,
    state               bytea       NOT NULL,
    metadata            bytea       NOT NULL,
    leaf_hash           bytea       NOT NULL,
    CONSTRAINT event_stream UNIQUE (originator_id, originator_version)
);

-- The few events that adopt a boundary set or a class table: what is in force is asked every few seconds.
CREATE INDEX event_reference ON event (position)
    WHERE topic IN ('jiedao.boundary_set.adopted', 'jiedao.class_table.adopted');

-- What a unit was answered with, so that the same request gets the same answer.
CREATE TABLE idempotency_key (
    scope           text        NOT NULL,
    key             text        NOT NULL,
    request_mac     bytea       NOT NULL,
    first_position  bigint,
    event_count     integer     NOT NULL,
    recorded_at     timestamptz NOT NULL,
    answer          bytea,
    CONSTRAINT idempotency_key_once PRIMARY KEY (scope, key)
);

-- Every delivered record and what became of it (对账).
CREATE TABLE inbox (
    entry           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source          text        NOT NULL,
    external_id     text,
    revision        bigint,
    outcome         text        NOT NULL,
    content_mac     bytea       NOT NULL,
    transport       text        NOT NULL,
    origin          text        NOT NULL,
    received_at     timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    incident_id     uuid,
    dead_letter_id  uuid
);
CREATE UNIQUE INDEX inbox_record ON inbox (source, external_id, revision)
    WHERE outcome IN ('accepted', 'revised', 'late');
CREATE UNIQUE INDEX inbox_dead ON inbox (source, content_mac) WHERE outcome = 'dead';
CREATE INDEX inbox_delivery ON inbox (source, external_id);
CREATE INDEX inbox_day ON inbox (source, received_at);

-- How far each consumer has come; moved by compare-and-set in the unit of the batch.
CREATE TABLE feed_offset (
    consumer_group  text    NOT NULL,
    topic           text    NOT NULL,
    partition       integer NOT NULL,
    next_offset     bigint  NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
);

-- How far each projection has come.
CREATE TABLE tracking (
    application_name  text   PRIMARY KEY,
    position          bigint NOT NULL
);
