-- The keys of personal data: one per subject (a reporter, an unreadable record), each wrapped by the root key, which
-- is never in here. Destroying a subject's key makes everything under it unreadable, and no event has to be changed.

-- The root key that this database's keys are wrapped with and its keyed hashes are made with: what tells it from
-- others, and what was made of it with which algorithms. Another key is refused before it can do harm.
CREATE TABLE vault_root (
    the_only_row    boolean     PRIMARY KEY DEFAULT true CHECK (the_only_row),
    fingerprint     text        NOT NULL,
    algorithms      text        NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE subject_key (
    key_id              text        PRIMARY KEY,
    subject             text        NOT NULL,  -- of a reporter a pseudonym, never a name
    generation          integer     NOT NULL CHECK (generation > 0),
    algorithm           text        NOT NULL,  -- of the cipher that the key is for
    wrapped_key         bytea,
    wrapping_algorithm  text        NOT NULL,
    wrapping_key        text        NOT NULL,  -- the fingerprint of the root key
    created_at          timestamptz NOT NULL DEFAULT now(),
    destroyed_at        timestamptz,
    destroyed_reason    text,
    CONSTRAINT subject_key_generation UNIQUE (subject, generation),
    CONSTRAINT subject_key_destroyed_whole CHECK (
        num_nulls(destroyed_at, destroyed_reason) IN (0, 2) AND (destroyed_at IS NULL) = (wrapped_key IS NOT NULL)
    )
);
-- Two processes that make the key of a new subject at once end with one key.
CREATE UNIQUE INDEX subject_key_live ON subject_key (subject) WHERE destroyed_at IS NULL;

-- Keeps new keys, except where a subject has one that lives, and answers the ones that live now, whosever they are.
-- The second statement sees what others committed while the first one waited for them.
CREATE FUNCTION keep_subject_keys(
    new_subject text[], new_generation integer[], new_key_id text[], new_wrapped_key bytea[],
    for_algorithm text, by_wrapping_algorithm text, by_wrapping_key text
) RETURNS SETOF subject_key
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    INSERT INTO subject_key (
        subject, generation, key_id, wrapped_key, algorithm, wrapping_algorithm, wrapping_key
    )
    SELECT n.subject, n.generation, n.key_id, n.wrapped_key, for_algorithm, by_wrapping_algorithm, by_wrapping_key
    FROM unnest(new_subject, new_generation, new_key_id, new_wrapped_key)
        AS n (subject, generation, key_id, wrapped_key)
    ORDER BY n.subject  -- so that two who make the same ones wait for each other in the same order
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT k.* FROM subject_key AS k WHERE k.subject = ANY (new_subject) AND k.destroyed_at IS NULL;
END
$$;

-- Destroys the living keys of subjects for ever; answers which they were.
CREATE FUNCTION destroy_subject_keys(of_subject text[], reason text) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    UPDATE subject_key SET wrapped_key = NULL, destroyed_at = now(), destroyed_reason = reason
    WHERE subject = ANY (of_subject) AND destroyed_at IS NULL
    RETURNING key_id;
$$;

-- The application makes keys and destroys them; it can neither exchange nor revive one, nor take the root's record away.
REVOKE ALL ON vault_root, subject_key FROM jiedao_app;
GRANT SELECT, INSERT ON vault_root TO jiedao_app;
GRANT SELECT ON subject_key TO jiedao_app;
REVOKE ALL ON FUNCTION keep_subject_keys, destroy_subject_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_subject_keys, destroy_subject_keys TO jiedao_app;
