/**
 * Reading the files of one segment, each once, with whatever is known from the others.
 *
 * @module
 */

import { join } from "@std/path";
import { toIndex } from "../../../base/bytes.ts";
import { BoundedFile } from "../../../fs/read_fs.ts";
import { surveyBinFile } from "../../../hnsw/bin_file.ts";
import { geometryOfHeader, type HnswGeometry } from "../../../hnsw/geometry.ts";
import {
  HEADER_SIZE_BYTES,
  type HnswHeader,
  parseHeader,
  PERSISTENCE_VERSION,
} from "../../../hnsw/header.ts";
import { surveyLengths } from "../../../hnsw/lengths.ts";
import { type LinkSurvey, spreadUpperLevels, surveyLinks } from "../../../hnsw/links.ts";
import { spreadLevel0 } from "../../../hnsw/reachability.ts";
import { SlotBitmap } from "../../../hnsw/slot_bitmap.ts";
import { type SlotSurvey, surveySlots } from "../../../hnsw/slots.ts";
import type { CheckLevel } from "../../../model/report.ts";
import { findLayout } from "./find_layout.ts";
import { type IdMap, type IdVisitor, readIdMap } from "./id_map.ts";
import type { StoreFile } from "../../directory.ts";
import { SEGMENT_FILES } from "../layout.ts";
import {
  isCosine,
  type SegmentFileKey,
  type SegmentReading,
  type SegmentSubject,
  type SlotCount,
} from "./segment_reading.ts";

/** How a segment is read. */
export interface ReadSegmentOptions {
  /** `quick` reads the header alone. */
  level: CheckLevel;
  /** Is told how many bytes were read. */
  onRead: (sizeBytes: number) => void;
  /** Is told every id of the index. */
  onId: IdVisitor;
}

/** A segment's files in memory-flat form, and how much of them was read. */
export interface SegmentReadResult {
  readonly reading: SegmentReading;
  /** Bytes that were read and judged, by file. */
  readonly checkedBytes: Record<string, number>;
}

/**
 * Reads the files of a segment.
 *
 * @param subject What the catalogue says of it.
 * @param options The level, and who is told of progress.
 * @returns What was found; nothing has been judged.
 * @throws {OperationError} A file cannot be read.
 */
export function readSegment(
  subject: SegmentSubject,
  options: ReadSegmentOptions,
): SegmentReadResult {
  using reader = new SegmentReader(subject, options);
  return reader.read();
}

/** What header.bin says. */
interface HeaderPart {
  readonly header: HnswHeader | null;
  readonly headerGeometry: HnswGeometry | null;
  readonly geometry: HnswGeometry | null;
}

const NOT_READ = {
  links: null,
  linksAllZero: false,
  slots: null,
  lengths: null,
  unreachable: null,
  idMap: null,
};

class SegmentReader implements Disposable {
  readonly #subject: SegmentSubject;
  readonly #options: ReadSegmentOptions;
  readonly #files: Record<SegmentFileKey, StoreFile | null>;
  readonly #open = new Map<SegmentFileKey, BoundedFile>();
  readonly #checkedBytes: Record<string, number> = {};

  constructor(subject: SegmentSubject, options: ReadSegmentOptions) {
    this.#subject = subject;
    this.#options = options;
    const present = subject.directory?.files ?? {};
    this.#files = Object.fromEntries(
      Object.entries(SEGMENT_FILES).map(([key, name]) => [key, present[name] ?? null]),
    ) as Record<SegmentFileKey, StoreFile | null>;
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file.close();
  }

  read(): SegmentReadResult {
    const { header, headerGeometry, geometry } = this.#readHeader();
    // A header whose very first field is wrong was overwritten: nothing in it can be believed.
    const trusted = header?.persistenceVersion === PERSISTENCE_VERSION ? header : null;
    const base = {
      subject: this.#subject,
      files: this.#files,
      header,
      headerGeometry,
      geometry,
    };
    const reading: SegmentReading = this.#options.level === "quick"
      ? { ...base, ...NOT_READ, count: this.#declaredCount(trusted, geometry) }
      : { ...base, ...this.#readContents(trusted, geometry) };
    return { reading, checkedBytes: this.#checkedBytes };
  }

  #readHeader(): HeaderPart {
    const file = this.#file("header");
    if (file === null) return { header: null, headerGeometry: null, geometry: this.#layout() };
    const header = parseHeader(file.read(0, HEADER_SIZE_BYTES));
    this.#checked("header", file.sizeBytes);
    const headerGeometry = header?.persistenceVersion === PERSISTENCE_VERSION
      ? geometryOfHeader(header)
      : null;
    return { header, headerGeometry, geometry: headerGeometry ?? this.#layout() };
  }

  /** The layout of an index whose header cannot be believed. */
  #layout(): HnswGeometry | null {
    const data = this.#options.level === "quick" ? null : this.#file("data");
    return findLayout(this.#subject, data);
  }

  #declaredCount(header: HnswHeader | null, geometry: HnswGeometry | null): SlotCount | null {
    const declared = header === null ? null : toIndex(header.count);
    if (declared === null || geometry === null) return null;
    return { declared, effective: declared, evidence: "header" };
  }

  #readContents(
    header: HnswHeader | null,
    geometry: HnswGeometry | null,
  ): Omit<SegmentReading, "subject" | "files" | "header" | "headerGeometry" | "geometry"> {
    const idMap = this.#readIdMap();
    if (geometry === null) return { ...NOT_READ, count: null, idMap };
    const { count, links } = this.#readLinks(header, geometry);
    if (count === null) return { ...NOT_READ, count, links, idMap };
    const linksFile = this.#file("links");
    const linksAllZero = linksFile !== null && count.effective > 0 &&
      surveyBinFile(linksFile) === "all-zero";
    const { slots, unreachable } = this.#readSlots(header, geometry, count, links);
    const lengths = slots === null ? null : this.#readLengths(count, slots);
    return { count, links, linksAllZero, slots, lengths, unreachable, idMap };
  }

  #readLinks(
    header: HnswHeader | null,
    geometry: HnswGeometry,
  ): { count: SlotCount | null; links: LinkSurvey | null } {
    const file = this.#file("links");
    const declared = header === null ? null : toIndex(header.count);
    const dataSlots = this.#dataSlots(geometry);
    // Every record takes four bytes at least: no file bears out more slots than this.
    const most = Math.max(dataSlots, Math.floor((file?.sizeBytes ?? 0) / 4));
    const plausible = declared !== null && declared <= Math.min(most, 0xffff_ffff);
    if (file === null) {
      const effective = plausible ? declared : dataSlots;
      return { count: { declared, effective, evidence: "header" }, links: null };
    }
    this.#checked("links", file.sizeBytes);
    if (plausible) return this.#readLinksOf(file, geometry, declared, dataSlots);
    const links = surveyLinks(file, geometry, dataSlots);
    if (links.records === 0 || links.endOffset !== file.sizeBytes) {
      return { count: { declared, effective: dataSlots, evidence: "header" }, links };
    }
    // The Python era has room for more slots than are in use: every record is one in use.
    const count: SlotCount = { declared, effective: links.records, evidence: "links" };
    return { count, links: surveyLinks(file, geometry, links.records) };
  }

  /** Reads as many records as the header counts, or as many as the other files bear out. */
  #readLinksOf(
    file: BoundedFile,
    geometry: HnswGeometry,
    declared: number,
    dataSlots: number,
  ): { count: SlotCount; links: LinkSurvey } {
    const links = surveyLinks(file, geometry, declared);
    const low = links.beyondIsWhole && this.#areSlotsInUse(geometry, declared, links.recordsBeyond);
    const high = links.stop === "truncated" && links.endOffset === file.sizeBytes &&
      links.records > 0 && links.records === dataSlots;
    if (!low && !high) {
      return { count: { declared, effective: declared, evidence: "header" }, links };
    }
    const effective = low ? declared + links.recordsBeyond : links.records;
    const count: SlotCount = { declared, effective, evidence: "links" };
    return { count, links: surveyLinks(file, geometry, effective) };
  }

  /** Whether the first and the last of some slots behind the counted ones look like data. */
  #areSlotsInUse(geometry: HnswGeometry, start: number, slots: number): boolean {
    const file = this.#file("data");
    if (file === null || this.#dataSlots(geometry) < start + slots) return false;
    return [start, start + slots - 1].every((slot) => {
      const bytes = file.read(slot * geometry.slotSizeBytes, geometry.slotSizeBytes);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const links = view.getUint16(0, true);
      const label = view.getBigUint64(geometry.labelOffset, true);
      return links > 0 && links <= geometry.maxLinksLevel0 && label > 0n && toIndex(label) !== null;
    });
  }

  #readSlots(
    header: HnswHeader | null,
    geometry: HnswGeometry,
    count: SlotCount,
    links: LinkSurvey | null,
  ): { slots: SlotSurvey | null; unreachable: SegmentReading["unreachable"] } {
    const file = this.#file("data");
    if (file === null) return { slots: null, unreachable: null };
    const total = count.effective;
    const reached = new SlotBitmap(total);
    const expanded = new SlotBitmap(total);
    const canReach = header !== null && header.entryPoint < total && total > 0;
    if (canReach) {
      reached.add(header.entryPoint);
      const linksFile = this.#file("links");
      if (linksFile !== null && links !== null && links.highestLevel > 0) {
        spreadUpperLevels(linksFile, geometry, total, reached);
      }
    }
    const { onRead } = this.#options;
    const cosine = isCosine(this.#subject);
    const slots = surveySlots(file, { geometry, count: total, cosine, reached, expanded, onRead });
    this.#checked("data", slots.slots * geometry.slotSizeBytes);
    if (!canReach) return { slots, unreachable: null };
    spreadLevel0(file, geometry, slots.slots, { reached, expanded, linked: slots.linkedSlots });
    return { slots, unreachable: countUnreachable(slots, reached) };
  }

  #readLengths(count: SlotCount, slots: SlotSurvey): SegmentReading["lengths"] {
    const file = this.#file("lengths");
    if (file === null) return null;
    this.#checked("lengths", file.sizeBytes);
    if (!isCosine(this.#subject)) return null;
    return surveyLengths(file, count.effective, slots.deletedSlots, slots.zeroVectors);
  }

  #readIdMap(): IdMap | null {
    const file = this.#file("idMap");
    if (file === null) return null;
    this.#checked("idMap", file.sizeBytes);
    this.#options.onRead(file.sizeBytes);
    return readIdMap(file, this.#options.onId);
  }

  #dataSlots(geometry: HnswGeometry): number {
    return Math.floor((this.#files.data?.sizeBytes ?? 0) / geometry.slotSizeBytes);
  }

  #checked(key: SegmentFileKey, sizeBytes: number): void {
    const file = this.#files[key];
    if (file !== null) this.#checkedBytes[file.path] = sizeBytes;
  }

  #file(key: SegmentFileKey): BoundedFile | null {
    const stored = this.#files[key];
    if (stored === null) return null;
    let file = this.#open.get(key);
    if (file === undefined) {
      file = BoundedFile.open(join(this.#subject.storePath, stored.path));
      this.#open.set(key, file);
    }
    return file;
  }
}

/** How many slots out of reach are named; there are none of them in a whole index. */
const MOST_NAMED = 1000;

function countUnreachable(
  slots: SlotSurvey,
  reached: SlotBitmap,
): NonNullable<SegmentReading["unreachable"]> {
  let count = 0;
  const first: number[] = [];
  for (let slot = 0; slot < slots.slots; slot++) {
    if (reached.has(slot) || slots.deletedSlots.has(slot) || !slots.linkedSlots.has(slot)) continue;
    count++;
    if (first.length < MOST_NAMED) first.push(slot);
  }
  return { count, first };
}
