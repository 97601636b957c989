-- From balances to confirmed transactions (I4): the pool's coins, payments, and every transaction made for one.
-- Amounts are whole satoshi, times milliseconds since the Unix epoch, txids 32 bytes in internal order.

-- One row: whether payments may be made now. Asked inside the transaction that plans and again before each sending.
CREATE TABLE payout_control (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  paused boolean NOT NULL DEFAULT false,
  -- Who said so last, and why; null as long as nobody has.
  adjustment_id bigint REFERENCES adjustment,
  since_ms bigint NOT NULL DEFAULT 0,
  -- When payments were last planned, or it was found that there are none to plan.
  last_run_ms bigint NOT NULL DEFAULT 0
);
INSERT INTO payout_control DEFAULT VALUES;

-- A payment to many. Its debits are written by the transaction that makes this row, once, and given back only by its
-- cancellation. State:
--   awaiting   planned; an operator has to say yes
--   planned    to be signed
--   signed     a transaction with its txid is stored; from here on only transactions that exclude each other are made
--   broadcast  a node has taken one
--   confirmed  one of them is deep enough in the chain; a reorganisation may lead back to broadcast
--   cancelled  never handed to a signer, or its coins vanished with their coinbases; the debits are given back
CREATE TABLE payout (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state text NOT NULL
    CHECK (state IN ('awaiting', 'planned', 'signed', 'broadcast', 'confirmed', 'cancelled')),
  -- Who pays the network: 'pool', or 'shared' by the payees. What a replacement costs more, the pool pays.
  fee_payer text NOT NULL CHECK (fee_payer IN ('pool', 'shared')),
  -- Debits of its lines; of these, what the payees give for the network fee.
  gross_sats bigint NOT NULL CHECK (gross_sats > 0),
  fee_share_sats bigint NOT NULL CHECK (fee_share_sats >= 0 AND fee_share_sats < gross_sats),
  -- Where the rest of its coins goes back to.
  change_script bytea NOT NULL,
  planned_at_ms bigint NOT NULL,
  -- The operator's yes, or no.
  approved_by bigint REFERENCES adjustment,
  cancelled_by bigint REFERENCES adjustment,
  cancelled_at_ms bigint,
  -- The attempt that is confirmed, and how often a confirmation was booked: `attempt` of those transfers.
  confirmed_attempt integer,
  confirmations_booked integer NOT NULL DEFAULT 0,
  confirmed_at_ms bigint,
  CHECK ((state = 'confirmed') = (confirmed_attempt IS NOT NULL)),
  CHECK ((state = 'cancelled') = (cancelled_by IS NOT NULL)),
  CHECK ((state = 'cancelled') = (cancelled_at_ms IS NOT NULL))
);
CREATE INDEX payout_alive ON payout (id) WHERE state NOT IN ('confirmed', 'cancelled');
CREATE INDEX payout_by_time ON payout (planned_at_ms);

ALTER TABLE transfer ADD FOREIGN KEY (payout_id) REFERENCES payout;

-- What a payment pays: an output of gross_sats - fee_sats to the script. Never changed.
CREATE TABLE payout_line (
  payout_id bigint NOT NULL REFERENCES payout,
  account_id integer NOT NULL REFERENCES account,
  script bytea NOT NULL,
  gross_sats bigint NOT NULL CHECK (gross_sats > 0),
  fee_sats bigint NOT NULL CHECK (fee_sats >= 0 AND fee_sats < gross_sats),
  PRIMARY KEY (payout_id, account_id)
);
CREATE INDEX payout_line_of_account ON payout_line (account_id, payout_id);

-- A coin of ours: an output that a payment can spend.
--   immature  of a coinbase that is not yet 100 deep
--   mature    spendable, or spent; these and no others make up the account `wallet`
--   gone      the block or the transaction that made it is not in the chain (any more)
--   lost      an operator wrote it off: no payment of ours can spend it any more
-- On the chain stand those that are mature and not spent: their sum is the balance of `wallet`, negated.
CREATE TABLE coin (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  txid bytea NOT NULL CHECK (octet_length(txid) = 32),
  vout integer NOT NULL CHECK (vout >= 0),
  sats bigint NOT NULL CHECK (sats > 0),
  script bytea NOT NULL,
  origin text NOT NULL CHECK (origin IN ('coinbase', 'change', 'deposit')),
  -- Of a coinbase: its block. Of change: the payment that made it.
  block_hash bytea CHECK (octet_length(block_hash) = 32),
  made_by bigint REFERENCES payout,
  -- Of the block that holds it.
  height integer NOT NULL,
  state text NOT NULL CHECK (state IN ('immature', 'mature', 'gone', 'lost')),
  -- The payment that spends it, from planning until that is cancelled.
  payout_id bigint REFERENCES payout,
  -- That payment is confirmed by a transaction that spends it.
  spent boolean NOT NULL DEFAULT false,
  -- Why it cannot be used now, as a sentence: an alarm. Null where nothing is known against it.
  trouble text,
  -- Two blocks at one height may hold the same coinbase; at most one of them matures.
  UNIQUE NULLS NOT DISTINCT (txid, vout, block_hash),
  CHECK ((origin = 'coinbase') = (block_hash IS NOT NULL)),
  CHECK ((origin = 'change') = (made_by IS NOT NULL)),
  CHECK (NOT spent OR payout_id IS NOT NULL)
);
CREATE INDEX coin_of_block ON coin (block_hash) WHERE block_hash IS NOT NULL;
CREATE INDEX coin_of_payout ON coin (payout_id) WHERE payout_id IS NOT NULL;
CREATE INDEX coin_made_by ON coin (made_by) WHERE made_by IS NOT NULL;
CREATE INDEX coin_unspent ON coin (height, txid, vout) WHERE NOT spent;

-- An attempt at a payment: 0 as planned, then its replacements. All spend a coin in common, so that at most one of them
-- is ever in the chain.
CREATE TABLE payout_tx (
  payout_id bigint NOT NULL REFERENCES payout,
  attempt integer NOT NULL CHECK (attempt >= 0),
  -- Why it was made: 'planned', 'fee' (a replacement that pays more), 'input-gone', or 'seen': the same payment found in
  -- a block under a txid that is not ours (signatures of P2PKH inputs can be rewritten by strangers).
  reason text NOT NULL CHECK (reason IN ('planned', 'fee', 'input-gone', 'seen')),
  asked_by bigint REFERENCES adjustment,
  -- Satoshis per 1000 virtual bytes aimed at; the fee really paid: inputs less outputs.
  fee_rate bigint NOT NULL CHECK (fee_rate >= 0),
  fee_sats bigint NOT NULL CHECK (fee_sats >= 0),
  -- Zero: none.
  change_sats bigint NOT NULL CHECK (change_sats >= 0),
  -- Estimated, never below the real one.
  weight integer NOT NULL CHECK (weight > 0),
  -- Written before it is shown to a signer: from then on it may exist somewhere, signed.
  handed_at_ms bigint,
  txid bytea UNIQUE CHECK (octet_length(txid) = 32),
  raw bytea,
  signed_at_ms bigint,
  -- First and last taken by a node; what nodes said last, for people.
  sent_at_ms bigint,
  last_sent_at_ms bigint,
  last_answer text,
  -- The block of the best chain that holds it.
  block_hash bytea CHECK (octet_length(block_hash) = 32),
  block_height integer,
  at_ms bigint NOT NULL,
  PRIMARY KEY (payout_id, attempt),
  CHECK (num_nulls(txid, raw, signed_at_ms) IN (0, 3)),
  CHECK (signed_at_ms IS NULL OR handed_at_ms IS NOT NULL),
  CHECK ((block_hash IS NULL) = (block_height IS NULL))
);
CREATE INDEX payout_tx_in_block ON payout_tx (block_hash) WHERE block_hash IS NOT NULL;

CREATE TABLE payout_input (
  payout_id bigint NOT NULL,
  attempt integer NOT NULL,
  coin_id bigint NOT NULL REFERENCES coin,
  PRIMARY KEY (payout_id, attempt, coin_id),
  FOREIGN KEY (payout_id, attempt) REFERENCES payout_tx
);
CREATE INDEX payout_input_of_coin ON payout_input (coin_id);

-- Accounts that the last run could not pay although they were due, and why. Written anew by each run.
CREATE TABLE payout_aside (
  account_id integer PRIMARY KEY REFERENCES account,
  reason text NOT NULL,
  since_ms bigint NOT NULL
);

-- What the rules above say, kept by the database itself.
CREATE TRIGGER payout_line_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_line
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER payout_input_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON payout_input
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER payout_stays BEFORE DELETE OR TRUNCATE ON payout
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER payout_tx_stays BEFORE DELETE OR TRUNCATE ON payout_tx
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER coin_stays BEFORE DELETE OR TRUNCATE ON coin
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

CREATE FUNCTION check_payout_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
    ('awaiting', 'planned'), ('awaiting', 'cancelled'),
    ('planned', 'signed'), ('planned', 'cancelled'),
    ('signed', 'broadcast'), ('signed', 'confirmed'), ('signed', 'cancelled'),
    ('broadcast', 'confirmed'), ('broadcast', 'cancelled'),
    ('confirmed', 'broadcast')
  ) THEN
    RAISE EXCEPTION 'payout % cannot go from % to %', OLD.id, OLD.state, NEW.state
      USING ERRCODE = 'check_violation';
  END IF;
  IF (NEW.id, NEW.fee_payer, NEW.gross_sats, NEW.fee_share_sats, NEW.change_script) IS DISTINCT FROM
     (OLD.id, OLD.fee_payer, OLD.gross_sats, OLD.fee_share_sats, OLD.change_script) THEN
    RAISE EXCEPTION 'payout % is planned: what it pays does not change', OLD.id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payout_steps BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION check_payout_step();

CREATE FUNCTION check_payout_tx_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.payout_id, NEW.attempt, NEW.fee_sats, NEW.change_sats) IS DISTINCT FROM
     (OLD.payout_id, OLD.attempt, OLD.fee_sats, OLD.change_sats)
     OR (OLD.txid IS NOT NULL AND (NEW.txid, NEW.raw) IS DISTINCT FROM (OLD.txid, OLD.raw))
     OR (OLD.handed_at_ms IS NOT NULL AND NEW.handed_at_ms IS NULL) THEN
    RAISE EXCEPTION 'attempt % of payout % is made: its transaction does not change', OLD.attempt, OLD.payout_id
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payout_tx_steps BEFORE UPDATE ON payout_tx
  FOR EACH ROW EXECUTE FUNCTION check_payout_tx_step();

-- Gone for good as far as anybody can see: its coinbase left the chain 100 deep, the payment that made it is cancelled,
-- or it is lost.
CREATE VIEW coin_vanished AS
  SELECT c.id FROM coin c LEFT JOIN payout m ON m.id = c.made_by
  WHERE c.state = 'lost' OR (c.state = 'gone' AND (c.origin = 'coinbase' OR m.state = 'cancelled'));

-- All inputs of an attempt are inserted by one statement. It must share a coin with every earlier attempt that could
-- still be confirmed; one that spends a coin that vanished could not.
CREATE FUNCTION check_payout_inputs() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  bad record;
BEGIN
  SELECT made.payout_id, made.attempt, earlier.attempt AS than INTO bad
    FROM (SELECT DISTINCT payout_id, attempt FROM fresh) AS made
    JOIN payout_tx earlier ON earlier.payout_id = made.payout_id AND earlier.attempt < made.attempt
    WHERE NOT EXISTS (
      SELECT FROM payout_input i JOIN fresh USING (coin_id)
      WHERE (i.payout_id, i.attempt) = (earlier.payout_id, earlier.attempt)
        AND (fresh.payout_id, fresh.attempt) = (made.payout_id, made.attempt))
    AND NOT EXISTS (
      SELECT FROM payout_input i JOIN coin_vanished v ON v.id = i.coin_id
      WHERE (i.payout_id, i.attempt) = (earlier.payout_id, earlier.attempt))
    LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'attempt % of payout % spends no coin of attempt %: both could be confirmed',
      bad.attempt, bad.payout_id, bad.than USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER payout_inputs_exclude AFTER INSERT ON payout_input
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION check_payout_inputs();
