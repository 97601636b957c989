-- Checkpoints: once a day, what the reading of shares had come to, so that the books can be computed afresh from there
-- where the log before it is gone and was not archived.
CREATE TABLE checkpoint (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms bigint NOT NULL,
  -- As they stood: minutes and hours before them were closed.
  first_open_minute integer NOT NULL,
  first_open_hour integer NOT NULL,
  -- SHA-256 over the hash of the checkpoint before (none: nothing) and those of the hours summed up since, each over its
  -- slices in one order: what was noted cannot be changed unseen.
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

-- Where the reading of every log stood.
CREATE TABLE checkpoint_position (
  checkpoint integer NOT NULL REFERENCES checkpoint,
  log integer NOT NULL REFERENCES log,
  partition integer NOT NULL,
  source_offset bigint NOT NULL,
  header_hash bytea NOT NULL,
  next_offset bigint NOT NULL,
  shares bigint NOT NULL,
  PRIMARY KEY (checkpoint, log, partition)
);

-- Slices of the minutes that were open: those of closed ones stay where they are. Dropped with time.
CREATE TABLE checkpoint_slice (
  checkpoint integer NOT NULL REFERENCES checkpoint,
  minute integer NOT NULL,
  scheme scheme NOT NULL,
  account_id integer NOT NULL,
  nbits integer NOT NULL,
  subsidy bigint NOT NULL,
  shares integer NOT NULL,
  work numeric NOT NULL CHECK (work > 0 AND scale(work) = 0),
  PRIMARY KEY (checkpoint, minute, scheme, account_id, nbits, subsidy)
);

CREATE TRIGGER checkpoint_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER checkpoint_position_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint_position
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- The hash of the hours from one to before another, after what was noted before them.
CREATE FUNCTION hash_of_hours(before bytea, from_hour integer, until_hour integer) RETURNS bytea LANGUAGE sql STABLE AS $$
  SELECT sha256(before || coalesce(string_agg(hash, ''::bytea ORDER BY hour), ''::bytea)) FROM (
    SELECT hour, sha256(convert_to(string_agg(
      concat_ws('/', hour, scheme, name, nbits, subsidy, shares, work), E'\n'
      ORDER BY scheme, name COLLATE "C", nbits, subsidy), 'UTF8')) AS hash
    FROM slice_hour JOIN account ON account.id = account_id
    WHERE hour >= from_hour AND hour < until_hour GROUP BY hour
  ) hours
$$;
