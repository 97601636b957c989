-- Blocks of ours: what was found, how the chain sees it, how it was split. A block is its hash: two at one height are two.

-- Its state, as the nodes' chains say:
--   found      accepted by a node once; none has it on its best chain as far as is known here
--   confirmed  on the best chain, not yet deep enough
--   mature     as deep as the chain wants before its coinbase may be spent
--   orphaned   another stands at its height on the best chain of every healthy node, seen so several times
-- Money follows: a block is settled once (how it is split stands in block_credit for good), and booked as often as it
-- comes onto the best chain, each time under a further epoch.
CREATE TABLE block (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  height integer NOT NULL CHECK (height > 0),
  -- T: log-append time of the candidate. The shares before its minute are paid.
  found_at_ms bigint NOT NULL CHECK (found_at_ms >= 0),
  nbits integer NOT NULL,
  -- How the ledger came to know: 'found' block.found, 'solved' block.solved (found on the chain, never announced),
  -- 'operator' (found on the chain, an operator said that it is ours).
  origin text NOT NULL CHECK (origin IN ('found', 'solved', 'operator')),
  -- Which log and record told of it; null where an operator did.
  log_id text,
  log_offset bigint,
  job_id text NOT NULL,
  -- The job's coinbase variant: 0 pool, 1 solo, 2 split, 3 small.
  variant bigint NOT NULL,
  -- What outputs to accounts rest on; null where they rest on none.
  snapshot_id bytea,
  -- Canonical address; empty where nobody was authorised, or an operator booked it.
  finder text NOT NULL,
  worker text NOT NULL,
  gateway text NOT NULL,
  -- The record's BlockFacts as they came; null where an operator booked it.
  facts bytea,

  state text NOT NULL DEFAULT 'found' CHECK (state IN ('found', 'confirmed', 'mature', 'orphaned')),
  -- Of the booking that stands or comes next: 0, and one more for each return after a reversal.
  epoch integer NOT NULL DEFAULT 0,
  -- Whether a booking of this epoch stands, not reversed.
  booked boolean NOT NULL DEFAULT false,
  -- Whether that booking has been moved to mature.
  matured boolean NOT NULL DEFAULT false,
  -- As last seen; null before the first look, -1 beside the best chain, 0 where no node knows it.
  confirmations integer,
  looked_at_ms bigint,
  -- Still asked about. Ends long after maturity, after an orphan's rival is as deep, or when no node ever knew it.
  watched boolean NOT NULL DEFAULT true,

  -- Read from the block itself when a node first shows it on its best chain.
  coinbase_txid bytea CHECK (octet_length(coinbase_txid) = 32),
  -- V: the sum of its coinbase's outputs. Where an operator booked it: of those that pay the pool.
  value bigint CHECK (value >= 0),

  -- How it was split; null before.
  settled_at_ms bigint,
  -- A scheme's name, or 'solo-coinbase', 'opening', 'operator'.
  scheme text,
  fee bigint CHECK (fee >= 0),
  donation bigint CHECK (donation >= 0),
  -- What the split rests on: window, cut offsets of every partition, rates.
  basis jsonb,
  -- Why it is not settled or cannot be looked at, in a sentence; null where all is well.
  waits_for text,
  -- What is odd about it, in sentences.
  remarks text[] NOT NULL DEFAULT '{}',
  CHECK ((settled_at_ms IS NULL) = (scheme IS NULL) AND (scheme IS NULL) = (basis IS NULL)
    AND (scheme IS NULL) = (fee IS NULL) AND (scheme IS NULL) = (donation IS NULL)),
  CHECK ((coinbase_txid IS NULL) = (value IS NULL)),
  CHECK (scheme IS NULL OR value IS NOT NULL),
  CHECK (NOT booked OR (scheme IS NOT NULL AND state IN ('confirmed', 'mature'))),
  CHECK (NOT matured OR (booked AND state = 'mature'))
);
CREATE INDEX block_watched ON block (height) WHERE watched;
CREATE INDEX block_by_time ON block (found_at_ms);
CREATE INDEX block_unsettled ON block (found_at_ms) WHERE scheme IS NULL;
CREATE INDEX block_by_snapshot ON block (snapshot_id) WHERE snapshot_id IS NOT NULL;

-- Outputs of its coinbase that are worth something, as they stand in the chain.
CREATE TABLE block_output (
  block_hash bytea NOT NULL REFERENCES block,
  position integer NOT NULL,
  sats bigint NOT NULL CHECK (sats > 0),
  script bytea NOT NULL,
  -- Pays a script of the pool: a coin of ours.
  is_pool boolean NOT NULL,
  PRIMARY KEY (block_hash, position)
);

-- Who got what of it: these, `fee` and `donation` add up to `value`. The same for every epoch. No foreign keys: each would
-- be looked up for every one of ten thousand rows, which are made by one statement under the block's lock, with the ids
-- that the entries of the same transaction refer to.
CREATE TABLE block_credit (
  block_hash bytea NOT NULL,
  account_id integer NOT NULL,
  -- In no unit but that of the block's other rows. 0 where it did not count (the block went whole to one account).
  weight numeric NOT NULL CHECK (weight >= 0),
  sats bigint NOT NULL CHECK (sats >= 0),
  fee_basis_points integer NOT NULL CHECK (fee_basis_points BETWEEN 0 AND 10000),
  donation_basis_points integer NOT NULL CHECK (donation_basis_points BETWEEN 0 AND 10000),
  -- What its coinbase paid the account at once, and how much of that was owed from before.
  paid bigint NOT NULL DEFAULT 0 CHECK (paid >= 0),
  carried bigint NOT NULL DEFAULT 0 CHECK (carried >= 0 AND carried <= paid),
  PRIMARY KEY (block_hash, account_id)
);
CREATE INDEX block_credit_of_account ON block_credit (account_id);

CREATE TRIGGER block_output_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON block_output
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER block_credit_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON block_credit
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER block_stays BEFORE DELETE OR TRUNCATE ON block
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Facts never change, and what is settled is settled.
CREATE FUNCTION forbid_block_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.hash, OLD.height, OLD.found_at_ms, OLD.nbits, OLD.origin, OLD.log_id, OLD.log_offset, OLD.job_id, OLD.variant,
      OLD.snapshot_id, OLD.finder, OLD.worker, OLD.gateway, OLD.facts)
    IS DISTINCT FROM
     (NEW.hash, NEW.height, NEW.found_at_ms, NEW.nbits, NEW.origin, NEW.log_id, NEW.log_offset, NEW.job_id, NEW.variant,
      NEW.snapshot_id, NEW.finder, NEW.worker, NEW.gateway, NEW.facts)
    OR (OLD.coinbase_txid IS NOT NULL
      AND (OLD.coinbase_txid, OLD.value) IS DISTINCT FROM (NEW.coinbase_txid, NEW.value))
    OR (OLD.scheme IS NOT NULL
      AND (OLD.settled_at_ms, OLD.scheme, OLD.fee, OLD.donation, OLD.basis)
        IS DISTINCT FROM (NEW.settled_at_ms, NEW.scheme, NEW.fee, NEW.donation, NEW.basis))
    OR NEW.epoch < OLD.epoch
  THEN
    RAISE EXCEPTION 'the facts and the split of block % are final', encode(OLD.hash, 'hex')
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER block_facts_are_final BEFORE UPDATE ON block
  FOR EACH ROW EXECUTE FUNCTION forbid_block_change();

-- What happened to a block, in order, for people and for verify.
CREATE TABLE block_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  block_hash bytea NOT NULL REFERENCES block,
  what text NOT NULL CHECK (what IN ('taken', 'confirmed', 'settled', 'booked', 'matured', 'orphaned', 'rested', 'woken')),
  epoch integer NOT NULL,
  at_ms bigint NOT NULL
);
CREATE INDEX block_event_of_block ON block_event (block_hash, id);

-- Blocks announced as lost: buried, or refused by every node. They move no money; one that is accepted after all stands
-- in `block` too.
CREATE TABLE block_lost (
  hash bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  height integer NOT NULL,
  found_at_ms bigint NOT NULL,
  finder text NOT NULL,
  worker text NOT NULL,
  reason text NOT NULL,
  log_id text NOT NULL,
  log_offset bigint NOT NULL
);

-- The best chain as followed, its last few hundred blocks: where the follower stands, and what a reorganisation takes back.
CREATE TABLE chain_block (
  height integer PRIMARY KEY CHECK (height >= 0),
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  -- Of its header.
  time_ms bigint NOT NULL,
  seen_at_ms bigint NOT NULL
);

-- Heights that nobody could show any more when the follower came to them: no coinbase was looked at there.
CREATE TABLE chain_gap (
  from_height integer PRIMARY KEY,
  to_height integer NOT NULL CHECK (to_height >= from_height),
  reason text NOT NULL,
  at_ms bigint NOT NULL
);

-- Coinbases of the best chain that pay the pool and belong to no block of the ledger: an alarm until one of the two is so.
CREATE TABLE unknown_coinbase (
  block_hash bytea PRIMARY KEY CHECK (octet_length(block_hash) = 32),
  height integer NOT NULL,
  nbits integer NOT NULL,
  -- Of the block's header.
  time_ms bigint NOT NULL,
  txid bytea NOT NULL CHECK (octet_length(txid) = 32),
  -- Of its outputs to the pool's scripts.
  sats bigint NOT NULL CHECK (sats > 0),
  seen_at_ms bigint NOT NULL,
  -- False while a reorganisation has it off the best chain.
  on_chain boolean NOT NULL DEFAULT true,
  -- 'known': its block came after all; 'booked' or 'dismissed': an operator said so.
  resolution text CHECK (resolution IN ('known', 'booked', 'dismissed')),
  adjustment_id bigint REFERENCES adjustment
);
CREATE INDEX unknown_coinbase_open ON unknown_coinbase (seen_at_ms) WHERE resolution IS NULL;

-- The hourly comparison of coins on the chain with the books; the latest tells how it stands.
CREATE TABLE reconciliation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms bigint NOT NULL,
  coins integer NOT NULL,
  -- Sums of coins that a node has shown, and of positive mature balances that they must cover (I5).
  on_chain bigint NOT NULL,
  owed bigint NOT NULL,
  -- Sentences; none where all is well.
  troubles text[] NOT NULL
);
