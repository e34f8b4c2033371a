/**
 * The file in which a watch notes down what it knows of a store: `watch/notes.json` in the work
 * directory beside the store. One object in JSON:
 *
 * | field      | type         | meaning                                                              |
 * | ---------- | ------------ | -------------------------------------------------------------------- |
 * | `format`   | string       | `vecfsck-watch-notes`                                                |
 * | `version`  | number       | 1                                                                    |
 * | `store`    | string       | the store, as an absolute path                                       |
 * | `savedAt`  | time         | when this was written                                                |
 * | `watch`    | object       | `processId`, `since`, `isRunning`: the watch that wrote it           |
 * | `state`    | object       | `name`, `since`, `signature`, `findings`, `toldAt`: how the store is |
 * | `actions`  | object       | by the name of an action: how it went the last time                  |
 * | `next`     | array        | `action`, `at`, `reason`: what is done next, the soonest first       |
 * | `cures`    | object       | `day`, `repair`, `restore`, `isTold`: cures of one day               |
 * | `growth`   | array        | `day`, `sizeBytes`, `records`: one sample for each of up to 90 days  |
 * | `memory`   | object       | `usedRatio`, `isShort`                                               |
 * | `disk`     | object       | `freeBytes`, `isShort`                                               |
 *
 * An action:
 *
 * | field       | type         | meaning                                                            |
 * | ----------- | ------------ | ------------------------------------------------------------------ |
 * | `startedAt` | time, null   | when it was last begun                                             |
 * | `endedAt`   | time, null   | when it last ended, however it did                                 |
 * | `doneAt`    | time, null   | when it last ended well                                            |
 * | `slot`      | time, null   | the scheduled time that was last served                            |
 * | `outcome`   | string, null | `done`, `refused`, `failed`, `deferred`, `interrupted`             |
 * | `message`   | string, null | what came of it, for people                                        |
 * | `elapsedMs` | number, null | how long it took                                                   |
 * | `failures`  | number       | how often it has failed since it last ended well                   |
 * | `retryAt`   | time, null   | before when it is not tried again                                  |
 *
 * Times are ISO 8601 in UTC. Anybody may have written the file: every field is looked at, and a file
 * that is damaged or of another version is as good as none.
 *
 * @module
 */

import { FieldError, JsonFields } from "../base/json_fields.ts";
import {
  ACTION_OUTCOMES,
  type ActionNotes,
  type CureNotes,
  MOST_FINDINGS,
  MOST_SAMPLES,
  type StateNotes,
  WATCH_ACTIONS,
  WATCH_STATES,
  type WatchNotes,
} from "./watch_notes.ts";

const FORMAT = "vecfsck-watch-notes";
const VERSION = 1;

/**
 * Writes notes as bytes.
 *
 * @param notes The notes.
 * @returns The bytes of their file.
 */
export function encodeNotes(notes: WatchNotes): Uint8Array {
  const text = JSON.stringify({ format: FORMAT, version: VERSION, ...notes }, null, 1);
  return new TextEncoder().encode(`${text}\n`);
}

/**
 * Reads notes.
 *
 * @param bytes The bytes of their file, whatever they are.
 * @returns The notes; or why they are none, as words behind "it".
 */
export function parseNotes(bytes: Uint8Array): WatchNotes | string {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    const fields = JsonFields.of(value);
    if (fields.anything("format") !== FORMAT) return "is no file of notes";
    if (fields.anything("version") !== VERSION) return "is of another version of vecfsck";
    return parseFields(fields);
  } catch (error) {
    return error instanceof FieldError ? `cannot be used: ${error.message}` : "is no JSON";
  }
}

function parseFields(fields: JsonFields): WatchNotes {
  const watch = fields.object("watch");
  const actions = fields.object("actions");
  const memory = fields.object("memory");
  const disk = fields.object("disk");
  return {
    store: fields.text("store"),
    savedAt: fields.time("savedAt"),
    watch: {
      processId: watch.count("processId"),
      since: watch.time("since"),
      isRunning: watch.flag("isRunning"),
    },
    state: parseState(fields.object("state")),
    actions: {
      check: parseAction(actions.object("check")),
      backup: parseAction(actions.object("backup")),
      optimize: parseAction(actions.object("optimize")),
      repair: parseAction(actions.object("repair")),
      restore: parseAction(actions.object("restore")),
    },
    next: fields.objects("next").slice(0, WATCH_ACTIONS.length).map((next) => ({
      action: next.oneOf("action", WATCH_ACTIONS),
      at: next.time("at"),
      reason: next.oneOf("reason", ["scheduled", "retry", "missed"]),
    })),
    cures: parseCures(fields.object("cures")),
    growth: fields.objects("growth").slice(-MOST_SAMPLES).map((sample) => ({
      day: sample.matching("day", DAY, "day"),
      sizeBytes: sample.count("sizeBytes"),
      records: sample.orNull("records", (name) => sample.count(name)),
    })),
    memory: {
      usedRatio: memory.orNull("usedRatio", (name) => memory.number(name)),
      isShort: memory.flag("isShort"),
    },
    disk: {
      freeBytes: disk.orNull("freeBytes", (name) => disk.count(name)),
      isShort: disk.flag("isShort"),
    },
  };
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

function parseState(fields: JsonFields): StateNotes {
  return {
    name: fields.oneOf("name", WATCH_STATES),
    since: fields.time("since"),
    signature: fields.orNull("signature", (name) => fields.text(name)),
    findings: fields.texts("findings").slice(0, MOST_FINDINGS),
    toldAt: fields.orNull("toldAt", (name) => fields.time(name)),
  };
}

function parseAction(fields: JsonFields): ActionNotes {
  const timeOrNull = (field: string): string | null =>
    fields.orNull(field, (name) => fields.time(name));
  return {
    startedAt: timeOrNull("startedAt"),
    endedAt: timeOrNull("endedAt"),
    doneAt: timeOrNull("doneAt"),
    slot: timeOrNull("slot"),
    outcome: fields.orNull("outcome", (name) => fields.oneOf(name, ACTION_OUTCOMES)),
    message: fields.orNull("message", (name) => fields.text(name)),
    elapsedMs: fields.orNull("elapsedMs", (name) => fields.number(name)),
    failures: fields.count("failures"),
    retryAt: timeOrNull("retryAt"),
  };
}

function parseCures(fields: JsonFields): CureNotes {
  return {
    day: fields.matching("day", DAY, "day"),
    repair: fields.count("repair"),
    restore: fields.count("restore"),
    isTold: fields.flag("isTold"),
  };
}
