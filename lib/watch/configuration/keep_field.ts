/**
 * The field that says which backups are kept.
 *
 * @module
 */

import { parseDuration } from "../../base/duration.ts";
import { DEFAULT_POLICY, keepsNothing, type RetentionPolicy } from "../../backup/retention.ts";
import { type Field, FieldProblem, type SchemaPart } from "./field.ts";

/** The rules that count backups, and how many of what each keeps. */
const COUNTS = {
  last: "How many of the newest",
  hourly: "For how many hours the newest of each",
  daily: "For how many days the newest of each",
  weekly: "For how many weeks the newest of each",
  monthly: "For how many months the newest of each",
} as const;

const MOST_KEPT = 10_000;

const NOTHING = "keeps no backup";

/** The rules for which backups are kept; all that a file gives, and none besides. */
export const KEEP_FIELD: Field<RetentionPolicy> = {
  name: "keep",
  description: "Which backups are kept: those that any of these rules keeps, in UTC, and the " +
    "newest good one in any case",
  initial: DEFAULT_POLICY,
  initialText: { ...DEFAULT_POLICY },
  schema: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: {
      ...Object.fromEntries(
        Object.entries(COUNTS).map(([name, description]): [string, SchemaPart] => [
          name,
          { description, type: "integer", minimum: 0, maximum: MOST_KEPT },
        ]),
      ),
      within: {
        description: "How much older than the newest one",
        type: "string",
        pattern: "^[0-9]+[smhdw]$",
      },
    },
  },
  read(value) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FieldProblem("is no object");
    }
    const rules = Object.entries(value).map(([name, rule]) => readRule(name, rule));
    const policy: RetentionPolicy = Object.fromEntries(rules);
    if (keepsNothing(policy)) throw new FieldProblem(NOTHING);
    return policy;
  },
  judge(policy) {
    const isWrong = Object.values(policy).some((rule) => !Number.isSafeInteger(rule) || rule < 0);
    return isWrong ? "has a rule that is no whole number" : keepsNothing(policy) ? NOTHING : null;
  },
};

function readRule(name: string, rule: unknown): [keyof RetentionPolicy, number] {
  if (name === "within") {
    const withinMs = typeof rule === "string" ? parseDuration(rule) : null;
    if (withinMs === null) throw new FieldProblem("has within that is no span of time such as 7d");
    return ["withinMs", withinMs];
  }
  if (!isCountName(name)) {
    const names = [...Object.keys(COUNTS), "within"].join(", ");
    throw new FieldProblem(`has ${name}, which is none of ${names}`);
  }
  if (typeof rule !== "number" || !Number.isInteger(rule) || rule < 0 || rule > MOST_KEPT) {
    throw new FieldProblem(`has ${name} that is no whole number from 0 to ${MOST_KEPT}`);
  }
  return [name, rule];
}

function isCountName(name: string): name is keyof typeof COUNTS {
  return Object.hasOwn(COUNTS, name);
}
