/** Why something is not done at the desk. @module */

/** The books say no as they stand. Nothing was written. The message is a sentence. */
export class Refused extends Error {
  override name = "Refused";
}

/** Asked for something that the books do not have. The message is a sentence. */
export class UnknownToBooks extends Error {
  override name = "UnknownToBooks";
}

/** What was asked for can be done under no circumstances. */
export class BadRequest extends Error {
  override name = "BadRequest";
  /** @param field As the request calls it. */
  constructor(readonly field: string, message: string) {
    super(message);
  }
}
