-- For whom the holder of a token works: the names of assignees whose tasks are theirs. None given: those of its streets.

ALTER TABLE access_token ADD COLUMN assignees text[];

-- Answers whose token it is, by its hash, unless it has expired or was revoked; as before, with the assignees.
DROP FUNCTION token_holder(bytea);
CREATE FUNCTION token_holder(hash bytea)
    RETURNS TABLE (
        token_id text, holder text, role text, streets text[], sources text[], expires_at timestamptz, assignees text[]
    )
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT token_id, holder, role, streets, sources, expires_at, assignees FROM access_token
    WHERE secret_hash = hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
$$;

REVOKE ALL ON FUNCTION token_holder FROM PUBLIC;
GRANT EXECUTE ON FUNCTION token_holder TO jiedao_app;
GRANT SELECT (assignees) ON access_token TO jiedao_app;
