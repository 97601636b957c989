/**
 * What was done to money, by whom and why: one row for each change, in the change's own transaction
 * (migrations/0010_audit.sql).
 *
 * @module
 */
import type { Tx } from "../port.ts";

/** Who does something, by which method, and why. None may be empty. */
export interface Actor {
  /** A caller's name, or the operator that a command was given. */
  readonly who: string;
  /** As "LedgerService/Adjust" or "ledger adjust". */
  readonly method: string;
  readonly reason: string;
  /** The caller's own name for its request, where repeating it would do it twice; 8 to 64 characters. */
  readonly requestId?: string;
}

/** What a change found or left. Amounts may be bigint: they are kept as text. */
export type AuditFacts = Readonly<Record<string, unknown>>;

export interface AuditRow {
  readonly id: bigint;
  readonly atMs: number;
  readonly who: string;
  readonly method: string;
  readonly reason: string;
  /** As they stand in the ledger: amounts are text. */
  readonly before: AuditFacts;
  readonly after: AuditFacts;
}

/** Writes down a change. In its transaction. */
export async function noteAudit(
  tx: Tx,
  { who, method, reason, requestId }: Actor,
  { before, after }: { readonly before: AuditFacts; readonly after: AuditFacts },
  atMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO audit (at_ms, who, method, reason, before, after, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [atMs, who, method, reason, asText(before), asText(after), requestId ?? null],
  );
}

/** What was done when this request came before; null where it is new. In a money transaction: nobody does it meanwhile. */
export async function auditOfRequest(
  tx: Tx,
  { who, requestId }: Pick<Actor, "who" | "requestId">,
): Promise<AuditRow | null> {
  if (requestId === undefined) return null;
  const [row] = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM audit WHERE who = $1 AND request_id = $2`,
    [who, requestId],
  );
  return row === undefined ? null : rowOf(row);
}

export interface AuditAsked {
  /** Only older rows; null: from the newest on. */
  readonly beforeId: bigint | null;
  readonly who?: string;
  readonly method?: string;
  readonly limit: number;
}

/** The newest first. */
export async function auditRows(
  tx: Tx,
  { beforeId, who, method, limit }: AuditAsked,
): Promise<AuditRow[]> {
  const rows = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM audit
     WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR who = $2)
       AND ($3::text IS NULL OR method = $3) ORDER BY id DESC LIMIT $4`,
    [beforeId, who ?? null, method ?? null, limit],
  );
  return rows.map(rowOf);
}

const COLUMNS = "id, at_ms, who, method, reason, before, after";

type Row = Omit<AuditRow, "atMs"> & { at_ms: bigint; [column: string]: unknown };

function rowOf({ at_ms, ...rest }: Row): AuditRow {
  const { id, who, method, reason, before, after } = rest;
  return { id, atMs: Number(at_ms), who, method, reason, before, after };
}

function asText(value: AuditFacts): AuditFacts {
  return JSON.parse(
    JSON.stringify(value, (_, one) => typeof one === "bigint" ? String(one) : one),
  );
}
