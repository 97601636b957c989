/** Asked for something that the books do not have. The message is a sentence. @module */
export { UnknownToBooks } from "@gopool/payoutd/desk";
