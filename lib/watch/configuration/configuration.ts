/**
 * The configuration of a watch: where what it says comes from, and putting it together.
 *
 * @module
 */

export { configurationFromEnvironment } from "./environment_settings.ts";
export { parseConfiguration } from "./parse_configuration.ts";
export { resolveConfiguration } from "./resolve_configuration.ts";
