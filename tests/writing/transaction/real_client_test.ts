/**
 * Guarded writes through the real JavaScript client to a real server: the records are put back.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { collectCheck } from "../../../lib/engine/collect_check.ts";
import { ChromaServer, clientModule, findClient } from "../../support/chroma_server.ts";
import { goldenStore, REPOSITORY } from "../../support/fixtures.ts";
import { findEngine } from "../../support/judge.ts";

const VERSION = "1.5.9";
const PROGRAM = fromFileUrl(new URL("./write_with_client.ts", import.meta.url));

/** A line that the program prints. */
interface Line {
  readonly name: string;
  readonly state: string;
  readonly rolledBack?: string | null;
  readonly reason?: string;
  readonly records?: Readonly<Record<"removed" | "changed" | "added", number>>;
  readonly isSame?: boolean;
  readonly keepsBackup?: boolean;
  readonly problems?: readonly (readonly [string, number])[];
  readonly failure?: string | null;
}

async function writeWithClient(store: string, port: number): Promise<Map<string, Line>> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-prompt", "--config", join(REPOSITORY, "deno.json")],
      ...["--allow-net=127.0.0.1", "--allow-read", "--allow-write", "--allow-env"],
      ...[PROGRAM, clientModule("chromadb.mjs"), store, `${port}`],
    ],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).trim().split("\n")
    .map((line): Line => JSON.parse(line));
  return new Map(lines.map((line) => [line.name, line]));
}

Deno.test({
  name: "withTransactionGuard() puts records back through the real client and a real server",
  ignore: findEngine(VERSION) === null || findClient() === null || Deno.build.os === "windows",
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    let lines: Map<string, Line>;
    {
      await using server = await ChromaServer.start(store, VERSION);
      lines = await writeWithClient(store, server.port);
    }
    const { summary } = await collectCheck(store);
    assertEquals(summary.counts.error + summary.counts.fatal, 0);
    const counts = (removed: number, changed: number, added: number) => ({
      removed,
      changed,
      added,
    });
    const expected: Readonly<Record<string, Line["records"]>> = {
      "add": counts(2, 0, 0),
      "update metadata": counts(0, 30, 0),
      "add keys": counts(0, 30, 0),
      "update vectors": counts(0, 30, 0),
      "delete": counts(0, 0, 30),
      "timeout": counts(0, 0, 5),
    };
    for (const collection of ["notes", "cosine"]) {
      for (const [what, records] of Object.entries(expected)) {
        const line = lines.get(`${collection} ${what}`);
        const context = JSON.stringify(line);
        assertEquals([line?.state, line?.rolledBack], ["rolledBack", "records"], context);
        assertEquals(line?.reason, what === "timeout" ? "timeout" : "failed", context);
        assertEquals(line?.records, records, context);
        // A client cannot write 3.0, nor a normalised vector to the last bit; it is said then.
        assertEquals(line?.isSame, line?.problems?.length === 0, context);
        const isRetyped = line?.problems?.some(([problem]) => problem.includes("3.0")) ?? false;
        assertEquals(line?.keepsBackup, isRetyped, context);
        const isRounded = line?.problems?.some(([problem]) => problem.includes("bits")) ?? false;
        assert(!isRounded || collection === "cosine", context);
      }
    }
    for (
      const name of ["notes add", "notes update metadata", "notes update vectors", "cosine add"]
    ) {
      assertEquals(lines.get(name)?.isSame, true, name);
    }
    assertEquals(lines.get("interrupted")?.state, "partly");
    assert(lines.get("interrupted")?.failure?.endsWith("it is gone"));
    const { state, records } = lines.get("recovered") ?? {};
    assertEquals([state, records?.added], ["rolledBack", 150]);
    const fresh = lines.get("new collection");
    assertEquals([fresh?.state, fresh?.isSame, fresh?.keepsBackup], ["rolledBack", true, false]);
    assertEquals(lines.get("good")?.state, "accepted");
    const gone = lines.get("delete collection");
    assertEquals([gone?.state, gone?.rolledBack, gone?.keepsBackup], ["written", null, true]);
    assert(gone?.failure?.includes('cannot put back the collection "dot"'), gone?.failure ?? "");
    assertEquals(lines.get("keep")?.state, "written");
  },
});
