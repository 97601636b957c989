-- Shares: where the reading of share.valid stands, and what was read, summed into slices. A share is worth
-- floor(2^256 / (target + 1)) of the target in force, a whole number. Minutes and hours are counted from the Unix epoch.

-- Which scheme pays a share: the one in force when it was logged, or 'coinbase' where its coinbase pays its session's
-- account. The order is that of codes on disk: new ones go to the end.
CREATE TYPE scheme AS ENUM ('coinbase', 'pplns', 'solo', 'pps', 'fpps', 'prop');

-- One row. Shares are applied under the shared side of an advisory lock; its minutes and the schedule move under the
-- exclusive side (shares/share_lock.ts).
CREATE TABLE share_book (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Every minute before it is closed: its slices never change. A share that comes for one counts in this minute.
  first_open_minute integer NOT NULL DEFAULT 0,
  -- Every hour before it is summed up in slice_hour, and closed.
  first_open_hour integer NOT NULL DEFAULT 0,
  -- Slices of minutes before it are dropped: slice_hour has them.
  first_kept_minute integer NOT NULL DEFAULT 0,
  -- Moves with each change of scheme_period, so that who applies shares reads it again.
  schedule_version integer NOT NULL DEFAULT 0,
  CHECK (first_open_hour::bigint * 60 <= first_open_minute),
  CHECK (first_kept_minute <= first_open_hour::bigint * 60)
);
INSERT INTO share_book DEFAULT VALUES;

-- A log that shares are, or were, read from: offsets mean something only together with it. One is open at a time.
CREATE TABLE log (
  -- In the order opened. A log whose head was lost can be opened anew: it is then here twice.
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- As the records name it: the bus's own id, and the operator's epoch.
  id text NOT NULL CHECK (id <> ''),
  -- The bus that it is on.
  bus_id text NOT NULL,
  -- Shares logged before it are not in these books; 0 where the log was read from its beginning. A block found earlier
  -- is booked whole to the account 'opening'.
  begins_at_ms bigint NOT NULL,
  opened_at_ms bigint NOT NULL,
  closed_at_ms bigint,
  -- The operator's words at its opening and closing; null where it opened by itself.
  opened_by bigint REFERENCES adjustment,
  closed_by bigint REFERENCES adjustment
);
CREATE UNIQUE INDEX log_open ON log ((true)) WHERE closed_at_ms IS NULL;

-- Where the reading of one partition of share.valid stands, or stood when its log was closed: stored in the transaction
-- that stores the sums, by compare-and-set on source_offset and next_offset.
CREATE TABLE share_position (
  log integer NOT NULL REFERENCES log,
  partition integer NOT NULL CHECK (partition >= 0),
  -- Of the last share applied: its submission's offset (-1 before the first), header hash and log time.
  source_offset bigint NOT NULL CHECK (source_offset >= -1),
  header_hash bytea NOT NULL,
  logged_at_ms bigint NOT NULL,
  -- Everything in share.valid before it is applied, or was passed for a reason.
  next_offset bigint NOT NULL CHECK (next_offset >= 0),
  -- Where it stood when the log was opened.
  opened_source_offset bigint NOT NULL,
  opened_next_offset bigint NOT NULL,
  -- Since then: shares summed into slices, and shares of other pools, which are passed and not counted.
  shares bigint NOT NULL DEFAULT 0,
  foreign_shares bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (log, partition)
) WITH (fillfactor = 20);

-- A share that came when its minute was closed: it counts in `minute` instead. A rebuild needs to know.
CREATE TABLE late_share (
  log integer NOT NULL REFERENCES log,
  partition integer NOT NULL,
  source_offset bigint NOT NULL,
  logged_minute integer NOT NULL,
  minute integer NOT NULL CHECK (minute > logged_minute),
  PRIMARY KEY (log, partition, source_offset)
);

-- Messages that could not be used, with the reason, and as they came.
CREATE TABLE dead_letter (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bus_id text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  -- In that topic.
  record_offset bigint NOT NULL,
  logged_at_ms bigint NOT NULL,
  reason text NOT NULL,
  value bytea NOT NULL,
  at_ms bigint NOT NULL,
  UNIQUE (bus_id, topic, partition, record_offset, logged_at_ms)
);

-- Work by account. No foreign key to account: one would be looked up for every row of every batch, and rows are made
-- by one statement that has just got the ids there.
CREATE TABLE slice_minute (
  -- What a block created at the shares' height, in schemes that pay by it; otherwise 0.
  subsidy bigint NOT NULL,
  minute integer NOT NULL,
  account_id integer NOT NULL,
  -- Of the shares' jobs.
  nbits integer NOT NULL,
  scheme scheme NOT NULL,
  shares integer NOT NULL,
  work numeric NOT NULL CHECK (work > 0 AND scale(work) = 0),
  PRIMARY KEY (minute, scheme, account_id, nbits, subsidy)
);

-- The same by hour, once all its minutes are closed.
CREATE TABLE slice_hour (
  subsidy bigint NOT NULL,
  hour integer NOT NULL,
  account_id integer NOT NULL,
  nbits integer NOT NULL,
  scheme scheme NOT NULL,
  shares bigint NOT NULL,
  work numeric NOT NULL CHECK (work > 0 AND scale(work) = 0),
  PRIMARY KEY (hour, scheme, account_id, nbits, subsidy)
);

-- Work of all accounts in a minute, written when it is closed, kept for good: what windows are counted back by.
CREATE TABLE slice_total (
  minute integer NOT NULL,
  nbits integer NOT NULL,
  scheme scheme NOT NULL,
  shares bigint NOT NULL,
  work numeric NOT NULL CHECK (work > 0 AND scale(work) = 0),
  PRIMARY KEY (scheme, minute, nbits)
);

-- A miner's machines, when they were last seen by a valid share: at most a minute behind.
CREATE TABLE worker (
  account_id integer NOT NULL REFERENCES account,
  name text NOT NULL,
  first_seen_ms bigint NOT NULL,
  last_seen_ms bigint NOT NULL,
  PRIMARY KEY (account_id, name)
) WITH (fillfactor = 70);
