import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { listStoreHolders, type StoreHolder } from "../../lib/machine/store_holders.ts";
import { REPOSITORY, scratchDirectory } from "../support/fixtures.ts";

const MODULE = join(REPOSITORY, "lib", "machine", "store_holders.ts");

/** What a process finds out about itself. */
interface Listed {
  readonly paths: readonly string[];
  readonly isComplete: boolean;
}

/** Opens a file of a store in another process, and has that list who has one open. */
async function listInProcess(store: string, permission: string): Promise<Listed> {
  const script = join(await scratchDirectory(), "list.ts");
  await Deno.writeTextFile(
    script,
    `import { listStoreHolders } from ${JSON.stringify(MODULE)};
     const store = ${JSON.stringify(store)};
     using file = Deno.openSync(store + "/data", { read: true });
     const holders = listStoreHolders(store);
     console.log(JSON.stringify([Deno.pid, holders, file.statSync().size]));`,
  );
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--config", join(REPOSITORY, "deno.json")],
      ...[permission, script],
    ],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  const [processId, { holders, isComplete }] = JSON.parse(new TextDecoder().decode(stdout));
  const own = holders.filter((holder: StoreHolder) => holder.processId === processId);
  return { paths: own.map(({ path }: StoreHolder) => path), isComplete };
}

Deno.test({
  name: "listStoreHolders() finds a process that has a file of the store open",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const store = Deno.realPathSync(await scratchDirectory());
    await Deno.writeTextFile(join(store, "data"), "data");
    // Whether all processes can be looked at is up to the machine.
    assertEquals((await listInProcess(store, "--allow-all")).paths, [join(store, "data")]);
    // A store that begins with the same name is another one.
    await Deno.mkdir(`${store}-2`);
    await Deno.writeTextFile(join(`${store}-2`, "data"), "data");
    assertEquals((await listInProcess(`${store}-2`, "--allow-all")).paths, [`${store}-2/data`]);
  },
});

Deno.test("listStoreHolders() knows nothing without every permission", async () => {
  const store = await scratchDirectory();
  await Deno.writeTextFile(join(store, "data"), "data");
  const nothing = { paths: [], isComplete: false };
  assertEquals(await listInProcess(store, "--allow-read"), nothing);
  assertEquals(listStoreHolders(store), { holders: [], isComplete: false });
});
