// What torch does to shape, strides and offset, as it does it: its rules and its words.
import { lastOf, productOf } from "./lists.mjs";
import { copied, denseStrides, isContiguous, readingOrder } from "./strided.mjs";

/** @import { Layout, Shape, View } from "./strided.mjs" */
/** @typedef {[number | null, number | null, number]} Slice start, stop and step */
/** @typedef {number | Slice} Place in one dimension */
/**
 * An operation on a view.
 * @typedef {{ op: "index", index: Place[] } | { op: "contiguous" } | { op: "transpose" } |
 *   { op: "flip" } | { op: "expand" | "reshape" | "view", shape: Shape }} Step
 */
/**
 * What is known of a view after a program, or torch's error. `copies`: the steps that made one.
 * @typedef {Layout & { error?: undefined, contiguous: boolean, memory: number[],
 *   copies: number[] }} Known
 */

const MANY = 1_000_000;

/** @param {number[]} sizes */
const listed = (sizes) => `[${sizes.join(", ")}]`;

/**
 * The shape without a size of -1, as `many` entries tell it.
 * @param {Shape} shape
 * @param {number} many
 */
function inferred(shape, many) {
  /** @type {number | undefined} */
  let unknown;
  let known = 1;
  for (const [d, size] of shape.entries()) {
    if (size === -1) {
      if (unknown !== undefined)
        throw new Error("RuntimeError: only one dimension can be inferred");
      unknown = d;
    } else known *= size;
  }
  if (unknown === undefined ? known === many : known > 0 && many % known === 0) {
    return shape.map((size, d) => (d === unknown ? many / known : size));
  }
  if (unknown !== undefined && known === 0 && many === 0) {
    throw new Error(
      `RuntimeError: cannot reshape tensor of 0 elements into shape ${listed(shape)} because the ` +
        "unspecified dimension size -1 can be any value and is ambiguous",
    );
  }
  throw new Error(`RuntimeError: shape '${listed(shape)}' is invalid for input of size ${many}`);
}

/**
 * The strides with which the same cells have another shape; undefined where there are none.
 * @param {Layout} view
 * @param {Shape} target
 */
function viewStrides({ shape, strides }, target) {
  if (shape.length === 0) return target.map(() => 1);
  if (productOf(shape) === 0)
    return String(shape) === String(target) ? strides : readingOrder(target);
  /** @type {number[]} */
  const made = [];
  let place = target.length - 1;
  let [base, cells, entries] = [lastOf(strides), 1, 1];
  for (let d = shape.length - 1; d >= 0; d--) {
    cells *= shape[d];
    // A block ends where the next dimension does not step over exactly what lies behind it.
    if (d > 0 && (shape[d - 1] === 1 || strides[d - 1] === cells * base)) continue;
    while (place >= 0 && (entries < cells || target[place] === 1)) {
      made[place] = entries * base;
      entries *= target[place];
      place--;
    }
    if (entries !== cells) return undefined;
    [base, cells, entries] = [strides[d - 1], 1, 1];
  }
  return place === -1 ? made : undefined;
}

/**
 * @param {View} x
 * @param {Shape} target
 */
function expanded(x, target) {
  const own = x.shape.length;
  if (own === 0 && target.includes(0) && target.includes(-1))
    throw new Error("A single number has no size that -1 could keep.");
  if (own > target.length) {
    throw new Error(
      `RuntimeError: expand(torch.LongTensor{${listed(x.shape)}}, size=${listed(target)}): ` +
        `the number of sizes provided (${target.length}) ` +
        `must be greater or equal to the number of dimensions in the tensor (${own})`,
    );
  }
  /** @type {number[][]} */
  const [shape, strides] = [[], []];
  for (let i = target.length - 1; i >= 0; i--) {
    const d = own - (target.length - i);
    const size = d >= 0 ? x.shape[d] : 1;
    if (target[i] === -1 && d < 0) {
      throw new Error(
        own === 0
          ? "RuntimeError: numel: integer multiplication overflow"
          : "RuntimeError: The expanded size of the tensor (-1) isn't allowed in a leading, " +
              `non-existing dimension ${i}`,
      );
    }
    shape[i] = target[i] === -1 ? size : target[i];
    strides[i] =
      d >= 0 ? x.strides[d] : own === 0 ? 0 : (shape[i + 1] ?? 1) * (strides[i + 1] ?? 1);
    if (shape[i] === size) continue;
    if (size !== 1) {
      throw new Error(
        `RuntimeError: The expanded size of the tensor (${shape[i]}) must match ` +
          `the existing size (${size}) at non-singleton dimension ${i}.  ` +
          `Target sizes: ${listed(target)}.  Tensor sizes: ${listed(x.shape)}`,
      );
    }
    strides[i] = 0;
  }
  return { ...x, shape, strides };
}

/**
 * @param {View} x
 * @param {Place[]} places
 */
function indexed(x, places) {
  /** @type {View} */
  const made = { ...x, shape: [], strides: [] };
  if (places.length > x.shape.length) {
    // Python's x[1] of a single number has words of its own.
    if (x.shape.length === 0 && places.length === 1) {
      const [place] = places;
      if (Array.isArray(place) && place[2] >= 1)
        throw new Error("IndexError: slice() cannot be applied to a 0-dim tensor.");
      if (place === 0) {
        throw new Error(
          "IndexError: invalid index of a 0-dim tensor. Use `tensor.item()` in Python or " +
            "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number",
        );
      }
      if (typeof place === "number" && place > 0)
        throw new Error(`IndexError: index ${place} is out of bounds for dimension 0 with size 0`);
    } else
      throw new Error(`IndexError: too many indices for tensor of dimension ${x.shape.length}`);
  }
  places.forEach((place, d) => {
    if (!Array.isArray(place)) {
      if (place >= x.shape[d])
        throw new Error(
          `IndexError: index ${place} is out of bounds for dimension ${d} with size ${x.shape[d]}`,
        );
      made.offset += place * x.strides[d];
      return;
    }
    if (place[2] < 1) throw new Error("ValueError: step must be greater than zero");
    const start = Math.min(place[0] ?? 0, x.shape[d]);
    const stop = Math.max(start, Math.min(place[1] ?? x.shape[d], x.shape[d]));
    made.offset += start * x.strides[d];
    made.shape.push(Math.ceil((stop - start) / place[2]));
    made.strides.push(x.strides[d] * place[2]);
  });
  made.shape.push(...x.shape.slice(places.length));
  made.strides.push(...x.strides.slice(places.length));
  return made;
}

/**
 * One operation on a view; its errors are torch's.
 * @param {View} before
 * @param {Step} step
 * @returns {View}
 */
export function applied(before, step) {
  const x = { ...before, copy: false };
  if (step.op === "index") return indexed(x, step.index);
  if (step.op === "contiguous") return isContiguous(x) ? x : copied(x, readingOrder(x.shape));
  if (step.op === "transpose") {
    if (x.shape.length < 2)
      throw new Error(
        "IndexError: Dimension out of range (expected to be in range of [-1, 0], but got 1)",
      );
    /** @param {number[]} sizes */
    const swapped = ([first, second, ...rest]) => [second, first, ...rest];
    return { ...x, shape: swapped(x.shape), strides: swapped(x.strides) };
  }
  if (step.op === "flip") {
    return copied(x, denseStrides(x), ([first, ...rest]) =>
      x.shape.length ? [x.shape[0] - 1 - first, ...rest] : [],
    );
  }
  if (step.op === "expand") return expanded(x, step.shape);
  const shape = inferred(step.shape, productOf(x.shape));
  const strides = viewStrides(x, shape);
  if (strides) return { ...x, shape, strides };
  if (step.op === "reshape")
    return { ...copied(x, readingOrder(x.shape)), shape, strides: readingOrder(shape) };
  throw new Error(
    "RuntimeError: view size is not compatible with input tensor's size and stride (at least " +
      "one dimension spans across two contiguous subspaces). Use .reshape(...) instead.",
  );
}

/**
 * A program on a new tensor: what is known of its last view, or torch's error.
 * @param {Shape} shape
 * @param {Step[]} steps
 * @returns {Known | { error: string }}
 */
export function followed(shape, steps) {
  /** @type {View} */
  let x = {
    shape,
    strides: readingOrder(shape),
    offset: 0,
    memory: [...Array(productOf(shape)).keys()],
  };
  /** @type {number[]} */
  const copies = [];
  for (const [number, step] of steps.entries()) {
    try {
      x = applied(x, step);
    } catch (error) {
      if (!(error instanceof Error) || !/^\w+Error: /.test(error.message)) throw error;
      return { error: error.message };
    }
    if (productOf(x.shape) > MANY)
      throw new Error("That view has more than a million entries: too many for here.");
    if (x.copy) copies.push(number);
  }
  const { strides, offset, memory } = x;
  return { shape: x.shape, strides, offset, contiguous: isContiguous(x), memory, copies };
}
