import { assertEquals } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { judgeServed } from "../../lib/serve/board.ts";
import { LiveBoard } from "../../lib/serve/live_board.ts";
import { createEvent } from "../../lib/watch/events/events.ts";
import type { StoreRound, StoreWatchStatus } from "../../lib/watch/monitor_types.ts";
import { resolveConfiguration } from "../../lib/watch/configuration/configuration.ts";
import { EXAMPLE_TIME, WELL } from "../output/status_examples.ts";
import { exampleNotes } from "../status/watch_examples.ts";

const NOW = new Date(EXAMPLE_TIME);

function watched(changes: Partial<StoreWatchStatus> = {}): StoreWatchStatus {
  const notes = exampleNotes();
  return {
    store: "/srv/chroma",
    state: "sound",
    since: notes.state.since,
    findings: [],
    isElsewhere: false,
    running: null,
    next: notes.next,
    notes,
    ...changes,
  };
}

function boardOf(...rounds: readonly Partial<StoreRound>[]): LiveBoard {
  const board = new LiveBoard();
  board.plan(resolveConfiguration({ stores: [{ path: "/srv/chroma" }] }));
  for (const changes of rounds) {
    const store = "/srv/chroma";
    const round = { store, status: WELL, isBusy: false, failure: null, watch: watched() };
    board.addRound({ at: EXAMPLE_TIME, stores: [{ ...round, ...changes }] });
  }
  return board;
}

Deno.test("LiveBoard shows the last state that could be read, and why there is no newer one", () => {
  const failure = new OperationError("read-failed", "Cannot read /srv/chroma");
  const board = boardOf({}, { status: null, failure });
  const { at, stores: [served] } = board.read({ stores: [watched()], recent: [] }, NOW);
  assertEquals([at, served?.status?.store], [EXAMPLE_TIME, "/srv/chroma"]);
  assertEquals(served?.failure, "Cannot read /srv/chroma");
  const busy = boardOf({ status: null, isBusy: true }).read(
    { stores: [watched()], recent: [] },
    NOW,
  );
  assertEquals([busy.stores[0]?.status, busy.stores[0]?.isBusy], [null, true]);
});

Deno.test("LiveBoard shows the notes of now with the state of the last round", () => {
  const later = watched({ notes: exampleNotes({ savedAt: "2026-03-01T12:04:00.000Z" }) });
  const now = new Date("2026-03-01T12:04:01.000Z");
  const { stores: [served] } = boardOf({}).read({ stores: [later], recent: [] }, now);
  assertEquals(served?.status?.watch?.seenSeconds, 1);
  assertEquals(served?.status?.at, EXAMPLE_TIME);
});

Deno.test("LiveBoard shows the newest events first, and a bounded number of them", () => {
  const recent = Array.from({ length: 50 }, (_, index) =>
    createEvent("store-back", {
      at: NOW,
      store: "/srv/chroma",
      message: `event ${index}`,
      details: { awaySeconds: index },
    }));
  const { events } = boardOf().read({ stores: [], recent }, NOW);
  assertEquals(events.length, 30);
  assertEquals([events[0]?.text, events[29]?.text], [
    "/srv/chroma: event 49",
    "/srv/chroma: event 20",
  ]);
});

Deno.test("LiveBoard forgets stores that another configuration does not have", () => {
  const board = boardOf({});
  board.plan(resolveConfiguration({ stores: [{ path: "/srv/other" }] }));
  const { stores: [served] } = board.read({ stores: [watched()], recent: [] }, NOW);
  assertEquals(served?.status, null);
});

Deno.test("judgeServed() names why a store is not well", () => {
  const judge = (changes: Partial<StoreWatchStatus>, now = NOW): string | null => {
    const [served] = boardOf({}).read({ stores: [watched(changes)], recent: [] }, now).stores;
    return served === undefined ? "" : judgeServed(served, now).reason;
  };
  assertEquals(judge({}), null);
  assertEquals(judge({ state: "busy" }), null);
  assertEquals(judge({ state: "unknown" }), "not checked so far");
  assertEquals(judge({ state: "missing" }), "the store is not there");
  assertEquals(judge({ state: "unreadable" }), "it cannot be read");
  assertEquals(judge({ state: "damaged", findings: ["VF2111 x"] }), "damaged; VF2111 x");
  assertEquals(judge({ isElsewhere: true }), "another watch has this store");
  const late = new Date(NOW.getTime() + 45 * 60_000 + 1);
  assertEquals(judge({}, new Date(late.getTime() - 1)), null);
  assertEquals(judge({}, late), `nothing new is known since ${EXAMPLE_TIME}`);
  assertEquals(judge({ running: "backup" }, late), null);
});
