/** From share.valid to closed minutes. @module */
export { appliedBefore, closable, type Cut, judgedBefore, type Proof } from "./closable.ts";
