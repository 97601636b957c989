/** The ledger's keeper: what it may touch, and its loops. @module */
export {};
