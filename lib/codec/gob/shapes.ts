/**
 * What a caller wants out of a gob.
 *
 * A shape says what Go's program would decode into: a struct with these fields, a map from text to
 * such structs. Fields are matched by name, as Go does it; what the gob has besides is passed over,
 * and what it lacks is undefined.
 *
 * @module
 */

/** Go's `string`. */
export interface GobTextShape {
  /** What kind of shape it is. */
  readonly kind: "text";
}

/** Go's `[]float32`. */
export interface GobFloat32sShape {
  /** What kind of shape it is. */
  readonly kind: "float32s";
}

/** Go's `map[string]…` of texts, or of pointers to structs. */
export interface GobMapShape<Element extends GobShape = GobShape> {
  /** What kind of shape it is. */
  readonly kind: "map";
  /** What the values are. */
  readonly element: Element;
  /** Whether the entries are handed out one by one rather than kept. */
  readonly isStreamed: boolean;
}

/** A struct of Go. */
export interface GobStructShape<Fields extends GobFields = GobFields> {
  /** What kind of shape it is. */
  readonly kind: "struct";
  /** What its fields are. */
  readonly fields: Fields;
  /** The name of the type; empty for one that has none. The decoder does not look at it. */
  readonly name: string;
  /** The package of the type; empty where it is not needed. */
  readonly packageName: string;
  /** The value before its fields are decoded. */
  readonly empty: Readonly<Record<string, undefined>>;
}

/** The fields of a struct, in the order that Go declares them. */
export interface GobFields {
  /** A field, by its name in Go. */
  readonly [name: string]: GobShape;
}

/** What is wanted. */
export type GobShape = GobTextShape | GobFloat32sShape | GobMapShape | GobStructShape;

/** What a shape's value is in JavaScript. */
export type GobValue<Shape extends GobShape> = Shape extends GobTextShape ? string
  : Shape extends GobFloat32sShape ? Float32Array<ArrayBuffer>
  : Shape extends GobMapShape<infer Element> ? ReadonlyMap<string, GobValue<Element>>
  : Shape extends GobStructShape<infer Fields>
    ? { readonly [Name in keyof Fields]: GobValue<Fields[Name]> | undefined }
  : never;

/** Go's `string`. */
export const text: GobTextShape = { kind: "text" };

/** Go's `[]float32`. */
export const float32s: GobFloat32sShape = { kind: "float32s" };

/** Go's `map[string]string`. */
export const textMap: GobMapShape<GobTextShape> = mapShape(text);

/**
 * Go's `map[string]…` that is kept.
 *
 * @param element What the values are.
 * @returns The shape.
 */
export function mapShape<Element extends GobShape>(element: Element): GobMapShape<Element> {
  return { kind: "map", element, isStreamed: false };
}

/**
 * Go's `map[string]…` whose entries are handed out one by one, so that it may have any size.
 *
 * It may stand in structs and in other streamed maps. `decodeGob` passes over its entries.
 *
 * @param element What the values are.
 * @returns The shape.
 */
export function streamedMap<Element extends GobShape>(element: Element): GobMapShape<Element> {
  return { kind: "map", element, isStreamed: true };
}

/**
 * A struct.
 *
 * @param fields The fields that are wanted, in the order that Go declares them.
 * @param name The name of the type with its package, as in `chromem.Document`; needed to encode.
 * @returns The shape.
 */
export function structShape<const Fields extends GobFields>(
  fields: Fields,
  name = "",
): GobStructShape<Fields> {
  const dot = name.lastIndexOf(".");
  return {
    kind: "struct",
    fields,
    name: name.slice(dot + 1),
    packageName: name.slice(0, Math.max(dot, 0)),
    empty: Object.fromEntries(Object.keys(fields).map((field) => [field, undefined])),
  };
}
