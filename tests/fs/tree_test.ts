import { assert, assertEquals, assertThrows } from "@std/assert";
import { basename, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { digestTree } from "../../lib/fs/copy.ts";
import { isTemporaryName, temporaryPathBeside } from "../../lib/fs/names.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { removeTemporaries, removeTree, syncNames, syncTree, walkTree } from "../../lib/fs/tree.ts";
import { ensureDirectory, openWorkDirectory, workPlacesOf } from "../../lib/fs/work_directory.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

function treeDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.write("/tree/a", "a");
  disk.write("/tree/deep/b", "b");
  disk.write("/outside/c", "c");
  disk.fs.makeSymbolicLink("/outside", "/tree/link");
  return disk;
}

Deno.test("walkTree() yields a directory before what is in it and follows no link", () => {
  const entries = Array.from(walkTree(treeDisk().fs, "/tree"), ({ name, facts }) => {
    return `${name}:${facts.kind}`;
  });
  assertEquals(entries, [":directory", "a:file", "deep:directory", "deep/b:file", "link:link"]);
});

Deno.test("removeTree() removes a tree, and not what its links lead to", () => {
  const disk = treeDisk();
  disk.fs.setMode("/tree/deep", 0o500);
  removeTree(disk.fs, "/tree");
  removeTree(disk.fs, "/tree");
  assertEquals(disk.list(), { "/outside/c": "c" });
});

Deno.test("removeTree() opens directories that their owner may not write, and no others", () => {
  const removed = (mode: number | null): string[] => {
    const disk = treeDisk();
    const operations: string[] = [];
    const fs = interceptWrites(disk.fs, ({ name, paths }) => {
      operations.push([name, ...paths].join(" "));
      return "as-it-is";
    });
    removeTree({
      ...fs,
      look: (path) => {
        const facts = disk.fs.look(path);
        return facts && { ...facts, mode: path === "/tree/deep" ? mode : facts.mode };
      },
    }, "/tree");
    return operations;
  };
  const rest = [
    "removeFile /tree/deep/b",
    "removeDirectory /tree/deep",
    "removeFile /tree/link",
    "removeDirectory /tree",
  ];
  for (const mode of [0o700, 0o300, 0o755, 0o2300, null]) {
    assertEquals(removed(mode), ["removeFile /tree/a", ...rest], String(mode));
  }
  for (const mode of [0o500, 0o600, 0o200, 0o100, 0o077, 0o4000]) {
    assertEquals(
      removed(mode),
      ["removeFile /tree/a", "setMode /tree/deep", ...rest],
      mode.toString(8),
    );
  }
});

Deno.test("removeTree() gives its owner all permissions of such a directory, and nobody else any", () => {
  const disk = treeDisk();
  disk.fs.setMode("/tree/deep", 0o1055);
  const fs = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "removeFile" && paths[0] === "/tree/deep/b") {
      assertEquals(disk.fs.look("/tree/deep")?.mode, 0o1755);
    }
    return "as-it-is";
  });
  removeTree(fs, "/tree");
  assertEquals(disk.list(), { "/outside/c": "c" });
});

Deno.test("syncTree() syncs every file, and a directory after what is in it", () => {
  const synced: string[] = [];
  const fs = interceptWrites(treeDisk().fs, ({ name, paths }) => {
    synced.push(`${name} ${paths[0]}`);
    return "as-it-is";
  });
  syncTree(fs, "/tree");
  assertEquals(synced, [
    "syncFile /tree/a",
    "syncFile /tree/deep/b",
    "syncDirectory /tree/deep",
    "syncDirectory /tree",
  ]);
});

Deno.test("syncNames() syncs up to the directory that both paths share", () => {
  const disk = treeDisk();
  const syncedBy = (path: string, old: string): string[] => {
    const synced: string[] = [];
    const fs = interceptWrites(disk.fs, ({ paths }) => {
      synced.push(paths[0] ?? "");
      return "as-it-is";
    });
    syncNames(fs, path, old);
    return synced;
  };
  assertEquals(syncedBy("/tree/deep/b", "/tree/a"), ["/tree/deep", "/tree"]);
  assertEquals(syncedBy("/tree/deep/b", "/outside/c"), ["/tree/deep", "/tree", "/"]);
  assertEquals(syncedBy("/tree/a", "/tree/deep/b"), ["/tree"]);
});

Deno.test("syncNames() passes over directories above that this user may not read", () => {
  const fs: WriteFs = {
    ...treeDisk().fs,
    syncDirectory: (path) => {
      if (path !== "/tree/deep") throw systemError("EACCES");
    },
  };
  syncNames(fs, "/tree/deep/b", "/outside/c");
  assertThrows(() => syncNames(fs, "/tree/a", "/outside/c"), Deno.errors.PermissionDenied);
  const failing: WriteFs = {
    ...fs,
    syncDirectory: (path) => {
      if (path === "/tree") throw systemError("EIO");
    },
  };
  assertThrows(() => syncNames(failing, "/tree/deep/b", "/outside/c"), Error, "EIO");
});

Deno.test("isTemporaryName() knows what temporaryPathBeside() makes, and nothing else", () => {
  const { fs } = new MemoryDisk();
  for (const name of ["file", ".hidden", "e\nvil", "n".repeat(255), "é".repeat(127)]) {
    for (const purpose of ["new", "removed"] as const) {
      const temporary = basename(temporaryPathBeside(fs, `/data/${name}`, purpose));
      assert(isTemporaryName(temporary), temporary);
      assert(new TextEncoder().encode(temporary).byteLength <= 255);
    }
  }
  for (
    const name of [
      "file",
      ".vecfsck",
      "store.vecfsck",
      ".file.vecfsck-0123456789abcdef.old",
      "file.vecfsck-0123456789abcdef.new",
      ".file.vecfsck-0123456789ABCDEF.new",
      ".file.vecfsck-0123456789abcdef.new.txt",
    ]
  ) assert(!isTemporaryName(name), name);
});

Deno.test("removeTemporaries() removes temporary entries alone", () => {
  const disk = treeDisk();
  disk.write("/tree/.a.vecfsck-0123456789abcdef.new", "half");
  disk.write("/tree/.deep.vecfsck-0123456789abcdef.removed/b", "rest");
  const before = treeDisk().list();
  assertEquals(removeTemporaries(disk.fs, "/tree"), [
    "/tree/.a.vecfsck-0123456789abcdef.new",
    "/tree/.deep.vecfsck-0123456789abcdef.removed",
  ]);
  assertEquals(disk.list(), before);
  assertEquals(removeTemporaries(disk.fs, "/none"), []);
});

Deno.test("digestTree() changes with every name, kind, content and link, and not with times", () => {
  const digestAfter = (change: (disk: MemoryDisk) => void): string => {
    const disk = treeDisk();
    change(disk);
    return digestTree(disk.fs, "/tree");
  };
  const digest = digestAfter(() => {});
  assertEquals(digestAfter((disk) => disk.fs.setTimes("/tree/a", 1, 2)), digest);
  const changes: ((disk: MemoryDisk) => void)[] = [
    (disk) => disk.write("/tree/a", "A"),
    (disk) => disk.fs.rename("/tree/a", "/tree/z"),
    // The order of the entries stays.
    (disk) => disk.fs.rename("/tree/a", "/tree/b"),
    (disk) => disk.makeDirectories("/tree/empty"),
    (disk) => disk.fs.removeFile("/tree/deep/b"),
    (disk) => disk.write("/tree/link", "/outside"),
    (disk) => {
      disk.fs.removeFile("/tree/link");
      disk.fs.makeSymbolicLink("/outside2", "/tree/link");
    },
  ];
  const digests = changes.map(digestAfter);
  assertEquals(new Set([digest, ...digests]).size, changes.length + 1);
});

Deno.test("ensureDirectory() makes directories for the owner of the one above, and syncs them", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  disk.fs.setOwner("/data", 7, 8);
  const operations: string[] = [];
  const fs = interceptWrites(disk.fs, ({ name, paths }) => {
    if (name === "syncDirectory") operations.push(paths[0] ?? "");
    return "as-it-is";
  });
  ensureDirectory(fs, "/data/a/b");
  ensureDirectory(fs, "/data/a/b");
  const { mode, userId, groupId } = disk.fs.look("/data/a/b") ?? {};
  assertEquals([mode, userId, groupId], [0o700, 7, 8]);
  assertEquals(operations, ["/data", "/data/a"]);
  disk.write("/data/file", "file");
  assertThrows(() => ensureDirectory(fs, "/data/file"), Deno.errors.AlreadyExists);
});

Deno.test("openWorkDirectory() takes the place beside the store, for the store's owner", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data/store");
  disk.fs.setOwner("/data/store", 7, 8);
  assertEquals(openWorkDirectory(disk.fs, "/data/store"), "/data/store.vecfsck");
  const { mode, userId, groupId } = disk.fs.look("/data/store.vecfsck") ?? {};
  assertEquals([mode, userId, groupId], [0o700, 7, 8]);
});

Deno.test("openWorkDirectory() takes the place inside a store that is a mount, or alone writable", () => {
  const mounted = new MemoryDisk();
  mounted.mount("/store");
  assertEquals(openWorkDirectory(mounted.fs, "/store"), "/store/.vecfsck");
  const closed = new MemoryDisk();
  closed.makeDirectories("/data/store");
  const fs: WriteFs = {
    ...closed.fs,
    makeDirectory: (path, mode) => {
      if (path === "/data/store.vecfsck") throw systemError("EROFS");
      closed.fs.makeDirectory(path, mode);
    },
  };
  assertEquals(openWorkDirectory(fs, "/data/store"), "/data/store/.vecfsck");
  // No store is made for the sake of its work directory.
  assertThrows(
    () =>
      openWorkDirectory(
        { ...fs, look: (p) => p.includes("store") ? null : fs.look(p) },
        "/data/store",
      ),
    OperationError,
    "No permission to write",
  );
});

Deno.test("openWorkDirectory() goes into the store for want of permission alone", () => {
  const attempt = (code: string): string => {
    const disk = new MemoryDisk();
    disk.makeDirectories("/data/store");
    const fs: WriteFs = {
      ...disk.fs,
      makeDirectory: (path, mode) => {
        if (path === "/data/store.vecfsck") throw systemError(code);
        disk.fs.makeDirectory(path, mode);
      },
    };
    try {
      return openWorkDirectory(fs, "/data/store");
    } catch (error) {
      return error instanceof OperationError ? error.code : String(error);
    }
  };
  for (const code of ["EACCES", "EPERM", "EROFS"]) {
    assertEquals(attempt(code), "/data/store/.vecfsck");
  }
  assertEquals([attempt("EIO"), attempt("ENOSPC")], ["write-failed", "no-space"]);
});

Deno.test("openWorkDirectory() is made for the owner of the directory above when the store is away", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  disk.fs.setOwner("/data", 7, 8);
  assertEquals(openWorkDirectory(disk.fs, "/data/store"), "/data/store.vecfsck");
  const { mode, userId, groupId } = disk.fs.look("/data/store.vecfsck") ?? {};
  assertEquals([mode, userId, groupId], [0o700, 7, 8]);
});

Deno.test("ensureDirectory() finds what another run has made at the same moment", () => {
  const disk = new MemoryDisk();
  disk.makeDirectories("/data");
  const fs: WriteFs = {
    ...disk.fs,
    makeDirectory: (path, mode) => {
      disk.fs.makeDirectory(path, mode);
      disk.fs.setMode(path, 0o755);
      disk.fs.makeDirectory(path, mode);
    },
  };
  ensureDirectory(fs, "/data/a");
  // It is left as the other has made it.
  assertEquals(disk.fs.look("/data/a")?.mode, 0o755);
});

Deno.test("workPlacesOf() names one place for every path that leads to the store", async () => {
  const directory = localFs.resolve(await scratchDirectory());
  const store = join(directory, "store");
  Deno.mkdirSync(store);
  Deno.symlinkSync(store, join(directory, "link"));
  const places = { beside: `${store}.vecfsck`, inside: join(store, ".vecfsck") };
  for (const path of [store, `${store}/`, join(directory, "link"), `${store}/../store`]) {
    assertEquals(workPlacesOf(localFs, path), places);
  }
});
