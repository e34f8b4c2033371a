/**
 * A repair where there is no room, and where nothing may be written.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { runRepair } from "../../lib/repair/repair_store.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { systemError } from "../support/memory_fs.ts";
import { canMountTmpfs, fillDisk, Tmpfs } from "../support/tmpfs.ts";
import { copyEntry, filesBelow } from "../verbs/world.ts";
import { BUILD_STEP, DamagedStore, DOT_SEGMENT, filesOf } from "./fake_repairer.ts";

const canMount = await canMountTmpfs();

/** Room for the store of the tests many times over. */
const AMPLE_BYTES = 20_000_000;

/** Mounts a file system for a test that needs one. */
async function mount(sizeBytes: number): Promise<Tmpfs> {
  const mounted = await Tmpfs.mount(sizeBytes);
  assert(mounted !== null);
  return mounted;
}

Deno.test({
  name: "runRepair() says that a real disk is full, and leaves the store as it was",
  ignore: !canMount,
  async fn() {
    const template = await DamagedStore.create();
    for (const freeBytes of [40_000, 16_000, 4_096, 0]) {
      using disk = await mount(AMPLE_BYTES);
      const path = join(disk.path, "store");
      copyEntry(template.path, path);
      fillDisk(join(disk.path, "filler"), freeBytes);
      const before = filesOf(disk.path);
      const step = { ...BUILD_STEP, sizeBytes: 60_000 };
      for (const fs of [localFs, { ...localFs, freeBytes: () => null }]) {
        const options = template.options({ ...template.repair, steps: [step] });
        const error = await assertRejects(
          () => runRepair(path, { ...options, fs }),
          OperationError,
        );
        assertEquals(error.code, "no-space", error.message);
        assertEquals(filesOf(disk.path), before);
      }
    }
  },
});

Deno.test({
  name: "runRepair() leaves the store as it was where a step has counted too little room",
  ignore: !canMount,
  async fn() {
    const template = await DamagedStore.create();
    using disk = await mount(AMPLE_BYTES);
    const path = join(disk.path, "store");
    copyEntry(template.path, path);
    fillDisk(join(disk.path, "filler"), 40_000);
    const before = filesOf(disk.path);
    const step = { ...BUILD_STEP, sizeBytes: 0 };
    const coming = [template.wholeIndex, template.wholeDatabase];
    const options = template.options({ steps: [step], coming });
    const error = await assertRejects(() => runRepair(path, options), OperationError);
    assertEquals(error.code, "no-space", error.message);
    assertEquals(filesOf(disk.path), before);
  },
});

Deno.test({
  name: "runRepair() and undoRepair() exchange entries of a store that is a file system of its own",
  ignore: !canMount,
  async fn() {
    const template = await DamagedStore.create();
    using disk = await mount(AMPLE_BYTES);
    for (const name of localFs.list(template.path)) {
      copyEntry(join(template.path, name), join(disk.path, name));
    }
    const before = filesOf(disk.path);
    const outcome = await runRepair(disk.path, template.options());
    assertEquals(outcome.state, "repaired");
    assertEquals(filesOf(join(disk.path, DOT_SEGMENT)), filesOf(template.wholeIndex));
    const entry = join(disk.path, ".vecfsck", "quarantine", outcome.quarantined ?? "");
    assertEquals(
      filesOf(join(entry, "data", DOT_SEGMENT)),
      filesBelow(before, DOT_SEGMENT),
    );
    await undoRepair(disk.path);
    const after = [...filesOf(disk.path)].filter(([path]) => !path.startsWith(".vecfsck/"));
    assertEquals(new Map(after), before);
  },
});

Deno.test("runRepair() says where it may not write, and changes nothing", async () => {
  const store = await DamagedStore.create();
  const refuse = (path: string): never => {
    throw systemError("EACCES", path);
  };
  const isOurs = (path: string): boolean => path.startsWith(store.world.root);
  const fs = {
    ...localFs,
    makeDirectory: (path: string, mode: number): void =>
      isOurs(path) ? refuse(path) : localFs.makeDirectory(path, mode),
    createFile: (path: string, mode: number) =>
      isOurs(path) ? refuse(path) : localFs.createFile(path, mode),
    rename: refuse,
  };
  const error = await assertRejects(
    () => runRepair(store.path, { ...store.options(), fs }),
    OperationError,
  );
  assertEquals(error.code, "permission-denied");
  assertEquals(store.read(), store.files);
});

Deno.test("runRepair() works in the store where nothing may be written beside it", async () => {
  const store = await DamagedStore.create();
  const fs = {
    ...localFs,
    makeDirectory: (path: string, mode: number): void => {
      if (path === `${store.path}.vecfsck`) throw systemError("EACCES", path);
      localFs.makeDirectory(path, mode);
    },
  };
  const outcome = await runRepair(store.path, { ...store.options(), fs });
  assertEquals(outcome.state, "repaired");
  assertEquals(localFs.list(join(store.path, ".vecfsck")), ["quarantine"]);
  await undoRepair(store.path);
  assertEquals(
    filesOf(join(store.path, DOT_SEGMENT)),
    filesBelow(store.files, `store/${DOT_SEGMENT}`),
  );
});
