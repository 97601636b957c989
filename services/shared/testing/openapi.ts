/**
 * OpenAPI documents held against the published schemas of OpenAPI. Imported by tests only.
 *
 * @module
 */
import { Validator } from "@seriousme/openapi-schema-validator";

/** What is wrong with a document, one sentence each; empty where it is a document of the version that it names. */
export async function openApiFaults(document: object): Promise<string[]> {
  const { valid, errors } = await new Validator().validate({ ...document });
  if (valid) return [];
  return typeof errors === "string"
    ? [errors]
    : (errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}
