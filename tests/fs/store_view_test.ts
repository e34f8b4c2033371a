import { assertEquals } from "@std/assert";
import { listStaying, makeStoreView, type ViewDirectories } from "../../lib/fs/store_view.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { MemoryDisk, systemError } from "../support/memory_fs.ts";

const STORE = "/data/store";
const AREA = "/data/store.vecfsck/area";
const VIEW = `${AREA}/view`;

const NAMES = { leaving: ["a/2", "c/0", "e"], coming: ["a/0", "a/3", "d"] };

/** A store with folders, and a few files that come. */
function disk(): MemoryDisk {
  const made = new MemoryDisk();
  for (const name of ["a/0", "a/1", "a/2", "a/deep/er", "b/0", "b/1", "c/0", "d/0", "e/0", "top"]) {
    made.write(`${STORE}/${name}`, `old ${name}`);
  }
  for (const name of ["a/0", "a/3", "d/0"]) made.write(`${AREA}/staged/${name}`, `new ${name}`);
  made.write(`${STORE}/.vecfsck/journal/x`, "ours");
  made.fs.makeSymbolicLink("/elsewhere", `${STORE}/link`);
  return made;
}

function view(made: MemoryDisk, directories: ViewDirectories, fs: WriteFs = made.fs): void {
  makeStoreView(fs, VIEW, [
    { directory: `${AREA}/staged`, names: NAMES.coming },
    listStaying(fs, STORE, NAMES),
  ], directories);
}

/** What the view has, by names: where a link leads, what a file holds, `/` for a directory. */
function shownIn(made: MemoryDisk, directory = VIEW): Record<string, string> {
  return Object.fromEntries(
    made.fs.list(directory).flatMap((name): [string, string][] => {
      const path = `${directory}/${name}`;
      const kind = made.fs.look(path)?.kind;
      if (kind === "link") return [[name, made.fs.readLink(path)]];
      if (kind === "file") return [[name, made.list()[path] ?? ""]];
      const inner = Object.entries(shownIn(made, path));
      return [[name, "/"], ...inner.map(([child, what]) => [`${name}/${child}`, what] as const)]
        .map(([child, what]) => [child ?? "", what ?? ""]);
    }),
  );
}

Deno.test("makeStoreView() opens the directories of which entries leave or come, and links the rest", () => {
  const made = disk();
  view(made, "linked");
  assertEquals(shownIn(made), {
    a: "/",
    "a/0": `${AREA}/staged/a/0`,
    "a/1": `${STORE}/a/1`,
    "a/3": `${AREA}/staged/a/3`,
    "a/deep": `${STORE}/a/deep`,
    b: `${STORE}/b`,
    c: "/",
    d: `${AREA}/staged/d`,
    link: `${STORE}/link`,
    top: `${STORE}/top`,
  });
});

Deno.test("makeStoreView() mirrors directories with short links to what is in them", () => {
  const made = disk();
  view(made, "mirrored");
  assertEquals(shownIn(made), {
    a: "/",
    "a/0": "../../staged/a/0",
    "a/1": `${STORE}/a/1`,
    "a/3": "../../staged/a/3",
    "a/deep": "/",
    "a/deep/er": `${STORE}/a/deep/er`,
    b: "/",
    "b/0": `${STORE}/b/0`,
    "b/1": `${STORE}/b/1`,
    c: "/",
    d: "/",
    "d/0": "../../staged/d/0",
    link: `${STORE}/link`,
    top: `${STORE}/top`,
  });
});

Deno.test("makeStoreView() copies where there are no links, and links what may not be listed", () => {
  const made = disk();
  made.fs.removeFile(`${STORE}/link`);
  view(made, "mirrored", {
    ...made.fs,
    makeSymbolicLink: () => {
      throw systemError("EPERM");
    },
  });
  assertEquals(shownIn(made)["a/1"], "old a/1");
  assertEquals(shownIn(made)["a/0"], "new a/0");
  const closed = disk();
  view(closed, "mirrored", {
    ...closed.fs,
    list: (path) => {
      if (path === `${STORE}/b`) throw systemError("EACCES");
      return closed.fs.list(path);
    },
  });
  assertEquals(shownIn(closed)["b"], `${STORE}/b`);
});

Deno.test("listStaying() lists no directory of which nothing is exchanged", () => {
  const made = disk();
  const listed: string[] = [];
  const fs: WriteFs = {
    ...made.fs,
    list: (path) => {
      listed.push(path);
      return made.fs.list(path);
    },
  };
  assertEquals(listStaying(fs, STORE, NAMES), {
    directory: STORE,
    names: [".vecfsck", "b", "link", "top", "a/1", "a/deep"],
    folders: ["a", "c"],
  });
  assertEquals(listed, [STORE, `${STORE}/a`, `${STORE}/c`]);
});
