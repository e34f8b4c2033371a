/**
 * A program as `--embed-command` takes it: fills in the vectors of the records that it reads, or
 * does one of the things that such a program should not.
 *
 * Its arguments are how it behaves, and how many dimensions a vector has.
 *
 * @module
 */

const [behaviour = "", dimension = "4"] = Deno.args;

if (behaviour === "sleeps") await new Promise((resolve) => setTimeout(resolve, 60_000));
if (behaviour === "fails") Deno.exit(3);

const text = await new Response(Deno.stdin.readable).text();
const records = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

function embed(index: number): (number | null)[] {
  const length = Number(dimension) + (behaviour === "dimension" ? 1 : 0);
  return Array.from(
    { length },
    (_, axis) => behaviour === "nothing" && axis === 0 ? null : Math.sin(index * 100 + axis),
  );
}

const answers = records.map((record, index) => ({ ...record, embedding: embed(index) }));
switch (behaviour) {
  case "less":
    answers.pop();
    break;
  case "more":
    answers.push(answers[0]);
    break;
  case "mixed":
    answers.reverse();
    break;
  case "prose":
    console.log("Loading the model …");
    break;
  case "one-not":
    Object.assign(answers[0], { embedding: null });
    break;
  case "fails-late":
    Deno.exitCode = 4;
}
for (const answer of answers) console.log(JSON.stringify(answer));
