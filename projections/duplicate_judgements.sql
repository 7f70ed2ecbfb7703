-- Pairs of incidents of which a person said that they are two, or took that back; the lesser id is `one`.
CREATE TABLE duplicate_judgements (
    one        uuid        NOT NULL,
    other      uuid        NOT NULL,
    are_two    boolean     NOT NULL,
    reason     text,
    actor      text        NOT NULL,
    role       text        NOT NULL,
    judged_at  timestamptz NOT NULL,
    position   bigint      NOT NULL,
    PRIMARY KEY (one, other)
);
CREATE INDEX ON duplicate_judgements (other);
