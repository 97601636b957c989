-- What a coinbase was to pay when its job went out. The split behind it is that of the window before `minute`: all of it
-- is closed, so it can be computed again at any time and is not kept here.
CREATE TABLE snapshot (
  id bytea PRIMARY KEY CHECK (octet_length(id) = 16),
  -- Minutes since the Unix epoch: the window counts back from here, this minute not included.
  minute integer NOT NULL,
  -- Satoshis that were divided: the subsidy, so that no output is more than its account's share of the block.
  value bigint NOT NULL CHECK (value > 0),
  at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL
);
CREATE INDEX snapshot_by_age ON snapshot (at_ms);

CREATE TABLE snapshot_output (
  snapshot_id bytea NOT NULL REFERENCES snapshot ON DELETE CASCADE,
  script bytea NOT NULL,
  account_id integer NOT NULL REFERENCES account,
  sats bigint NOT NULL CHECK (sats > 0),
  -- Of these, what was owed from before: a balance below the threshold of payouts.
  carried bigint NOT NULL CHECK (carried >= 0 AND carried <= sats),
  PRIMARY KEY (snapshot_id, script),
  UNIQUE (snapshot_id, account_id)
);
