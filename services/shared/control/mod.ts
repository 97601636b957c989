/** The control plane. @module */
export {};
