// Views of memory: which cell an entry reads, and how a copy lies.
import { productOf } from "./lists.mjs";

/** @typedef {number[]} Shape */
/** @typedef {{ shape: Shape, strides: number[], offset: number }} Layout of a view on its memory */
/** @typedef {Layout & { memory: number[], copy?: boolean }} View `copy`: its memory is new */

/** Copies of more entries are not shown. */
const KEPT = 256;

/**
 * The strides of a tensor that lies in memory in reading order.
 * @param {Shape} shape
 */
export function readingOrder(shape) {
  /** @type {number[]} */
  const strides = [];
  let step = 1;
  for (const size of [...shape].reverse()) {
    strides.unshift(step);
    step *= Math.max(size, 1);
  }
  return strides;
}

/** @param {Pick<Layout, "shape" | "strides">} view */
export function isContiguous({ shape, strides }) {
  if (productOf(shape) === 0) return true;
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] === 1) continue;
    if (strides[d] !== step) return false;
    step *= shape[d];
  }
  return true;
}

/**
 * Which cell of memory the entry reads.
 * @param {Layout} view
 * @param {number[]} index
 */
export const cellOf = ({ strides, offset }, index) =>
  index.reduce((cell, i, d) => cell + i * strides[d], offset);

/**
 * The index of an entry from its place in reading order.
 * @param {Shape} shape
 * @param {number} flat
 */
export function indexOf(shape, flat) {
  /** @type {number[]} */
  const index = [];
  let rest = flat;
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

/**
 * A copy in new memory, whose cells lie as `strides` say. `read(index)`: which index to copy.
 * @param {View} x
 * @param {number[]} strides
 * @param {(index: number[]) => number[]} [read]
 * @returns {View}
 */
export function copied(x, strides, read = (index) => index) {
  const many = productOf(x.shape);
  if (many > KEPT)
    throw new Error(`A copy of ${many} entries is too long to show here: ${KEPT} at most.`);
  const made = {
    shape: x.shape,
    strides,
    offset: 0,
    memory: new Array(many),
    copy: many > 0 || x.memory.length > 0,
  };
  for (let flat = 0; flat < many; flat++) {
    const index = indexOf(x.shape, flat);
    made.memory[cellOf(made, index)] = x.memory[cellOf(x, read(index))];
  }
  return made;
}

/**
 * Where all cells are used once, a copy keeps the strides; otherwise it keeps their order.
 * @param {Layout} view
 */
export function denseStrides({ shape, strides }) {
  const dims = [...shape.keys()];
  const small = (/** @type {number} */ d) => Number(shape[d] < 2);
  const byStride = [...dims].sort((a, b) => small(a) - small(b) || strides[a] - strides[b]);
  let step = 1;
  const dense = byStride.every((d) => {
    const fits = shape[d] < 2 || strides[d] === step;
    step *= shape[d];
    return fits;
  });
  if (dense || productOf(shape) === 0) return strides;
  const order = dims.reverse();
  /** @type {(a: number, b: number) => number} */
  const compare = (a, b) => {
    if (strides[a] === 0 || strides[b] === 0) return 0;
    return Math.sign(strides[a] - strides[b]) || (shape[a] > shape[b] ? 1 : 0);
  };
  for (let i = 1; i < order.length; i++) {
    for (let at = i, before = i - 1; before >= 0; before--) {
      const sign = compare(order[before], order[at]);
      if (sign < 0) break;
      if (sign > 0) {
        [order[before], order[at]] = [order[at], order[before]];
        at = before;
      }
    }
  }
  /** @type {number[]} */
  const made = [];
  step = 1;
  for (const d of order) {
    made[d] = step;
    step *= shape[d];
  }
  return made;
}
