/**
 * A process that serves an example: `serve_example.ts ADDRESS`. It prints where it is, and ends the
 * server at the first line of standard input. From the second question on a store is damaged.
 *
 * @module
 */

import { OperationError } from "../../lib/base/errors.ts";
import { parseListenAddress } from "../../lib/base/listen_address.ts";
import { startServer } from "../../lib/serve/start_server.ts";
import { EXAMPLE_TIME } from "../output/status_examples.ts";
import { MIXED_BOARD, WELL_BOARD } from "./board_examples.ts";

const address = parseListenAddress(Deno.args[0] ?? "");
if (address === null) throw new Error("No address");
let asked = 0;
try {
  const server = startServer(address, {
    read: () => asked++ === 0 ? WELL_BOARD : MIXED_BOARD,
    compatibleNames: () => false,
    now: () => new Date(EXAMPLE_TIME),
  });
  console.log(server.url);
  await Deno.stdin.read(new Uint8Array(1));
  await server.stop();
  console.log("stopped");
} catch (error) {
  if (!(error instanceof OperationError)) throw error;
  console.log(JSON.stringify([error.code, error.message, error.hint]));
}
