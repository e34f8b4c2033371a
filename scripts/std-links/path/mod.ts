// deno-lint-ignore-file no-import-prefix -- the inline version is what makes a link package stand alone
// The types are the part of @std/path that this project uses; the code is the genuine one.
// It is taken for one kind of system: the part that finds out which this is has Deno load what it
// has of Node, which takes as long as everything else that is done before a program begins.
import * as posix from "npm:deno-std@1.4.0/path/posix/mod.js";
import * as windows from "npm:deno-std@1.4.0/path/windows/mod.js";

const isWindows = Deno.build.os === "windows";
const genuine = isWindows ? windows : posix;

export const basename: (path: string, suffix?: string) => string = genuine.basename;
export const dirname: (path: string) => string = genuine.dirname;
export const extname: (path: string) => string = genuine.extname;
export const fromFileUrl: (url: string | URL) => string = genuine.fromFileUrl;
export const isAbsolute: (path: string) => boolean = genuine.isAbsolute;
export const join: (path: string, ...paths: string[]) => string = genuine.join;
export const normalize: (path: string) => string = genuine.normalize;
export const relative: (from: string, to: string) => string = genuine.relative;
export const resolve: (...segments: string[]) => string = (...segments) =>
  // Where none of them is absolute the genuine one asks Node for the working directory.
  isWindows || segments.some(isAbsolute)
    ? genuine.resolve(...segments)
    : genuine.resolve(Deno.cwd(), ...segments);
export const toFileUrl: (path: string) => URL = genuine.toFileUrl;
export const SEPARATOR: "/" | "\\" = isWindows ? "\\" : "/";
