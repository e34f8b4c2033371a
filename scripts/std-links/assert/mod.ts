// deno-lint-ignore-file no-import-prefix -- the inline version is what makes a link package stand alone
// The types are the part of @std/assert that this project uses; the code is the genuine one.
import * as genuine from "npm:deno-std@1.4.0/assert/mod.js";

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

export const assert: (expression: unknown, message?: string) => asserts expression = genuine.assert;
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void =
  genuine.assertEquals;
export const assertNotEquals: <T>(actual: T, expected: T, message?: string) => void =
  genuine.assertNotEquals;
export const assertStrictEquals: <T>(
  actual: unknown,
  expected: T,
  message?: string,
) => asserts actual is T = genuine.assertStrictEquals;
export const assertAlmostEquals: (
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
) => void = genuine.assertAlmostEquals;
export const assertExists: <T>(
  actual: T,
  message?: string,
) => asserts actual is NonNullable<T> = genuine.assertExists;
export const assertGreater: <T>(actual: T, expected: T, message?: string) => void =
  genuine.assertGreater;
export const assertLess: <T>(actual: T, expected: T, message?: string) => void = genuine.assertLess;
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void =
  genuine.assertMatch;
export const assertNotMatch: (actual: string, expected: RegExp, message?: string) => void =
  genuine.assertNotMatch;
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  genuine.assertStringIncludes;
export const assertThrows: <E extends Error = Error>(
  action: () => unknown,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
) => E = genuine.assertThrows;
export const assertRejects: <E extends Error = Error>(
  action: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
) => Promise<E> = genuine.assertRejects;
export const fail: (message?: string) => never = genuine.fail;
