/** Asked for something that the books do not have. The message is a sentence. @module */
export class UnknownToBooks extends Error {
  override name = "UnknownToBooks";
}
