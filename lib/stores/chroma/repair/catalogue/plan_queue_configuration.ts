/**
 * The configuration of the queue, which says whether it is purged.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import { type PlannedEdit, type PlanningContext, statement } from "./catalogue_edit.ts";

const QUEUE_TYPE = "EmbeddingsQueueConfigurationInternal";

/**
 * Plans the configuration of the queue.
 *
 * @param _finding The finding `queue-configuration-invalid`.
 * @param context What is known.
 * @returns What is left of it says, or what every engine sets by itself: that it is purged.
 */
export function planQueueConfiguration(
  _finding: Finding,
  { catalogue, engine }: PlanningContext,
): PlannedEdit {
  const left = catalogue.queueConfigurations[0]?.text ?? "";
  const isPurged = !/"automatically_purge"\s*:\s*false/.test(left);
  const configuration = { automatically_purge: isPurged, _type: QUEUE_TYPE };
  // Each era has its own way of putting blanks, and a store that was not touched has them so.
  const text = engine.era === "rust"
    ? JSON.stringify(configuration)
    : `{"automatically_purge": ${isPurged}, "_type": "${QUEUE_TYPE}"}`;
  return {
    statements: [statement(
      "UPDATE embeddings_queue_config SET config_json_str = ? " +
        "WHERE rowid = (SELECT rowid FROM embeddings_queue_config LIMIT 1)",
      text,
    )],
    sentence: isPurged
      ? "Write the configuration of the queue again: it is purged of what both halves have"
      : "Write the configuration of the queue again: it is not purged, as what is left of it says",
    losses: [],
  };
}
