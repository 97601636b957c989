/**
 * What blocksubmit answers on the control address.
 *
 * @module
 */
import { Code, ConnectError, note, type ServiceImpl } from "@gopool/control";
import { toHex } from "@gopool/chain";
import type { BlockService, BlockState, RoadService } from "@gopool/proto/control";
import { NotTaken } from "./blocks.ts";
import { LogSilent, NoSuchBlock, type PageStart } from "./desk.ts";
import type { DossierState } from "./dossiers.ts";
import { attemptView, dossierOf, STATES, summaryOf } from "./dossier_view.ts";
import { EXPORT_PIECE_DIGITS, PAGE_DEFAULT } from "./limits.ts";
import type { Blocksubmit } from "./service.ts";

export interface BlockRpcDeps {
  readonly blocksubmit: Blocksubmit;
}

export function createBlockRpc({ blocksubmit }: BlockRpcDeps): ServiceImpl<typeof BlockService> {
  const { desk } = blocksubmit;
  return {
    async listBlocks({ pageSize, pageToken, state }, { signal }) {
      const start = startOf(pageToken);
      const page = await told(desk.list(start, pageSize || PAGE_DEFAULT, stateOf(state), signal));
      return {
        blocks: page.blocks.map(summaryOf),
        nextPageToken: page.next === null ? "" : tokenOf(page.next),
        trouble: page.trouble,
      };
    },

    async getBlock({ hash }, { signal }) {
      return { block: dossierOf(await told(desk.whole(hash, signal))) };
    },

    async submitAgain({ hash }, context) {
      const { before, after, attempts } = await told(desk.again(hash, context.signal));
      const said = attempts.map(({ attempt }) => `${attempt.node}: ${attempt.answer || "taken"}`);
      note(context, { before, after: `${after} (${said.join("; ")})` });
      return { attempts: attempts.map(attemptView), state: STATES[after] };
    },

    async *exportBlock({ hash }, { signal }) {
      const block = await told(desk.bytes(hash, signal));
      const bytes = EXPORT_PIECE_DIGITS / 2;
      for (let at = 0; at < block.length; at += bytes) {
        yield { hex: toHex(block.subarray(at, at + bytes)) };
      }
    },
  };
}

/** The submitter's end of the second road. */
export function createBlockRoadRpc(
  { blocksubmit }: BlockRpcDeps,
): ServiceImpl<typeof RoadService> {
  return {
    giveCandidate() {
      throw new ConnectError("candidates are given to shareproc", Code.Unimplemented);
    },
    giveBlock({ solved }) {
      try {
        return { news: blocksubmit.give(solved!) };
      } catch (error) {
        const { message } = error as Error;
        if (error instanceof NotTaken) throw new ConnectError(message, Code.Unavailable);
        throw new ConnectError(`solved: ${message}`, Code.InvalidArgument);
      }
    },
  };
}

/** What callers are told of faults that are nobody's mistake. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof NoSuchBlock) throw new ConnectError(message, Code.NotFound);
    if (error instanceof LogSilent || error instanceof NotTaken) {
      throw new ConnectError(message, Code.Unavailable);
    }
    throw error;
  }
}

function stateOf(state: BlockState): DossierState | null {
  const [found] = Object.entries(STATES).find(([, one]) => one === state) ?? [];
  return (found as DossierState | undefined) ?? null;
}

function tokenOf(start: PageStart): string {
  return "below" in start
    ? (start.below === Infinity ? "log" : `log-${start.below}`)
    : `open-${start.unlogged}`;
}

function startOf(token: string): PageStart {
  if (token === "") return { unlogged: Infinity };
  if (token === "log") return { below: Infinity };
  const [, kind, number] = /^(log|open)-(\d{1,15})$/.exec(token) ?? [];
  if (kind === "log") return { below: Number(number) };
  if (kind === "open") return { unlogged: Number(number) };
  throw new ConnectError(
    `page_token: ${JSON.stringify(token)} is none that this method gave`,
    Code.InvalidArgument,
  );
}
