/** The books say no. The message is a sentence. @module */
export { Refused } from "@gopool/payoutd/desk";
