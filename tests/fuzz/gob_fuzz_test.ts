import { assert, assertEquals } from "@std/assert";
import { decodeGob, readGobEntries } from "../../lib/codec/gob.ts";
import { DOCUMENT_SHAPE } from "../../lib/stores/chromem/shapes.ts";
import { findChromemJudge } from "../support/chromem_judge.ts";
import { agrees, breakGobs, gobCorpus, readHere, readWithGo } from "./gob_fuzz.ts";

const SEED = Number(Deno.env.get("VECFSCK_FUZZ_SEED") ?? 20_261_121);

Deno.test(`decodeGob() ends with a value or a fault from seed ${SEED} on`, async () => {
  const failures: string[] = [];
  let refused = 0;
  for (const broken of await breakGobs(SEED, 20_000)) {
    if (readHere(broken, failures)?.error !== null) refused++;
  }
  assertEquals(failures, []);
  assert(refused > 10_000 && refused < 20_000, `${refused} of 20,000 were refused`);
});

Deno.test("readGobEntries() gives what decodeGob() gives, byte by byte from a source", async () => {
  for (const { bytes, description } of await breakGobs(SEED, 2000)) {
    const whole = decodeGob(bytes, DOCUMENT_SHAPE);
    const source = {
      sizeBytes: bytes.length,
      readAt: (offset: number, target: Uint8Array) => {
        const part = bytes.subarray(offset, offset + target.length);
        target.set(part);
        return target.subarray(0, part.length);
      },
    };
    const reading = readGobEntries(source, DOCUMENT_SHAPE);
    let step = reading.next();
    while (!step.done) step = reading.next();
    assertEquals(step.value, whole, description);
  }
});

Deno.test({
  name: "decodeGob() takes and refuses what Go takes and refuses, and reads the same",
  ignore: findChromemJudge() === null,
  async fn() {
    const cases = [...await gobCorpus(), ...await breakGobs(SEED, 4000)];
    for (const kind of ["document", "metadata"] as const) {
      const gobs = cases.filter((gob) => gob.kind === kind);
      const answers = await readWithGo(kind, gobs);
      assertEquals(answers.length, gobs.length);
      const failures: string[] = [];
      for (const [index, gob] of gobs.entries()) {
        const [here, go] = [readHere(gob, failures), answers[index]];
        assert(here !== null && go !== undefined, failures.join("\n"));
        assert(agrees(here, go), `${gob.description}: ${JSON.stringify({ here, go })}`);
      }
    }
  },
});
