// Bytes in words: sizes, how each part is computed, and what a device says to the sum.
import { COMPUTED, keyFeatures, PARAMETER } from "./memory_sizes.mjs";

/** @import { Part, Settings, Sizes, Use } from "./memory_sizes.mjs" */

/** @type {Part[]} */
export const PARTS = ["parameters", "gradients", "optimizer", "activations", "cache"];
/** @type {Record<Part, string>} */
export const NAMES = {
  parameters: "parameters",
  gradients: "gradients",
  optimizer: "optimizer state",
  activations: "activations",
  cache: "keys and values",
};
const UNITS = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];

/**
 * Three digits, and no zeros behind the point that say nothing.
 * @param {number} value
 */
const digits = (value) => String(Number(value.toPrecision(3)));

/**
 * A size with three digits; a GB has 10^9 bytes.
 * @param {number} size
 */
export function bytes(size) {
  let power = 0;
  let value = size;
  while (Number(value.toPrecision(3)) >= 1000 && power < UNITS.length - 1) {
    value /= 1000;
    power += 1;
  }
  return `${digits(value)} ${UNITS[power]}`;
}

/**
 * How many parameters.
 * @param {number} count
 */
export function many(count) {
  const rounded = Number(count.toPrecision(3));
  if (rounded >= 1e12) return `${digits(count / 1e12)} trillion`;
  if (rounded >= 1e9) return `${digits(count / 1e9)} billion`;
  if (rounded >= 1e6) return `${digits(count / 1e6)} million`;
  return count.toLocaleString("en");
}

/** @param {number} count */
const plain = (count) => count.toLocaleString("en");

/**
 * Each part's formula with its numbers; empty where there is nothing to keep.
 * @param {Settings} s
 * @param {Use} use
 * @param {Sizes} sizes
 * @returns {Record<Part, string>}
 */
export function formulas(s, use, sizes) {
  const count = many(sizes.count);
  const size = COMPUTED[use.precision];
  /** @param {number} stage */
  const shared = (stage) => (use.sharding >= stage ? ` ÷ ${use.num_processes}` : "");
  const each = PARAMETER[use.precision];
  const weight = each
    ? `${count} × ${each} bytes`
    : `${count} × ${use.precision === "int8" ? "1 byte, a scale a row" : "½ byte, a scale for 32"}`;
  const tokens = `${plain(use.batch_size)} × ${plain(use.num_tokens)} tokens`;
  if (!use.training) {
    const layers = `2 × ${s.num_layers} layers × ${tokens}`;
    return {
      parameters: weight + shared(3),
      gradients: "",
      optimizer: "",
      activations: `one new token of each text (${plain(use.batch_size)}), at most`,
      cache: `${layers} × ${plain(keyFeatures(s))} numbers × ${size} bytes`,
    };
  }
  /** @type {Record<string, string[]>} */
  const averages = { sgd: [], momentum: ["4"], adam: ["4", "4"] };
  const kept = [...averages[use.optimizer], ...(use.precision === "bfloat16" ? ["4"] : [])];
  const states = kept.length > 1 ? `(${kept.join(" + ")})` : kept[0];
  const layers = use.checkpointing
    ? `${s.num_layers} layers × ${bytes(size * s.width)} + one block's ${bytes(sizes.block)}`
    : `${s.num_layers} layers × ${bytes(sizes.block)}`;
  return {
    parameters: weight + shared(3),
    gradients: weight + shared(2),
    optimizer: kept.length ? `${count} × ${states} bytes${shared(1)}` : "",
    activations: `${tokens} × (${layers} + ${bytes(sizes.ends)})`,
    cache: "",
  };
}

/** @param {Sizes} sizes */
export const totalOf = (sizes) => PARTS.reduce((sum, part) => sum + sizes[part], 0);

/**
 * Whether it fits, and what takes most.
 * @param {Sizes} sizes
 * @param {number} device gigabytes
 * @param {number} processes among which something is divided, or 1
 */
export function verdict(sizes, device, processes) {
  const total = totalOf(sizes);
  const largest = PARTS.reduce((top, part) => (sizes[part] > sizes[top] ? part : top));
  const share = Math.round((100 * sizes[largest]) / total);
  const where = processes > 1 ? " on each process" : "";
  const most = `Most of it, ${share} %: ${NAMES[largest]}.`;
  if (total <= device * 1e9)
    return `${bytes(total)}${where}: it fits into a device of ${device} GB, the line. ${most}`;
  return `${bytes(total)}${where}: too much for a device of ${device} GB, the line. ${most}`;
}
