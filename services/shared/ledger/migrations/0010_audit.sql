-- What operators and callers of the control plane did to money: who, by which method, why, what it found and what it
-- left. Written in the transaction of the change itself, and never changed or removed. Its rows beside `adjustment`: that
-- is the cause that transfers name, this is everything that was asked for and followed.
CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms bigint NOT NULL,
  -- The caller's name, or the operator that the command named.
  who text NOT NULL CHECK (who <> ''),
  -- As "LedgerService/Adjust", or "ledger adjust" of the command.
  method text NOT NULL CHECK (method <> ''),
  reason text NOT NULL CHECK (reason <> ''),
  -- Amounts and ids are text in both: JSON's numbers end at 2^53.
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  -- The caller's own name for its request: sent again under it, it is done once. Null where repeating does no harm.
  request_id text CHECK (length(request_id) BETWEEN 8 AND 64),
  UNIQUE (who, request_id)
);

CREATE TRIGGER audit_is_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
