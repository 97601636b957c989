-- What the public is told beside the books themselves, and the ways to find it fast.

-- One row: what payoutd was last started with and miners are told. It decides nothing: payoutd goes by its settings.
CREATE TABLE terms (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Mature balance from which on an account is paid that has not chosen another, and the least that one may choose.
  threshold_sats bigint NOT NULL CHECK (threshold_sats > 0),
  least_threshold_sats bigint NOT NULL CHECK (least_threshold_sats > 0),
  -- How long a changed payout address waits.
  address_delay_ms bigint NOT NULL CHECK (address_delay_ms >= 0),
  -- Blocks until a coinbase can be spent.
  maturity integer NOT NULL CHECK (maturity > 0),
  -- Who pays the network for a payment.
  fee_payer text NOT NULL CHECK (fee_payer IN ('pool', 'shared')),
  at_ms bigint NOT NULL
);

-- Earnings of the last days: where they begin among the transfers, and what was taken back.
CREATE INDEX transfer_by_time ON transfer (at_ms);
CREATE INDEX transfer_reversal ON transfer (at_ms) WHERE kind = 'reversal';

-- Pages of blocks, the highest first.
CREATE INDEX block_by_height ON block (height DESC, found_at_ms DESC, hash);

-- Shares that count in another minute than their own, of a window.
CREATE INDEX late_share_by_minute ON late_share (minute);
