/**
 * Uncompresses a file that is cut off, again and again, and prints by how many bytes the process
 * has grown.
 *
 * @module
 */

import { gunzipBounded, gzip } from "../../lib/codec/gzip.ts";

const cut = gzip(new Uint8Array(2000).map((_, index) => (index * 7919) >> 3)).slice(0, -6);
const beforeBytes = Deno.memoryUsage().rss;
for (let count = 0; count < 10_000; count++) {
  const { fault } = gunzipBounded(cut, 1 << 20);
  if (fault?.kind !== "truncated") throw new Error(`fault ${fault?.kind}`);
}
console.log(Deno.memoryUsage().rss - beforeBytes);
