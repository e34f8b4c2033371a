/**
 * Listening, where that is permitted. The permission is looked up, never asked for.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { permissionHint } from "../base/permission_hint.ts";
import { formatListenAddress, type ListenAddress } from "../base/listen_address.ts";
import { respond, type SiteOptions } from "./respond.ts";

/** A server at work. */
export interface RunningServer {
  /** Where it is, for browsers; with the port that the system has chosen where that was 0. */
  readonly url: string;
  /** Ends it at once, whoever is connected. */
  stop(): Promise<void>;
}

/** What is served, as far as the address does not say it. */
export type ServerOptions = Omit<SiteOptions, "isLocal">;

/**
 * Starts the server.
 *
 * @param address Where it listens.
 * @param options What is served.
 * @returns The server.
 * @throws {OperationError} There is no permission, the port is in use, or the address is not one of
 * this machine.
 */
export function startServer(address: ListenAddress, options: ServerOptions): RunningServer {
  const { hostname, port, isLocal } = address;
  requirePermission(address);
  const controller = new AbortController();
  const server = listen(address, () =>
    Deno.serve(
      {
        hostname,
        port,
        signal: controller.signal,
        onListen: () => {},
        onError: () => new Response(null, { status: 500 }),
      },
      (request) => respond(request, { ...options, isLocal }),
    ));
  const { addr } = server;
  return {
    url: `http://${formatListenAddress({ hostname, port: addr.port })}/`,
    async stop(): Promise<void> {
      controller.abort();
      await server.finished;
    },
  };
}

function requirePermission(address: ListenAddress): void {
  const place = formatListenAddress(address);
  const { state } = Deno.permissions.querySync({ name: "net", host: place });
  if (state === "granted") return;
  throw new OperationError(
    "permission-denied",
    `Not permitted to listen on ${place}: vecfsck was started without --allow-net`,
    { hint: permissionHint(`--allow-net=${place}`) },
  );
}

function listen<Server>(address: ListenAddress, start: () => Server): Server {
  try {
    return start();
  } catch (error) {
    const place = formatListenAddress(address);
    if (error instanceof Deno.errors.AddrInUse) {
      throw new OperationError("busy", `The address ${place} is in use`, {
        hint: "Another watch may be at work there: end it, or listen on another port.",
        cause: error,
      });
    }
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Deno.errors.PermissionDenied ? "permission-denied" : "not-found";
    throw new OperationError(code, `Cannot listen on ${place}: ${message}`, {
      hint: "Name an address of this machine and a port that its user may have: 127.0.0.1:9464.",
      cause: error,
    });
  }
}
