// Operations on a view as Python code, and sizes that a reader types.

/** @import { Place, Slice, Step } from "./stride_rules.mjs" */

/** @type {Slice} */
const ALL = [null, null, 1];

/** @param {number[]} sizes */
export const tuple = (sizes) => `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;

/** @param {Place} at */
const placeCode = (at) => {
  if (!Array.isArray(at)) return String(at);
  const [start, stop, step] = at.map((number) => number ?? "");
  return `${start}:${stop}${step === 1 ? "" : `:${step}`}`;
};
/**
 * An operation as one would write it behind a tensor's name.
 * @param {Step} step
 * @param {number} ndim of that tensor
 */
export function code(step, ndim) {
  const { op } = step;
  if (op === "index") return `[${step.index.map(placeCode).join(", ")}]`;
  if (op === "transpose") return ndim === 2 ? ".T" : ".transpose(0, 1)";
  if (op === "flip") return ".flip(0)";
  if (op === "contiguous") return ".contiguous()";
  return `.${op}(${step.shape.length ? step.shape.join(", ") : "()"})`;
}

/** @type {Place[][]} */
const PLACES = [
  [1],
  [ALL, 1],
  [[1, null, 1]],
  [ALL, [1, null, 1]],
  [[0, 1, 1]],
  [ALL, [0, 1, 1]],
  [[null, null, 2]],
  [ALL, [null, null, 2]],
  [[null, null, -1]],
];
/**
 * Every operation that a button has, for a view of a shape.
 * @param {number[]} shape
 * @returns {Step[]}
 */
export function operations(shape) {
  // Where no size is 1, torch's refusal says why one is needed.
  const stretched = shape.includes(1)
    ? shape.map((size) => (size === 1 ? 3 : size))
    : [2 * (shape[0] ?? 1), ...shape.slice(1)];
  /** @type {(index: Place[]) => Step} */
  const indexing = (index) => ({ op: "index", index });
  return [
    ...PLACES.map(indexing),
    { op: "transpose" },
    { op: "expand", shape: stretched },
    { op: "flip" },
    { op: "contiguous" },
  ];
}

/**
 * "2, 6" as sizes; undefined where they are none, or too large to show.
 * @param {string} text
 */
export function typedSizes(text) {
  const parts = text
    .replace(/[()[\]]/g, " ")
    .split(/[\s,]+/)
    .filter(Boolean);
  return parts.length <= 5 && parts.every((part) => /^(-1|\d{1,3})$/.test(part))
    ? parts.map(Number)
    : undefined;
}
