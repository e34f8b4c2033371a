/**
 * Names of collections that are always tried: those that programs of users give to theirs.
 *
 * @module
 */

/** What such a name is said to come from. */
export const BUILT_IN_SOURCE = "built in";

/** The names. */
export const BUILT_IN_NAMES: readonly string[] = [
  "contextd_memories",
  "contextd_checkpoints",
  "contextd_remediations",
  "contextd_repository",
  "contextd_default",
  "contextd_conversations",
  "memories",
  "checkpoints",
  "remediations",
  "repository",
  "reasoningbank",
  "signals",
  "feedback",
];
