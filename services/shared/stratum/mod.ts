/**
 * Stratum V1 for both ends of the wire: framing, messages, readers and encoders. Pure: bytes in, values out, no
 * socket, no clock, no session.
 *
 * @module
 */
export * from "./client.ts";
export * from "./configure.ts";
export * from "./framing.ts";
export { hex32, readUint32 } from "./hex.ts";
export * from "./identity.ts";
export * from "./limits.ts";
export * from "./message.ts";
export * from "./notify.ts";
export type { Reading } from "./reading.ts";
export * from "./replies.ts";
export * from "./requests.ts";
export { scanSubmit } from "./scan.ts";
export { parseSubmit, SubmitLine } from "./submit.ts";
export * from "./user_agent.ts";
