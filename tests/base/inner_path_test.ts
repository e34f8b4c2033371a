import { assert } from "@std/assert";
import { isInnerPath } from "../../lib/base/inner_path.ts";
import { OUTER_PATHS } from "../support/hostile_paths.ts";

/** Paths that mean something else on Windows: drives, streams, devices, names that are cut. */
const OUTER_ON_WINDOWS = [
  ...["C:", "C:/x", "C:\\x", "\\\\host\\share", "..\\x", "a\\..\\..\\x", "file:stream"],
  ...["NUL", "nul.txt", "a/CON", "COM1", "lpt9.log", "Aux.a.b", "a.", "a ", "a/b./c"],
];

const INNER = ["a", "a/b", ".hidden", "..a", "ä ö", "console", "com", "a b", "nully", "a.b"];

Deno.test("isInnerPath() refuses what leads out of a directory, on every system", () => {
  for (const separator of ["/", "\\"]) {
    for (const path of OUTER_PATHS) assert(!isInnerPath(path, separator), path);
    for (const path of INNER) assert(isInnerPath(path, separator), path);
  }
});

Deno.test("isInnerPath() refuses what means something else on Windows, there alone", () => {
  for (const path of OUTER_ON_WINDOWS) {
    assert(!isInnerPath(path, "\\"), path);
    assert(path === ".." || isInnerPath(path, "/"), path);
  }
});
