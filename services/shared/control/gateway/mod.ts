/** The public API's door: services over Connect, gRPC-Web and REST on one HTTP port. @module */
export { cors, type Interceptor } from "@connectrpc/connect";
export { type CallerInfo, clientAddress } from "./caller.ts";
export {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Route,
  type Served,
  serving,
} from "./gateway.ts";
export { BadTemplate } from "./template.ts";
export { type ErrorJson, type FieldErrorJson, refusal } from "./answers.ts";
export { createDocs, type Docs, DOCUMENT_PATH } from "./docs.ts";
export { type DocumentOptions, type OpenApi, openApi } from "./openapi/document.ts";
