/** Settings as tables: one row gives flag, variable, help and check; all mistakes are reported at once. @module */
export {
  type Config,
  type Field,
  fileVariableOf,
  flagOf,
  optional,
  type Schema,
  variablesOf,
} from "./field.ts";
export { choice, custom, duration, flag, integer, number, path, spanText, text } from "./fields.ts";
export { keepsIn, type Need, netNeed, readsFile } from "./needs.ts";
export { hostsOf, type Place, place, placeOf, type Scheme } from "./place_fields.ts";
export { type HostPort, hostPort, url, urlList } from "./net_fields.ts";
export {
  ConfigError,
  type Effective,
  effective,
  HelpRequested,
  readConfig,
  readSome,
  type Sources,
} from "./read.ts";
export { readChecked, type Settings } from "./settings.ts";
export { helpText } from "./help.ts";
export { HIDDEN, isSecretName, redactUrls } from "./redact.ts";
export * from "./common.ts";
