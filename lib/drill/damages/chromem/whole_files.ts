/**
 * Damages to whole files, of the two kinds that there are. The library writes a file in place, so
 * that a crash or a full disk leaves part of one, and then refuses the whole database.
 *
 * @module
 */

import type { FindingName } from "../../../model/finding_names.ts";
import type { Damage, DamageExpectation, DamageTarget } from "../damage.ts";
import { remove, writeWhole } from "../patch_file.ts";
import {
  ANY_DECODING_FAULT,
  cutSomewhere,
  expectError,
  expectNothing,
  flipSomeBit,
  FOREIGN_TEXT,
  patch,
} from "./chromem_damage.ts";
import { metadataFile, pickDocument, type TargetFile } from "./places.ts";

/** A kind of file, and what a check says of one that holds none of its fields. */
interface FileKind {
  readonly prefix: string;
  readonly subject: string;
  readonly pick: (target: DamageTarget) => TargetFile;
  readonly nameless: FindingName;
}

interface WholeFileDamage {
  readonly suffix: string;
  readonly effect: string;
  readonly expect: (nameless: FindingName) => DamageExpectation;
  readonly apply: (target: DamageTarget, file: TargetFile) => void;
}

const KINDS: readonly FileKind[] = [
  {
    prefix: "metadata",
    subject: "The metadata file of a collection",
    pick: metadataFile,
    nameless: "chromem-name-empty",
  },
  {
    prefix: "document",
    subject: "The file of a document",
    pick: pickDocument,
    nameless: "document-without-id",
  },
];

const DAMAGES: readonly WholeFileDamage[] = [
  {
    suffix: "empty",
    effect: "has no bytes any more",
    expect: () => expectError("gob-empty"),
    apply: (target, { path }) => patch(target, path, (file) => file.truncate(0)),
  },
  {
    suffix: "cut",
    effect: "is cut at any of its bytes",
    expect: expectUnreadable,
    apply: cutSomewhere,
  },
  {
    suffix: "zeros",
    effect: "is overwritten with zeros",
    expect: expectUnreadable,
    apply: (target, { path }) => patch(target, path, (file) => file.fill(0, file.sizeBytes)),
  },
  {
    suffix: "random",
    effect: "is overwritten with random bytes",
    expect: expectUnreadable,
    apply: (target, { path }) =>
      patch(target, path, (file) => file.fill(0, file.sizeBytes, target.random)),
  },
  {
    suffix: "bit",
    effect: "has a flipped bit",
    expect: () => expectNothing("another letter or number is a value as well"),
    apply: flipSomeBit,
  },
  {
    suffix: "text",
    effect: "holds a text",
    expect: expectUnreadable,
    apply: ({ fs }, { path }) => writeWhole(fs, path, FOREIGN_TEXT),
  },
  {
    suffix: "link_dangling",
    effect: "is a symbolic link to nothing",
    expect: () => expectError("gob-not-a-file"),
    apply: ({ fs }, { path }) => {
      remove(fs, path);
      fs.makeSymbolicLink("gone", path);
    },
  },
];

/** The damages to whole files. */
export const WHOLE_FILES: readonly Damage[] = [
  {
    name: "metadata_missing",
    description: "The metadata file of a collection is gone.",
    scope: "collection",
    expected: expectError("chromem-metadata-missing"),
    apply: (target) => remove(target.fs, metadataFile(target).path),
  },
  ...KINDS.flatMap(({ prefix, subject, pick, nameless }) =>
    DAMAGES.map(({ suffix, effect, expect, apply }): Damage => ({
      name: `${prefix}_${suffix}`,
      description: `${subject} ${effect}.`,
      scope: "collection",
      expected: expect(nameless),
      apply: (target) => apply(target, pick(target)),
    }))
  ),
];

/** Bytes that are those of no value may still be those of a value without a single field. */
function expectUnreadable(nameless: FindingName): DamageExpectation {
  return expectError(...ANY_DECODING_FAULT, nameless);
}
