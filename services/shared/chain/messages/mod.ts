/** Messages signed by an address. @module */
export {};
