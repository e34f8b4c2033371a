/**
 * An address to listen on, as people type it: `127.0.0.1:9464`, `[::1]:9464`, `localhost:9464`.
 *
 * @module
 */

/** An address to listen on. */
export interface ListenAddress {
  /** The address or name, without the brackets around one of version 6. */
  readonly hostname: string;
  /** The port; 0 for one that the system chooses. */
  readonly port: number;
  /** Whether only programs on this machine can reach it. */
  readonly isLocal: boolean;
}

const ADDRESS = /^(?:\[(?<six>[0-9A-Fa-f:.]+)\]|(?<name>[A-Za-z0-9.-]{1,253})):(?<port>\d{1,5})$/;

const LARGEST_PORT = 65_535;

/**
 * Reads an address.
 *
 * @param text What was typed.
 * @returns The address, or null where it is none with a port.
 */
export function parseListenAddress(text: string): ListenAddress | null {
  const { six, name, port: digits } = ADDRESS.exec(text)?.groups ?? {};
  const hostname = six ?? name;
  const port = Number(digits);
  if (hostname === undefined || port > LARGEST_PORT) return null;
  return { hostname, port, isLocal: isLocalName(hostname) };
}

/**
 * Writes an address as it is typed.
 *
 * @param address The address.
 * @returns For instance `[::1]:9464`.
 */
export function formatListenAddress(
  { hostname, port }: Pick<ListenAddress, "hostname" | "port">,
): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/**
 * Whether a name or an address without brackets can be only this machine. Other names are not looked
 * up: what they mean is up to whoever answers.
 *
 * @param hostname The name or the address.
 * @returns True for `localhost`, 127.0.0.0/8 and ::1.
 */
export function isLocalName(hostname: string): boolean {
  return hostname.toLowerCase() === "localhost" || hostname === "::1" ||
    /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(hostname);
}
