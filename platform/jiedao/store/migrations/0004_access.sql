-- Access tokens: who holds each, in which role, for which streets and sources. Of the token itself only a hash is kept.

CREATE TABLE access_token (
    token_id        text        PRIMARY KEY,
    secret_hash     bytea       NOT NULL CONSTRAINT access_token_secret UNIQUE,
    hash_algorithm  text        NOT NULL,
    holder          text        NOT NULL,  -- the actor in events: user:zhang, source:hotline
    role            text        NOT NULL,
    streets         text[],                -- none given: all of the district
    sources         text[],
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      text        NOT NULL,
    expires_at      timestamptz,
    revoked_at      timestamptz,
    revoked_by      text,
    CONSTRAINT access_token_expires_later CHECK (expires_at > created_at),
    CONSTRAINT access_token_revoked_whole CHECK (num_nulls(revoked_at, revoked_by) IN (0, 2))
);

-- Answers whose token it is, by its hash, unless it has expired or was revoked.
CREATE FUNCTION token_holder(hash bytea)
    RETURNS TABLE (
        token_id text, holder text, role text, streets text[], sources text[], expires_at timestamptz
    )
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT token_id, holder, role, streets, sources, expires_at FROM access_token
    WHERE secret_hash = hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
$$;

-- Revokes a token for ever; the first revocation stands.
CREATE FUNCTION revoke_token(id text, by_whom text) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE access_token SET revoked_at = now(), revoked_by = by_whom WHERE token_id = id AND revoked_at IS NULL;
$$;

-- The application issues tokens, recognises and revokes them. It can neither read a hash, nor change what a token
-- may do, nor revive one, nor remove it.
REVOKE ALL ON access_token FROM jiedao_app;
GRANT INSERT ON access_token TO jiedao_app;
GRANT SELECT (token_id, holder, role, streets, sources, created_at, created_by, expires_at, revoked_at, revoked_by)
    ON access_token TO jiedao_app;
REVOKE ALL ON FUNCTION token_holder, revoke_token FROM PUBLIC;
GRANT EXECUTE ON FUNCTION token_holder, revoke_token TO jiedao_app;
