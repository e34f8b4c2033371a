/**
 * Stands for a program that fills in vectors with a model: reads the records that have left a store,
 * and gives each a vector of the dimension that the collections of tests/fixtures have.
 *
 * @module
 */

const DIMENSIONS: Readonly<Record<string, number>> = { live: 48, notes: 32, "knowledge-base": 24 };

const text = await new Response(Deno.stdin.readable).text();
for (const [index, line] of text.trim().split("\n").entries()) {
  const record: { collection: string } = JSON.parse(line);
  const length = DIMENSIONS[record.collection] ?? 24;
  const embedding = Array.from({ length }, (_, axis) => Math.sin(index * 100 + axis));
  console.log(JSON.stringify({ ...record, embedding }));
}
