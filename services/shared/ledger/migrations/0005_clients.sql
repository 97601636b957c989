-- What miners chose for themselves, each choice signed by the address that mines. Amounts are whole satoshi, times
-- milliseconds since the Unix epoch.

-- A request that was accepted, once: its nonce is never taken again for this account. Never changed or removed.
CREATE TABLE client_request (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id integer NOT NULL REFERENCES account,
  nonce text NOT NULL CHECK (nonce ~ '^[0-9a-f]{16,64}$'),
  setting text NOT NULL
    CHECK (setting IN ('payout-address', 'cancel-payout-address', 'threshold', 'donation', 'notify')),
  -- As it was signed, and the signature.
  body text NOT NULL CHECK (length(body) <= 1000),
  signature text NOT NULL CHECK (length(signature) <= 4000),
  -- Whose signature it is: the account's address, or, for a cancellation, the payout address in force.
  signed_by text NOT NULL,
  -- As people read them.
  before text NOT NULL,
  after text NOT NULL,
  -- When it takes effect.
  from_ms bigint NOT NULL,
  at_ms bigint NOT NULL,
  UNIQUE (account_id, nonce)
);
CREATE INDEX client_request_by_time ON client_request (account_id, at_ms);

CREATE TRIGGER client_request_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON client_request
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Choices in force at once. Who has chosen nothing has no row.
CREATE TABLE client (
  account_id integer PRIMARY KEY REFERENCES account,
  -- Mature balance from which on it is paid; null: the pool's usual one.
  threshold_sats bigint CHECK (threshold_sats > 0),
  -- Where it wants to be told of things, as it was asked for; null: nowhere.
  notify text CHECK (length(notify) BETWEEN 1 AND 200)
);

-- Where an account wants to be paid, with the time from which on: of those that have begun the one asked for last.
-- At most one has not begun.
CREATE TABLE client_payout (
  request_id bigint PRIMARY KEY REFERENCES client_request,
  account_id integer NOT NULL REFERENCES account,
  -- Null: to the mining address itself, as without any row.
  script bytea CHECK (octet_length(script) BETWEEN 1 AND 520),
  from_ms bigint NOT NULL,
  -- The request that took it back before it had begun: a cancellation or another address.
  cancelled_by bigint REFERENCES client_request
);
CREATE INDEX client_payout_of_account ON client_payout (account_id, request_id DESC) WHERE cancelled_by IS NULL;
