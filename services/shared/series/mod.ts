/** The series' door. @module */
export * from "./port.ts";
