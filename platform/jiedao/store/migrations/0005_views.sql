-- Generations of the read side: each is a schema view_<number> of its own, filled from the log.

CREATE TABLE projection_generation (
    number          integer     PRIMARY KEY,
    state           text        NOT NULL CHECK (state IN ('building', 'active', 'retired')),
    digest          text        NOT NULL,  -- of the views' definitions that filled it
    started_at      timestamptz NOT NULL DEFAULT now(),
    activated_at    timestamptz,
    retired_at      timestamptz,
    -- Where the projection stopped and why; empty while it runs.
    fault_position  bigint,
    fault_reason    text,
    fault_at        timestamptz,
    CONSTRAINT projection_fault_whole CHECK (
        num_nulls(fault_position, fault_reason, fault_at) IN (0, 3)
    )
);

-- A number is never used again, also after its generation was dropped.
CREATE SEQUENCE projection_generation_number AS integer;

-- Queries never have to choose: at most one generation is active.
CREATE UNIQUE INDEX projection_generation_active ON projection_generation (state) WHERE state = 'active';

-- The last position recorded at or before a moment (0 before the first event).
-- recorded_at never goes back along positions, so halving finds it without an index that every append would pay for.
CREATE FUNCTION position_as_of(moment timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    low     bigint := 0;
    high    bigint := (SELECT coalesce(max(position), 0) FROM event);
    middle  bigint;
BEGIN
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT recorded_at <= moment FROM event WHERE position = middle) THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

-- The application's role may make and drop the schemas of generations, and no others: these two stand between.
CREATE FUNCTION create_view_schema(generation integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('CREATE SCHEMA %I', 'view_' || generation);
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO jiedao_app', 'view_' || generation);
END
$$;

CREATE FUNCTION drop_view_schema(generation integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', 'view_' || generation);
END
$$;

REVOKE ALL ON FUNCTION create_view_schema, drop_view_schema FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_view_schema, drop_view_schema TO jiedao_app;
