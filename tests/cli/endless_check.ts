// A program for process_test.ts: the real command line over an engine that never comes to an end.
import { systemEnvironment } from "../../lib/cli/environment.ts";
import { main } from "../../lib/cli/main.ts";
import { FakeEngine } from "./fake_engine.ts";

const engine = new FakeEngine({});
// A timer, as a Worker would, keeps the process alive.
engine.onCheck = () => new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));

Deno.exit(
  await main(Deno.args, { ...systemEnvironment(), loadEngine: () => Promise.resolve(engine) }),
);
