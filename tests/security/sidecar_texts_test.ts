/**
 * What stands beside a store may be of anybody's making: manifests, records, names. Nothing of it acts
 * on a terminal that it is shown on.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { digestOf, runVerb } from "../verbs/world.ts";
import { HOSTILE, requireHarmless } from "./hostile_texts.ts";
import { makeUsedWorld } from "./used_world.ts";

/** File systems of Windows have no such names. */
const ignore = Deno.build.os === "windows";

const ID = "20400103T000000Z";

/** A file beside a store, and the verbs that tell what stands in it. */
interface Sidecar {
  readonly path: string;
  readonly calls: readonly (readonly string[])[];
}

/** Lists the texts in a value, by the way to each; of an array the first element is enough. */
function* listTexts(value: unknown, way: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value === "string") yield way;
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  for (const [key, inner] of Array.isArray(value) ? entries.slice(0, 1) : entries) {
    yield* listTexts(inner, [...way, key]);
  }
}

function withText(value: unknown, [key, ...rest]: readonly string[], text: string): unknown {
  if (key === undefined) return text;
  const copy = Array.isArray(value) ? [...value] : { ...Object(value) };
  Object.assign(copy, { [key]: withText(Object(value)[key], rest, text) });
  return copy;
}

Deno.test({
  name: "no text of a file beside a store reaches the terminal as it is",
  ignore,
  fn: async () => {
    const { store } = await makeUsedWorld();
    const backup = join(`${store}.backups`, ID);
    const work = `${store}.vecfsck`;
    const sidecars: readonly Sidecar[] = [
      {
        path: join(backup, "manifest.json"),
        calls: [
          ["backup", "list", store],
          ["backup", "show", store],
          ["backup", "verify", store],
          ["restore", "--dry-run", store],
          ["backup", "prune", "--keep-last", "1", "--dry-run", store],
        ],
      },
      {
        path: join(work, "quarantine", ID, "manifest.json"),
        calls: [
          ["quarantine", "list", store],
          ["undo", "--dry-run", store],
          ["quarantine", "purge", "--older-than", "1d", "--dry-run", store],
          ["status", store],
        ],
      },
    ];
    let changed = 0;
    for (const { path, calls } of sidecars) {
      const original = await Deno.readTextFile(path);
      await Deno.chmod(path, 0o600);
      for (const way of listTexts(JSON.parse(original))) {
        const text = JSON.stringify(withText(JSON.parse(original), way, HOSTILE));
        await Deno.writeTextFile(path, text);
        await rewriteDigest(path, text);
        for (const args of calls) {
          const { stdout, stderr } = await runVerb(args);
          requireHarmless(stdout + stderr, `${args[0]} ${args[1]} with ${way.join(".")}`);
        }
        changed++;
      }
      await Deno.writeTextFile(path, original);
      await rewriteDigest(path, original);
    }
    assert(changed > 20, `${changed} texts`);
  },
});

/** Gives a manifest the digest that its writer would have given it. */
async function rewriteDigest(path: string, text: string): Promise<void> {
  const digestPath = `${path}.sha256`;
  const exists = await Deno.stat(digestPath).then(() => true, () => false);
  if (!exists) return;
  await Deno.chmod(digestPath, 0o600);
  await Deno.writeTextFile(
    digestPath,
    `${digestOf(new TextEncoder().encode(text))}  manifest.json\n`,
  );
}

Deno.test({
  name:
    "no name of a file beside a store, and no text in a record there, reaches the terminal as it is",
  ignore,
  fn: async () => {
    const { store } = await makeUsedWorld();
    const work = `${store}.vecfsck`;
    const record = {
      ...{ kind: "swap-directory", id: HOSTILE, startedAt: HOSTILE, live: HOSTILE },
      ...{ hadLive: true, replacement: HOSTILE, aside: HOSTILE, store: HOSTILE, error: HOSTILE },
    };
    for (const directory of [work, `${work}/journal`, `${work}/quarantine`, `${store}.backups`]) {
      await Deno.mkdir(directory, { recursive: true });
      for (const name of [HOSTILE, `.${HOSTILE}.vecfsck-0123456789abcdef.new`, `${HOSTILE}.json`]) {
        await Deno.writeTextFile(join(directory, name), JSON.stringify({ record, ...record }));
      }
    }
    for (const name of ["transaction.json", "holder.json", "watch.json", "checked.json", "seal"]) {
      await Deno.writeTextFile(
        join(work, name),
        JSON.stringify({ ...record, since: HOSTILE, processId: 1 }),
      );
    }
    const calls = [
      ["check", store],
      ["check", "--since-seal", store],
      ["check", "--sealed", store],
      ["status", store],
      ["quarantine", "list", store],
      ["backup", "list", store],
      ["repair", "--yes", store],
      ["seal", store],
    ];
    for (const args of calls) {
      const { stdout, stderr } = await runVerb(args);
      requireHarmless(stdout + stderr, args.slice(0, -1).join(" "));
      assert(stdout + stderr !== "", args[0]);
    }
    using _held = acquireStoreLock(store);
    await Deno.writeTextFile(
      join(work, "holder.json"),
      JSON.stringify({ processId: 1, since: HOSTILE }),
    );
    const { code, stderr } = await runVerb(["seal", store]);
    assertEquals(code, 8);
    requireHarmless(stderr, "a store that is locked");
  },
});
