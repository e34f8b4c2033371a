/**
 * What has to follow from each damage to a Chroma store: measured on stores of every era, with the
 * damage done to collections of each space.
 *
 * @module
 */

import type { Severity } from "../../../model/codes.ts";
import type { FindingName } from "../../../model/finding_names.ts";
import type { DamageExpectation } from "../damage.ts";

const UNUSED_SLOTS = "only slots that are not in use may have been hit";
const UNUSED_LENGTHS = "lengths are used only where vectors are normalised, and of live slots";
const FLIPPED_VECTORS = "every bit pattern is a vector, so only a seal shows a bit that has " +
  "flipped in one";
const LOST_PAGES = "of a record or a collection that stood on lost pages alone, nothing tells " +
  "that it was there";
const UNASKED_PROTOCOL = "engines from 1.0 on read the pickle whatever protocol it names";
const UNASKED_TYPE = "engines from 1.0 on do without _type";

/** What has to follow from each damage, by its name. */
const EXPECTATIONS: Readonly<Record<string, DamageExpectation>> = {
  header_empty: found("fatal", "header-truncated"),
  header_missing: found("error", "segment-file-missing"),
  header_half: found("fatal", "header-truncated"),
  header_zeros: found("error", "header-version"),
  header_random: found("error", "header-version"),
  data_level0_empty: found("fatal", "data-truncated"),
  data_level0_missing: found("error", "segment-file-missing"),
  data_level0_half: mayHide(
    UNUSED_SLOTS,
    found("warning", "data-truncated", "data-size-unusual"),
  ),
  data_level0_zeros: found("error", "slot-zeroed"),
  data_level0_random: found("fatal", "slot-neighbour-count", "slot-neighbour-range"),
  length_empty: found("warning", "lengths-short", "lengths-truncated"),
  length_missing: found("error", "segment-file-missing"),
  length_half: mayHide(UNUSED_LENGTHS, found("warning", "lengths-short", "lengths-truncated")),
  length_zeros: mayHide(UNUSED_LENGTHS, found("error", "lengths-invalid")),
  length_random: mayHide(UNUSED_LENGTHS, found("error", "lengths-invalid")),
  link_lists_empty: found("fatal", "links-truncated"),
  link_lists_missing: found("error", "segment-file-missing"),
  link_lists_half: found("fatal", "links-truncated"),
  link_lists_zeros: found("fatal", "links-zeroed"),
  link_lists_random: found("fatal", "links-record-torn", "links-truncated"),
  index_metadata_empty: found("error", "id-map-truncated"),
  index_metadata_missing: found("error", "id-map-missing"),
  index_metadata_half: found("error", "id-map-truncated"),
  index_metadata_zeros: found("error", "id-map-undecodable"),
  index_metadata_random: found("error", "id-map-undecodable", "id-map-truncated"),

  header_version: found("error", "header-version"),
  header_max_huge: found("error", "header-capacity-implausible"),
  header_cur_over_max: found("fatal", "header-count-high"),
  header_cur_less: found("fatal", "header-count-low"),
  header_enterpoint: found("fatal", "header-entry-point"),
  header_maxlevel: found("fatal", "header-max-level"),
  header_record_size: found("fatal", "header-geometry"),
  header_label_offset: found("fatal", "header-geometry"),
  header_M: found("fatal", "header-geometry"),

  data_one_record_short: mayHide(
    UNUSED_SLOTS,
    found("warning", "data-truncated", "data-size-unusual"),
  ),
  data_tail_garbage: found("warning", "data-size-unusual"),
  neighbour_out_of_range: found("fatal", "slot-neighbour-range"),
  neighbour_self: found("warning", "slot-neighbour-self"),
  neighbour_count_huge: found("fatal", "slot-neighbour-count"),
  neighbours_all_zero: found("error", "slot-zeroed", "slot-links-empty"),
  label_duplicate: found("error", "slot-label-duplicate"),
  vectors_nan: found("error", "vector-not-finite"),
  vectors_zeroed_tail: found("error", "slot-zeroed"),
  page_of_zeros_in_data: found("error", "slot-zeroed", "slot-links-empty"),
  links_size_huge: found("fatal", "links-record-torn"),
  links_last_cut: found("fatal", "links-truncated"),
  links_neighbour_out_of_range: found("fatal", "links-neighbour-range"),

  pickle_code_execution: found("error", "id-map-foreign-object"),
  unreadable_pickle_protocol: mayHide(UNASKED_PROTOCOL, found("error", "id-map-protocol")),
  pickle_labels_lost: found("error", "id-map-inconsistent"),

  // Where the queue was never purged, it holds every vector: the engine builds the index anew.
  segment_missing: found("info", "segment-missing", "index-lagging"),
  segment_renamed: found("info", "segment-missing", "moved-aside-segment"),
  segment_is_a_file: found("error", "segment-not-a-directory"),
  orphan_directory: found("info", "orphan-segment-directory"),
  bit_flips_1: mayHide(FLIPPED_VECTORS, found("warning")),
  bit_flips_4: mayHide(FLIPPED_VECTORS, found("warning")),
  bit_flips_32: mayHide(FLIPPED_VECTORS, found("warning")),

  sqlite_empty: notCurable(found("error", "catalogue-empty")),
  sqlite_missing: notCurable(found("error", "catalogue-missing")),
  sqlite_half: losesPages(found("error", "sqlite-truncated", "sqlite-malformed")),
  sqlite_magic: found("error", "sqlite-not-a-database"),
  sqlite_pages_random: losesPages(found("error", "sqlite-malformed", "fulltext-malformed")),
  sqlite_page_zero_mid: losesPages(found("error", "sqlite-malformed", "fulltext-malformed")),
  hot_wal_garbage: found("warning", "sqlite-stray-wal"),

  fts_rows_lost: found("error", "fulltext-malformed"),
  fts_content_lost: found("error", "fulltext-rows-missing", "fulltext-malformed"),
  config_without_type: mayHide(UNASKED_TYPE, found("error", "configuration-without-type")),
  config_not_json: found("error", "configuration-not-json"),
  metadata_rows_lost: found("error", "document-missing"),
  records_lost: found("error", "record-row-missing", "vectors-ghost"),
  segment_rows_lost: found("error", "segment-row-missing"),
  segment_metadata_rows_lost: found("error", "segment-row-missing"),
  tenant_lost: found("error", "tenant-missing"),
  migration_changed: found("error", "migration-changed"),
  migration_lost: found("error", "migration-missing"),
  foreign_dimension: found("fatal", "dimension-mismatch"),
  collection_dimension_null: found("error", "dimension-missing"),
  collection_name_null: found("error", "collection-name-invalid"),

  max_seq_poisoned: found("error", "watermark-poisoned"),
  max_seq_blob: found("error", "watermark-blob"),
  max_seq_lost: found("error", "watermark-missing"),
};

/**
 * Gives what has to follow from a damage.
 *
 * @param name The name of the damage.
 * @returns What has to follow.
 * @throws {RangeError} Nothing is known of it.
 */
export function expectationOf(name: string): DamageExpectation {
  const expectation = EXPECTATIONS[name];
  if (expectation !== undefined) return expectation;
  throw new RangeError(`Nothing is known of what follows from ${name}`);
}

function found(severity: Severity, ...findings: FindingName[]): DamageExpectation {
  return { severity, findings, hidden: null, curable: true };
}

function mayHide(hidden: string, expectation: DamageExpectation): DamageExpectation {
  return { ...expectation, hidden };
}

function losesPages(expectation: DamageExpectation): DamageExpectation {
  return { ...expectation, traceless: LOST_PAGES };
}

/** Names, documents and metadata stand in the database alone: without it nothing tells them. */
function notCurable(expectation: DamageExpectation): DamageExpectation {
  return { ...expectation, curable: false };
}
