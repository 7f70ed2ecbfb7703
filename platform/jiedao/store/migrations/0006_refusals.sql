-- Requests that were refused: who asked for what, when, and why not. The same refusal within a minute is one row.

CREATE TABLE refusal (
    minute      timestamptz NOT NULL,
    status      smallint    NOT NULL,
    reason      text        NOT NULL,
    method      text        NOT NULL,
    route       text        NOT NULL,  -- the route's template: neither ids nor what was searched for
    token_id    text        NOT NULL,  -- '' for a token that is not known, or none
    holder      text        NOT NULL,
    role        text        NOT NULL,
    client      text        NOT NULL,  -- the network address that asked
    times       bigint      NOT NULL,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    request_id  text        NOT NULL,  -- of the last one; it stands in the access log
    CONSTRAINT refusal_once_a_minute PRIMARY KEY (minute, status, reason, method, route, token_id, client),
    CONSTRAINT refusal_counted CHECK (times > 0 AND last_at >= first_at)
);
CREATE INDEX refusal_of_token ON refusal (token_id, last_at) WHERE token_id <> '';

-- The application adds refusals and counts repetitions; it can neither change whose they are nor remove them.
REVOKE ALL ON refusal FROM jiedao_app;
GRANT SELECT, INSERT, UPDATE (times, last_at, request_id) ON refusal TO jiedao_app;
