-- Who may do what, where the role that runs the services is another than the one that owns the books:
--   gopool_payoutd    reads everything and writes; changes and removes nothing that is final
--   gopool_apiserver  reads
-- Both cannot log in: a database's administrator gives them to users that can (GRANT gopool_payoutd TO …). Roles belong
-- to the whole server. They are made where the owner of the books may make roles; where not, somebody else makes them,
-- and the next `deno task migrate` gives them their rights. It does so after every migration, so that tables that come
-- later are among them.

-- Answers with what it could not do, in sentences.
CREATE FUNCTION grant_roles() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  one record;
  here text := current_schema();
BEGIN
  FOR one IN SELECT unnest(ARRAY['gopool_payoutd', 'gopool_apiserver']) AS name LOOP
    BEGIN
      IF to_regrole(one.name) IS NULL THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', one.name);
      END IF;
    EXCEPTION
      WHEN insufficient_privilege THEN
        RETURN NEXT format('The role %s is not there, and this user may not make it: make it (CREATE ROLE %s NOLOGIN), then run deno task migrate again', one.name, one.name);
      WHEN duplicate_object OR unique_violation THEN
        -- Made for another database of this server at the same moment.
        NULL;
    END;
  END LOOP;

  IF to_regrole('gopool_apiserver') IS NOT NULL THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO gopool_apiserver', here);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO gopool_apiserver', here);
  END IF;

  IF to_regrole('gopool_payoutd') IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO gopool_payoutd', here);
  FOR one IN
    SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = here::regnamespace AND relkind = 'v'
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO gopool_payoutd', one.name);
  END LOOP;
  -- Of a table whose trigger forbids all changes, all removals, or both, that right is not given either. The bits are
  -- those of pg_trigger.tgtype: 1 for each row, 8 delete, 16 update.
  FOR one IN
    SELECT c.oid::regclass AS name, c.relname,
      bool_or(t.tgtype & 17 = 16) IS TRUE AS keeps, bool_or(t.tgtype & 9 = 8) IS TRUE AS stays
    FROM pg_class c
    LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgfoid = 'forbid_change'::regproc AND t.tgattr = ''
    WHERE c.relnamespace = here::regnamespace AND c.relkind IN ('r', 'p')
    GROUP BY c.oid, c.relname
  LOOP
    EXECUTE format('REVOKE ALL ON %s FROM gopool_payoutd', one.name);
    EXECUTE format('GRANT SELECT ON %s TO gopool_payoutd', one.name);
    CONTINUE WHEN one.relname IN ('balance', 'migration'); -- The first is moved by entries alone.
    EXECUTE format('GRANT INSERT ON %s TO gopool_payoutd', one.name);
    CONTINUE WHEN one.relname IN ('book', 'account');
    IF NOT one.keeps THEN
      EXECUTE format('GRANT UPDATE ON %s TO gopool_payoutd', one.name);
    END IF;
    IF NOT one.stays THEN
      EXECUTE format('GRANT DELETE ON %s TO gopool_payoutd', one.name);
    END IF;
  END LOOP;
END $$;
