import { assertEquals } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { FleetTally, WORST_STORES } from "../../lib/fleet/fleet_sum.ts";
import { summary } from "../output/events.ts";

const counts = (fatal: number, error: number, warning = 0) => ({ fatal, error, warning, info: 0 });

Deno.test("FleetTally names the worst first: by verdict, by findings, then as they came", () => {
  const tally = new FleetTally();
  tally.add(summary({ store: "/warned", verdict: "warnings", counts: counts(0, 0, 9) }));
  tally.add(summary({ store: "/clean" }));
  tally.add(summary({ store: "/some", verdict: "damaged", counts: counts(0, 1) }));
  tally.addFailure("/gone", new OperationError("not-found", "No such directory: /gone"));
  tally.add(summary({ store: "/more", verdict: "damaged", counts: counts(0, 5) }));
  tally.add(summary({ store: "/also", verdict: "damaged", counts: counts(0, 1) }));
  tally.add(summary({ store: "/deadly", verdict: "unsafe", counts: counts(1, 0) }));
  const { worst, verdicts, stores, counts: all, records } = tally.sum;
  assertEquals(worst.map(({ store }) => store), [
    "/deadly",
    "/more",
    "/some",
    "/also",
    "/gone",
    "/warned",
  ]);
  assertEquals(worst[4], {
    store: "/gone",
    verdict: "notChecked",
    counts: null,
    message: "No such directory: /gone",
  });
  assertEquals([stores, verdicts.damaged, verdicts.clean, verdicts.notChecked], [7, 3, 1, 1]);
  assertEquals([all.fatal, all.error, all.warning], [1, 7, 9]);
  assertEquals(records, 6 * 135464);
});

Deno.test("FleetTally keeps no more of very many bad stores than it names", () => {
  const tally = new FleetTally();
  for (let number = 0; number < 5000; number++) {
    tally.add(summary({ store: `/${number}`, verdict: "damaged", counts: counts(0, number) }));
  }
  const { worst, stores } = tally.sum;
  assertEquals([stores, worst.length], [5000, WORST_STORES]);
  assertEquals(worst[0]?.store, "/4999");
});
