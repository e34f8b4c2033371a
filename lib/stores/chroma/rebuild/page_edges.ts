/**
 * Where rows are missing of the metadata of records. Rows are numbered in their order, and those of one
 * record stand side by side: where the numbers break off at the end of a page, the records on both
 * sides of the gap may have had more.
 *
 * @module
 */

import type { SalvagedRow } from "../../../sqlite/pages/salvage_rows.ts";

/** A row at the edge of a page. */
interface Edge {
  readonly rowId: number;
  /** The first value: the record that it belongs to. */
  readonly owner: number;
}

/** Where the rows of a table stop, page by page, and go on behind a gap. */
export class PageEdges {
  readonly #pages = new Map<number, { readonly first: Edge; last: Edge }>();

  /** Takes a row; rows come page by page, in their order. */
  add({ pageNumber, rowId, values }: SalvagedRow): void {
    const edge = { rowId, owner: Number(values[0]) };
    const page = this.#pages.get(pageNumber);
    if (page === undefined) this.#pages.set(pageNumber, { first: edge, last: edge });
    else page.last = edge;
  }

  /** The records on both sides of every gap, and at both ends. */
  list(): number[] {
    const pages = [...this.#pages.values()].sort((one, other) =>
      one.first.rowId - other.first.rowId
    );
    const owners = new Set<number>();
    let last: Edge | null = null;
    for (const page of pages) {
      if (last === null || page.first.rowId - last.rowId !== 1) {
        if (last !== null) owners.add(last.owner);
        owners.add(page.first.owner);
      }
      last = page.last;
    }
    if (last !== null) owners.add(last.owner);
    return [...owners];
  }
}
