-- Every version of the tables that decisions rest on: boundary sets, class tables and routing rules.
CREATE TABLE reference_versions (
    position        bigint      PRIMARY KEY,
    kind            text        NOT NULL,
    version         text        NOT NULL,
    effective_from  date        NOT NULL,
    approximate     boolean,               -- of boundary sets
    content_sha256  text        NOT NULL,
    origin          text        NOT NULL,
    adopted_at      timestamptz NOT NULL,
    adopted_by      text        NOT NULL,
    facts           jsonb       NOT NULL   -- what was counted when it was taken in
);
CREATE INDEX ON reference_versions (kind, effective_from, position);
