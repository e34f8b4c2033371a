/**
 * The bill of materials: what is in the executables, as CycloneDX 1.6 in JSON.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Checksum } from "./checksums.ts";
import type { NpmPackage } from "./packages.ts";

/** What the bill is made of. */
export interface SbomContent {
  /** The version of vecfsck. */
  readonly version: string;
  /** The commit, or null when there is none to name. */
  readonly commit: string | null;
  /** When the program is said to be made, in seconds since 1970. */
  readonly dateSeconds: number;
  /** The version of the runtime. */
  readonly runtimeVersion: string;
  /** The runtimes that were put in, one for each system. */
  readonly runtimes: readonly SbomRuntime[];
  /** The packages whose code is in the program. */
  readonly packages: readonly NpmPackage[];
  /** The executables. */
  readonly executables: readonly Checksum[];
}

/** The runtime in one of the executables. */
export interface SbomRuntime {
  /** The system that it is for. */
  readonly target: string;
  /** The checksum of the file that it was taken from, SHA-256 in hexadecimal. */
  readonly sha256: string;
  /** Where it was fetched; null when the builder had it already. */
  readonly url: string | null;
}

/** A component of CycloneDX, as far as this program uses it. */
interface Component {
  readonly "type": string;
  readonly "bom-ref": string;
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly purl?: string;
  readonly properties?: readonly { readonly name: string; readonly value: string }[];
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[];
}

/**
 * Makes the bill of materials. The same content gives the same text, byte for byte.
 *
 * @param content What it is made of.
 * @returns The text of the file.
 */
export function renderSbom(content: SbomContent): string {
  const program: Component = {
    "type": "application",
    "bom-ref": `vecfsck@${content.version}`,
    name: "vecfsck",
    version: content.version,
    licenses: [{ license: { id: "MIT" } }],
    ...(content.commit === null
      ? {}
      : { properties: [{ name: "vecfsck:commit", value: content.commit }] }),
  };
  const parts = [
    ...content.runtimes.map((runtime) => describeRuntime(runtime, content.runtimeVersion)),
    ...content.packages.map(describePackage),
  ];
  const components = [...parts, ...content.executables.map(describeExecutable)];
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(content.dateSeconds * 1000).toISOString().replace(".000Z", "Z"),
      component: program,
    },
    components,
    dependencies: [
      { ref: program["bom-ref"], dependsOn: parts.map((part) => part["bom-ref"]) },
      ...parts.map((part) => ({ ref: part["bom-ref"] })),
    ],
  };
  const { bomFormat, specVersion, ...rest } = bill;
  const serialNumber = `urn:uuid:${deriveUuid(JSON.stringify(bill))}`;
  return `${JSON.stringify({ bomFormat, specVersion, serialNumber, ...rest }, null, 2)}\n`;
}

function describePackage({ name, version, license, sha512 }: NpmPackage): Component {
  // The @ of a scope is written as %40 in a package URL.
  const purl = `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
  return {
    "type": "library",
    "bom-ref": purl,
    name,
    version,
    ...(license === null ? {} : { licenses: [describeLicense(license)] }),
    // The digest is that of the archive that the registry gives.
    hashes: [{ alg: "SHA-512", content: sha512 }],
    purl,
  };
}

function describeLicense(license: string): unknown {
  return /[\s()]/.test(license) ? { expression: license } : { license: { id: license } };
}

function describeRuntime({ target, sha256, url }: SbomRuntime, version: string): Component {
  return {
    "type": "platform",
    "bom-ref": `denort@${version}-${target}`,
    name: "denort",
    version,
    licenses: [{ license: { id: "MIT" } }],
    hashes: [{ alg: "SHA-256", content: sha256 }],
    purl: `pkg:generic/denort@${version}?target=${target}`,
    properties: [{ name: "vecfsck:target", value: target }],
    ...(url === null ? {} : { externalReferences: [{ type: "distribution", url }] }),
  };
}

function describeExecutable({ path, sha256 }: Checksum): Component {
  return {
    "type": "file",
    "bom-ref": `file:${path}`,
    name: path,
    hashes: [{ alg: "SHA-256", content: sha256 }],
  };
}

/** A UUID of version 8, whose bits are those of a digest: the same for the same content. */
function deriveUuid(content: string): string {
  const digits = createHash("sha256").update(content).digest("hex").slice(0, 32).split("");
  digits[12] = "8";
  digits[16] = "8";
  const text = digits.join("");
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20),
  ].join("-");
}
