import { assertEquals } from "@std/assert";
import { planChromaContents } from "../../../../lib/stores/chroma/contents/plan_contents.ts";
import { goldenStore } from "../../../support/fixtures.ts";

Deno.test("planChromaContents() gives one task for each collection, plain data that a Worker takes", async () => {
  const path = await Deno.realPath(await goldenStore("chroma-0.4.24"));
  const plan = planChromaContents({ path, format: "chroma", evidence: "" });
  try {
    const names = plan.tasks.map(({ payload }) => (payload as { name: string }).name);
    assertEquals(names.toSorted(), ["cosine", "dot", "empty", "notes", "unflushed"]);
    assertEquals(
      plan.tasks.every(({ kind, sizeBytes }) => kind === "contents" && sizeBytes > 0),
      true,
    );
    assertEquals(structuredClone(plan.tasks), plan.tasks);
  } finally {
    plan.release();
  }
});

Deno.test("planChromaContents() finds the watermark of an index in its id map before 0.5.6", async () => {
  const path = await Deno.realPath(await goldenStore("chroma-0.4.24"));
  const plan = planChromaContents({ path, format: "chroma", evidence: "" });
  plan.release();
  const watermarks = new Map(plan.tasks.map(({ payload }) => {
    const { name, vectorWatermark } = payload as { name: string; vectorWatermark: number | null };
    return [name, vectorWatermark];
  }));
  assertEquals((watermarks.get("notes") ?? 0) > 0, true);
  assertEquals(watermarks.get("unflushed"), null);
});
