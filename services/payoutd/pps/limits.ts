/** Bounds and paces of paying per share. @module */

/** How often it is looked whether a minute was closed and can be paid: minutes are closed about once in one. */
export const PAY_EVERY_MS = 5_000;
