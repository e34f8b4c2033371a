import { assert, assertEquals } from "@std/assert";
import { listCases, runCase } from "./run_case.ts";

const names = listCases();

Deno.test("there are cases of repair", () => assert(names.length >= 12, `only ${names.length}`));

for (const name of names) {
  Deno.test(`repair in the case ${name} says and does what is expected, twice`, async () => {
    for (const { path, text } of await runCase(name)) {
      const expected = await Deno.readTextFile(path);
      assertEquals(text, expected, `${path} is not what was printed; deno task cases --update`);
    }
  });
}
