-- The books: accounts, transfers, entries. Nothing here is ever updated or deleted but the running balances, which the
-- database keeps itself. Amounts are whole satoshi. Times are milliseconds since the Unix epoch.

-- One row: whose books these are. A ledger keeps one pool's.
CREATE TABLE book (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  pool text NOT NULL,
  -- "main", "testnet3", "testnet4", "signet" or "regtest".
  network text NOT NULL,
  opened_at_ms bigint NOT NULL
);

-- Who owns what. An account of kind 'miner' is a scriptPubKey, named by its canonical address; the pool's own have
-- one row each, with an empty name. A positive balance is owed by the pool; what the pool has is negative:
--   miner        what is owed to a miner
--   fee          the pool's earnings
--   donation     what miners gave
--   reserve      what PPS and FPPS pay from
--   unclaimed    blocks that no share and no finder claims
--   opening      blocks found before these books were opened
--   transit      payments planned and not yet confirmed
--   network_fee  what the chain's fees of payments cost the pool
--   operator     the other side of what an operator puts in, takes out or corrects
--   rewards      coinbases of ours that are not yet mature (an asset: negative)
--   wallet       mature coins of ours (an asset: negative)
CREATE TABLE account (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('miner', 'fee', 'donation', 'reserve', 'unclaimed', 'opening', 'transit',
    'network_fee', 'operator', 'rewards', 'wallet')),
  name text NOT NULL DEFAULT '',
  UNIQUE (kind, name),
  CHECK ((kind = 'miner') = (name <> ''))
);

-- 0: rests on a coinbase that is not yet mature, cannot be paid out (I6). 1: mature.
CREATE DOMAIN bucket AS smallint CHECK (VALUE IN (0, 1));

-- Why money moved. Its cause is named by exactly one of the references, and a cause moves money of one kind once (I3).
CREATE TABLE transfer (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  -- Of the block, 32 bytes, internal order; with the number of the credit: 0, and one more for each return (I7).
  block_hash bytea,
  epoch integer,
  payout_id bigint,
  -- Counts what may happen several times to one payout: its replacements, confirmations, reversals.
  attempt integer,
  -- Minutes since the Unix epoch: PPS credits of that minute.
  minute integer,
  adjustment_id bigint,
  at_ms bigint NOT NULL,
  CHECK (num_nonnulls(block_hash, payout_id, minute, adjustment_id) = 1),
  CHECK ((block_hash IS NULL) = (epoch IS NULL)),
  CHECK ((payout_id IS NULL) = (attempt IS NULL)),
  UNIQUE NULLS NOT DISTINCT (kind, block_hash, epoch, payout_id, attempt, minute, adjustment_id)
);

CREATE TABLE entry (
  transfer_id bigint NOT NULL REFERENCES transfer,
  account_id integer NOT NULL REFERENCES account,
  bucket bucket NOT NULL,
  sats bigint NOT NULL CHECK (sats <> 0),
  PRIMARY KEY (transfer_id, account_id, bucket)
);
CREATE INDEX entry_of_account ON entry (account_id, transfer_id);

-- The sum of an account's entries, kept by the trigger below.
CREATE TABLE balance (
  account_id integer NOT NULL REFERENCES account,
  bucket bucket NOT NULL,
  sats bigint NOT NULL,
  PRIMARY KEY (account_id, bucket)
);

-- What an operator did to the books by hand, or allowed: who, why, and what it was about.
CREATE TABLE adjustment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  operator text NOT NULL CHECK (operator <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  detail jsonb NOT NULL DEFAULT '{}',
  at_ms bigint NOT NULL
);

ALTER TABLE transfer ADD FOREIGN KEY (adjustment_id) REFERENCES adjustment;

CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or removed: post a new transfer', TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER transfer_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER entry_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER adjustment_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON adjustment
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- All entries of a transfer are inserted by one statement: it must balance, and it moves the running balances. The
-- function runs as its owner: the role that posts may not touch balances itself.
CREATE FUNCTION book_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  bad bigint;
BEGIN
  SELECT transfer_id INTO bad FROM fresh GROUP BY transfer_id HAVING sum(sats) <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'transfer % does not balance', bad USING ERRCODE = 'check_violation';
  END IF;
  -- In one order, so that two transactions cannot wait for each other.
  INSERT INTO balance AS b (account_id, bucket, sats)
    SELECT account_id, bucket, sum(sats) FROM fresh GROUP BY account_id, bucket ORDER BY account_id, bucket
    ON CONFLICT (account_id, bucket) DO UPDATE SET sats = b.sats + excluded.sats;
  RETURN NULL;
END $$;

CREATE TRIGGER entries_balance AFTER INSERT ON entry
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION book_entries();

INSERT INTO account (kind) VALUES ('fee'), ('donation'), ('reserve'), ('unclaimed'), ('opening'), ('transit'),
  ('network_fee'), ('operator'), ('rewards'), ('wallet');
