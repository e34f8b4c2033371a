/**
 * What a watch says: one event for each thing that has happened, and none for what goes on as it was.
 *
 * @module
 */

import type { WatchAction } from "../../status/watch_notes.ts";

/** How much an event matters, by the names of the journal. */
export type WatchLevel = "error" | "warning" | "notice" | "info";

/** What an event has besides its name: by name, the level and the details. */
export interface WatchEventKinds {
  /** The watch has begun. */
  "started": { level: "info"; details: { stores: readonly string[]; version: string } };
  /** The watch has ended. */
  "stopped": { level: "info"; details: Record<never, never> };
  /** The state is served by HTTP. */
  "listening": { level: "info"; details: { url: string } };
  /** Another configuration holds from now on. */
  "reloaded": { level: "notice"; details: { stores: readonly string[] } };
  /** The configuration cannot be used; the one before holds on. */
  "configuration-refused": { level: "error"; details: { path: string; problem: string } };
  /** The watch before was killed while it was at it. */
  "resumed": { level: "notice"; details: { processId: number; since: string } };
  /** Another watch has this store. */
  "watched-elsewhere": {
    level: "warning";
    details: { processId: number | null; since: string | null; hint: string | null };
  };
  /** The other watch has ended, and this one goes on. */
  "taken-over": { level: "notice"; details: Record<never, never> };
  /** The store was checked for the first time since the start, and no damage is known. */
  "sound": { level: "info"; details: CheckDetails };
  /** The store is damaged. */
  "damage-found": { level: "error"; details: DamageDetails };
  /** The damage is another than before. */
  "damage-changed": { level: "error"; details: DamageDetails };
  /** The damage has stayed the same for another day. */
  "damage-persists": { level: "error"; details: DamageDetails & { since: string } };
  /** The store is without damage again. */
  "damage-gone": { level: "notice"; details: CheckDetails & { since: string } };
  /** The damage was cured. */
  "cured": {
    level: "warning";
    details: { policy: "repair" | "restore"; done: string; quarantined: string | null };
  };
  /** The damage could not be cured. */
  "cure-failed": {
    level: "error";
    details: { policy: "repair" | "restore"; code: string; hint: string | null };
  };
  /** No more is done about damage today. */
  "cure-capped": {
    level: "error";
    details: { policy: "repair" | "restore"; mostPerDay: number };
  };
  /** The store is not there. */
  "store-missing": { level: "error"; details: { code: string; hint: string | null } };
  /** The store cannot be read. */
  "store-unreadable": { level: "error"; details: { code: string; hint: string | null } };
  /** The store is there again, or can be read again. */
  "store-back": { level: "notice"; details: { awaySeconds: number } };
  /** Something writes to the store all the time, so that no full check comes to its end. */
  "store-busy": { level: "notice"; details: { since: string } };
  /** A backup was made. */
  "backed-up": {
    level: "info";
    details: { id: string; directory: string; sizeBytes: number; elapsedMs: number };
  };
  /** No backup was made, for the store is damaged. */
  "backup-refused": { level: "error"; details: { findings: readonly string[] } };
  /** Backups that the rules do not keep could not be removed. */
  "prune-failed": { level: "warning"; details: { code: string; hint: string | null } };
  /** Backups that the rules do not keep were removed. */
  "backups-pruned": {
    level: "info";
    details: { removed: readonly string[]; rejected: readonly string[] };
  };
  /** The store was optimised. */
  "optimized": {
    level: "info";
    details: { sizeBytesBefore: number; sizeBytesAfter: number; elapsedMs: number };
  };
  /** The optimisation waits, for something writes to the store. */
  "optimize-deferred": { level: "info"; details: { until: string; reason: string } };
  /** The store was written to as long as it could have been optimised. */
  "optimize-missed": { level: "notice"; details: { next: string } };
  /** An action failed; it is tried again later. */
  "action-failed": {
    level: "error";
    details: {
      action: WatchAction;
      code: string;
      hint: string | null;
      failures: number;
      retryAt: string;
    };
  };
  /** An action that had failed ended well. */
  "action-recovered": { level: "notice"; details: { action: WatchAction; failures: number } };
  /** An action is left out, for there is no room on the disk, or too little memory. */
  "action-skipped": {
    level: "warning";
    details: { action: WatchAction; reason: "disk" | "memory" };
  };
  /** A change that a crash of vecfsck had interrupted was brought in order, or could not be. */
  "change-recovered": { level: "notice"; details: { outcome: string } };
  /** There is little memory left. */
  "memory-short": { level: "warning"; details: MemoryDetails };
  /** There is enough memory again. */
  "memory-eased": { level: "info"; details: MemoryDetails };
  /** There is little room on the disk. */
  "disk-short": { level: "warning"; details: { freeBytes: number; minFreeBytes: number } };
  /** There is enough room on the disk again. */
  "disk-eased": { level: "info"; details: { freeBytes: number; minFreeBytes: number } };
  /** What is noted down cannot be written; a watch that starts anew does not know it. */
  "notes-lost": { level: "warning"; details: { problem: string } };
  /** It can be written again. */
  "notes-kept": { level: "info"; details: Record<never, never> };
  /** The log cannot be written. */
  "log-lost": { level: "warning"; details: { path: string; problem: string } };
  /** The log can be written again; so many lines are missing in it. */
  "log-back": { level: "info"; details: { path: string; lostLines: number } };
  /** The metrics cannot be written. */
  "metrics-lost": {
    level: "warning";
    details: { path: string; problem: string; hint: string | null };
  };
  /** They can be written again. */
  "metrics-back": { level: "info"; details: { path: string } };
  /** Something has failed that must not fail; the watch goes on with the next round. */
  "fault": { level: "error"; details: { problem: string } };
  /** What the caller wants to be told with has thrown an error. */
  "listener-failed": { level: "warning"; details: { listener: string; problem: string } };
}

/** How much memory is left. */
export interface MemoryDetails {
  /** How much is in use, from 0 to 1; null where that is not known. */
  readonly usedRatio: number | null;
  /** How much may be. */
  readonly maxUsedRatio: number;
  /** The share of the last minute in which something waited for memory; null where unknown. */
  readonly pressureRatio: number | null;
}

/** What a check has shown. */
export interface CheckDetails {
  /** How much was looked at. */
  readonly level: "quick" | "full";
  /** How many records or documents there are; null where they were not counted. */
  readonly records: number | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What is wrong with a store. */
export interface DamageDetails extends CheckDetails {
  /** The codes of the findings that are an error or worse. */
  readonly codes: readonly string[];
  /** One text for each code, with how often it was found; at most 20. */
  readonly findings: readonly string[];
}

/** The name of an event. */
export type WatchEventName = keyof WatchEventKinds;

/** Something that a watch says. */
export type WatchEvent = { readonly [Name in WatchEventName]: WatchEventOf<Name> }[WatchEventName];

/** An event with a certain name. */
export interface WatchEventOf<Name extends WatchEventName> {
  /** What has happened; stable. */
  readonly name: Name;
  /** How much it matters. */
  readonly level: WatchEventKinds[Name]["level"];
  /** When, as ISO 8601 in UTC. */
  readonly at: string;
  /** The store that it is about, as an absolute path; null where it is about none. */
  readonly store: string | null;
  /** What has happened, for people: without a final period, and without the store. */
  readonly message: string;
  /** What else there is to know. */
  readonly details: Readonly<WatchEventKinds[Name]["details"]>;
}

/** How much each event matters. */
export const EVENT_LEVELS: {
  readonly [Name in WatchEventName]: WatchEventKinds[Name]["level"];
} = {
  "started": "info",
  "stopped": "info",
  "listening": "info",
  "reloaded": "notice",
  "configuration-refused": "error",
  "resumed": "notice",
  "watched-elsewhere": "warning",
  "taken-over": "notice",
  "sound": "info",
  "damage-found": "error",
  "damage-changed": "error",
  "damage-persists": "error",
  "damage-gone": "notice",
  "cured": "warning",
  "cure-failed": "error",
  "cure-capped": "error",
  "store-missing": "error",
  "store-unreadable": "error",
  "store-back": "notice",
  "store-busy": "notice",
  "backed-up": "info",
  "backup-refused": "error",
  "prune-failed": "warning",
  "backups-pruned": "info",
  "optimized": "info",
  "optimize-deferred": "info",
  "optimize-missed": "notice",
  "action-failed": "error",
  "action-recovered": "notice",
  "action-skipped": "warning",
  "change-recovered": "notice",
  "memory-short": "warning",
  "memory-eased": "info",
  "disk-short": "warning",
  "disk-eased": "info",
  "notes-lost": "warning",
  "notes-kept": "info",
  "log-lost": "warning",
  "log-back": "info",
  "metrics-lost": "warning",
  "metrics-back": "info",
  "fault": "error",
  "listener-failed": "warning",
};

/** Says that something has happened with one store. */
export type TellStore = <Name extends WatchEventName>(
  name: Name,
  message: string,
  details: Readonly<WatchEventKinds[Name]["details"]>,
) => void;

/** What makes an event. */
export interface EventFacts<Name extends WatchEventName> {
  /** When. */
  readonly at: Date;
  /** The store, or null. */
  readonly store: string | null;
  /** What has happened. */
  readonly message: string;
  /** What else there is to know. */
  readonly details: Readonly<WatchEventKinds[Name]["details"]>;
}

/**
 * Makes an event.
 *
 * @param name What has happened.
 * @param facts The rest.
 * @returns The event.
 */
export function createEvent<Name extends WatchEventName>(
  name: Name,
  { at, store, message, details }: EventFacts<Name>,
): WatchEvent {
  // The compiler does not see that an event of any name is one of the union.
  return {
    name,
    level: EVENT_LEVELS[name],
    at: at.toISOString(),
    store,
    message,
    details,
  } as WatchEvent;
}
