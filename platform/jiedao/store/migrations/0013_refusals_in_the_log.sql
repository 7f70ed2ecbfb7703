-- Refusals of known people are events, too. The table counts them by the minute, so that a flood of the same refusal
-- fills a counter; how far the log tells of it stands beside the count.

ALTER TABLE refusal
    ADD COLUMN why     text   NOT NULL DEFAULT '',    -- the sentence that they were told
    ADD COLUMN allowed text[] NOT NULL DEFAULT '{}',  -- what would have been allowed instead
    ADD COLUMN told    bigint NOT NULL DEFAULT 0,     -- of those counted, how many the log tells of
    ADD CONSTRAINT refusal_told_once CHECK (told BETWEEN 0 AND times);

-- Several people at one terminal have no token to be told apart by.
ALTER TABLE refusal DROP CONSTRAINT refusal_once_a_minute;
ALTER TABLE refusal ADD CONSTRAINT refusal_once_a_minute
    PRIMARY KEY (minute, status, reason, method, route, token_id, holder, client);

-- What is counted and not told yet: few at any time.
CREATE INDEX refusal_untold ON refusal (minute) WHERE holder <> '' AND told < times;

GRANT UPDATE (told) ON refusal TO jiedao_app;

-- Answers whose token it was that is valid no more, and why not: `revoked` or `expired`.
CREATE FUNCTION former_token_holder(hash bytea)
    RETURNS TABLE (token_id text, holder text, role text, ended text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT token_id, holder, role, CASE WHEN revoked_at IS NOT NULL THEN 'revoked' ELSE 'expired' END FROM access_token
    WHERE secret_hash = hash AND (revoked_at IS NOT NULL OR expires_at <= now());
$$;
REVOKE ALL ON FUNCTION former_token_holder FROM PUBLIC;
GRANT EXECUTE ON FUNCTION former_token_holder TO jiedao_app;
