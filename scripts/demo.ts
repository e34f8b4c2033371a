/**
 * Shows what vecfsck does: a copy of a running store, as a slow backup took it, is checked and
 * repaired; then a healthy one is checked. Both are real and stand in tests/fixtures.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { main } from "../lib/cli/main.ts";
import { unpackTarGz } from "./fixture_archive.ts";

const FIXTURES = fromFileUrl(new URL("../tests/fixtures", import.meta.url));

const STORES = [
  {
    archive: join("torn", "chroma-1.5.9-2.tar.gz"),
    about: "A backup agent copied this Chroma 1.5.9 store while the server was writing to it.",
    calls: [{ args: ["check"], expected: 4 }, { args: ["repair", "--yes"], expected: 1 }],
  },
  {
    archive: join("chroma", "chroma-1.5.9.tar.gz"),
    about: "This is a healthy store of the same version, with deleted and updated records.",
    calls: [{ args: ["check"], expected: 0 }],
  },
] as const;

const directory = await Deno.makeTempDir({ prefix: "vecfsck-demo-" });
let asExpected = true;
try {
  for (const [index, { archive, about, calls }] of STORES.entries()) {
    const target = join(directory, `${index + 1}`);
    await Deno.mkdir(target);
    await unpackTarGz(join(FIXTURES, archive), target);
    const store = join(target, "store");
    console.log(`${about}\n`);
    for (const { args, expected } of calls) {
      console.log(`$ vecfsck ${args.join(" ")} ${store}\n`);
      const exitCode = await main([...args, store]);
      console.log(`\n(exit code ${exitCode})\n`);
      asExpected &&= exitCode === expected;
    }
  }
} finally {
  await Deno.remove(directory, { recursive: true });
}
if (!asExpected) {
  console.error("The demo did not go as it should: please report it.");
  Deno.exit(1);
}
