// deno-lint-ignore-file no-import-prefix -- the inline version is what makes a link package stand alone
// The types are the part of @std/path that this project uses; the code is the genuine one.
import * as genuine from "npm:deno-std@1.4.0/path/mod.js";

export const basename: (path: string, suffix?: string) => string = genuine.basename;
export const dirname: (path: string) => string = genuine.dirname;
export const extname: (path: string) => string = genuine.extname;
export const fromFileUrl: (url: string | URL) => string = genuine.fromFileUrl;
export const isAbsolute: (path: string) => boolean = genuine.isAbsolute;
export const join: (path: string, ...paths: string[]) => string = genuine.join;
export const normalize: (path: string) => string = genuine.normalize;
export const relative: (from: string, to: string) => string = genuine.relative;
export const resolve: (...segments: string[]) => string = genuine.resolve;
export const toFileUrl: (path: string) => URL = genuine.toFileUrl;
export const SEPARATOR: "/" | "\\" = genuine.SEPARATOR;
