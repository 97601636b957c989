/** The books say no. The message is a sentence. @module */
export class Refused extends Error {
  override name = "Refused";
}
