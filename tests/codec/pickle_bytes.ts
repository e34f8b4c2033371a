/**
 * Pickles for tests: some that Python wrote, and the means to write others by hand.
 *
 * @module
 */

import { decodeBase64 } from "../support/base64.ts";
