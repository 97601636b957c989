/** How a test makes the node misbehave. @module */

export class Controls {
  /** Every call is answered with -28, as while Bitcoin Core loads its index. */
  warmingUp = false;
  /** getblockchaininfo says initial block download, getblocktemplate answers -10. */
  syncing = false;
  /** What submitblock answers without looking at the block; null: it looks. */
  refusal: string | null = null;
  /** What estimatesmartfee answers, in satoshis per 1000 virtual bytes; null: it has no data. */
  feeRate: bigint | null = null;
  #stall: PromiseWithResolvers<void> | null = null;

  /** While on, requests are read and not answered; off, they are. */
  stall(on: boolean): void {
    if (on) this.#stall ??= Promise.withResolvers();
    else {
      this.#stall?.resolve();
      this.#stall = null;
    }
  }

  /** Resolves when nothing is held up. */
  get passed(): Promise<void> | null {
    return this.#stall?.promise ?? null;
  }
}
