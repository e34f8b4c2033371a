import { assertEquals } from "@std/assert";
import { runAtOnce } from "../../../lib/base/turns.ts";
import type { DetectedStore } from "../../../lib/model/store.ts";
import {
  planChromemMetadataSnapshot,
  planChromemSnapshot,
} from "../../../lib/stores/chromem/plan_snapshot.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";
import { CHROMEM_STORES } from "../../support/chromem_stores.ts";

const FOLDERS = ["1225ae6c", "2e1cfa82", "2f8ca0d3", "e6684f6c", "e9f85bf6"];

function storeAt(path: string): DetectedStore {
  return { path, format: "chromem", evidence: "" };
}

Deno.test("planChromemSnapshot() lists every file of a golden database, and what others left there", async () => {
  for (const kind of CHROMEM_STORES) {
    const store = await BrokenDatabase.copyOf(kind);
    store.write("notes.txt", "hello");
    store.write(".quarantine/a1b2c3d4/a1b2c3d4.gob", "x");
    store.write(".vecfsck/lock", "x");
    const plan = runAtOnce(planChromemSnapshot(storeAt(store.path)));
    assertEquals(plan.directories, [".quarantine", ".quarantine/a1b2c3d4", ...FOLDERS]);
    assertEquals(plan.leftOut, [{ path: ".vecfsck", reason: "the work directory of vecfsck" }]);
    assertEquals(plan.files.length, 104 + 2);
    assertEquals(new Set(plan.files.map((file) => file.kind)), new Set(["file"]));
  }
});

Deno.test("planChromemMetadataSnapshot() lists metadata files and their folders, and nothing else", async () => {
  for (const kind of CHROMEM_STORES) {
    const store = await BrokenDatabase.copyOf(kind);
    const plan = planChromemMetadataSnapshot(storeAt(store.path));
    assertEquals(plan.directories, FOLDERS);
    assertEquals(
      plan.files.map(({ path }) => path),
      FOLDERS.map((folder) => `${folder}/00000000${store.extension}`),
    );
    const [file] = plan.files;
    const info = Deno.statSync(store.at(file?.path ?? ""));
    assertEquals([file?.sizeBytes, file?.modifiedMs], [info.size, info.mtime?.getTime()]);
    // A folder whose metadata file is lost has nothing to tell.
    store.remove(store.metadata("sessions"));
    assertEquals(
      planChromemMetadataSnapshot(storeAt(store.path)).directories,
      FOLDERS.filter((folder) => folder !== store.folder("sessions")),
    );
  }
});
