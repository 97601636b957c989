-- Which scheme pays shares, what rates apply, and what PPS and FPPS have paid. Schedules are only added to: what was in
-- force at a time that has begun never changes.

-- The scheme in force from a minute on. Of several for one minute the one added last counts: so is a change taken back
-- before its time.
CREATE TABLE scheme_period (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  from_minute integer NOT NULL CHECK (from_minute >= 0),
  scheme scheme NOT NULL CHECK (scheme <> 'coinbase'),
  -- {"windowThousandths": X of PPLNS in thousandths of a unit}
  params jsonb NOT NULL CHECK (params ? 'windowThousandths'),
  -- The pool fell back to it by itself, because the reserve was below its floor.
  is_fallback boolean NOT NULL DEFAULT false,
  set_at_ms bigint NOT NULL,
  -- Who and why; null for the first, which the settings made when the ledger was opened.
  adjustment_id bigint REFERENCES adjustment,
  CHECK ((from_minute = 0) = (adjustment_id IS NULL))
);
CREATE UNIQUE INDEX scheme_period_first ON scheme_period (from_minute) WHERE from_minute = 0;

-- Rates in basis points, in force from the beginning of a minute of the log's time on. Of several for one time the one
-- added last counts.
CREATE TABLE fee_period (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Null: the pool's, for every account without its own.
  account_id integer REFERENCES account,
  from_ms bigint NOT NULL CHECK (from_ms >= 0 AND from_ms % 60000 = 0),
  -- Null for an account: the pool's.
  fee_basis_points integer CHECK (fee_basis_points BETWEEN 0 AND 10000),
  donation_basis_points integer CHECK (donation_basis_points BETWEEN 0 AND 10000),
  set_at_ms bigint NOT NULL,
  adjustment_id bigint REFERENCES adjustment,
  CHECK (account_id IS NOT NULL OR num_nonnulls(fee_basis_points, donation_basis_points) = 2),
  CHECK ((account_id IS NULL AND from_ms = 0) = (adjustment_id IS NULL))
);
CREATE UNIQUE INDEX fee_period_first ON fee_period (from_ms) WHERE account_id IS NULL AND from_ms = 0;
CREATE INDEX fee_period_of_account ON fee_period (account_id, from_ms DESC, id DESC);

CREATE TRIGGER scheme_period_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON scheme_period
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER fee_period_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON fee_period
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- One row: every minute before it is paid, where it had work under PPS or FPPS.
CREATE TABLE pps_book (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  next_minute integer NOT NULL DEFAULT 0
);
INSERT INTO pps_book DEFAULT VALUES;

-- Fractions of a satoshi that an account has earned and was not given yet, in parts of 2^-64 satoshi.
CREATE TABLE pps_carry (
  account_id integer PRIMARY KEY REFERENCES account,
  parts numeric NOT NULL CHECK (parts >= 0 AND parts < 18446744073709551616 AND scale(parts) = 0)
);

-- A minute that was paid, with what its pay rests on beside its slices. Its transfer is of kind 'pps'; where no account
-- came to a whole satoshi there is none.
CREATE TABLE pps_minute (
  minute integer PRIMARY KEY,
  -- F: fees that a block was expected to bring. It rests on `fee_blocks` blocks of the chain up to `fee_height`; null
  -- where none was known.
  expected_fees bigint NOT NULL CHECK (expected_fees >= 0),
  fee_blocks integer NOT NULL CHECK (fee_blocks >= 0),
  fee_height integer,
  -- The pool's rates; accounts with others stand in pps_rate.
  fee_basis_points integer NOT NULL,
  donation_basis_points integer NOT NULL,
  -- What left the reserve.
  sats bigint NOT NULL CHECK (sats >= 0),
  at_ms bigint NOT NULL,
  CHECK ((fee_blocks = 0) = (fee_height IS NULL))
);

CREATE TABLE pps_rate (
  minute integer NOT NULL REFERENCES pps_minute,
  account_id integer NOT NULL REFERENCES account,
  fee_basis_points integer NOT NULL,
  donation_basis_points integer NOT NULL,
  PRIMARY KEY (minute, account_id)
);

CREATE TRIGGER pps_minute_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON pps_minute
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER pps_rate_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON pps_rate
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Fees that the last blocks of the best chain brought, anybody's: what F is made of.
CREATE TABLE chain_fee (
  height integer PRIMARY KEY CHECK (height >= 0),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  fees bigint NOT NULL CHECK (fees >= 0)
);
