// Where the bytes of a GPT go: the formulas of memory_sizes.py, which a test compares with these.

/**
 * As in livetorch.models.gpt.GPTSettings; of its fields those that decide on memory.
 * @typedef {{ vocabulary_size: number, context_length: number, num_layers: number,
 *   num_heads: number, num_key_heads: number, width: number, hidden_features: number,
 *   activation: string, norm: string, positions: string, normalize: boolean, bias: boolean,
 *   tied: boolean }} Settings
 */
/**
 * As livetorch.memory_sizes.MemoryUse.
 * @typedef {{ training: boolean, batch_size: number, num_tokens: number, precision: string,
 *   optimizer: string, checkpointing: boolean, attention: string, num_processes: number,
 *   sharding: number }} Use
 */
/** @typedef {"parameters" | "gradients" | "optimizer" | "activations" | "cache"} Part */
/**
 * Bytes of each part, the number of parameters, and what is kept of a token in a block and outside.
 * @typedef {Record<Part, number> & { count: number, block: number, ends: number }} Sizes
 */

/** @type {Record<string, number | undefined>} */
export const PARAMETER = { float32: 4, bfloat16: 2 };
/** @type {Record<string, number>} */
export const COMPUTED = { float32: 4, bfloat16: 2, int8: 2, int4: 2 };
/** @type {Record<string, number>} */
const STATE = { sgd: 0, momentum: 4, adam: 8 };
/** @type {Record<string, number>} */
const COPY = { float32: 0, bfloat16: 4 };
/** @type {Record<string, number>} */
const KEPT_BY_NETWORK = { relu: 1, "relu^2": 2, gelu: 2, "gelu tanh": 2, swiglu: 4 };
const GROUP = 32;
const SCALE = 2;

/** @param {Settings} settings */
export const keyFeatures = (settings) =>
  (settings.width / settings.num_heads) * settings.num_key_heads;

/** @param {Settings} settings */
const gates = (settings) => (settings.activation === "swiglu" ? 2 : 1);

/**
 * The matrices: how many, rows, columns.
 * @param {Settings} s
 */
function weightShapes(s) {
  const [layers, width, hidden] = [s.num_layers, s.width, s.hidden_features];
  return [
    [s.tied ? 1 : 2, s.vocabulary_size, width],
    [s.positions === "learned" ? 1 : 0, s.context_length, width],
    [2 * layers, width, width],
    [2 * layers, keyFeatures(s), width],
    [gates(s) * layers, hidden, width],
    [layers, width, hidden],
  ];
}

/** @param {Settings} s */
function vectorCount(s) {
  const bias = s.bias ? 1 : 0;
  let norms = (2 * s.num_layers + 1) * s.width;
  if (s.norm === "layer") norms *= 1 + bias;
  const added = 3 * s.width + 2 * keyFeatures(s) + gates(s) * s.hidden_features;
  return norms + bias * s.num_layers * added;
}

/** @param {Settings} settings */
const parameterCount = (settings) =>
  weightShapes(settings).reduce((sum, [many, rows, columns]) => sum + many * rows * columns, 0) +
  vectorCount(settings);

/**
 * @param {Settings} settings
 * @param {string} precision
 */
function storedBytes(settings, precision) {
  const plain = PARAMETER[precision];
  if (plain) return parameterCount(settings) * plain;
  let size = 2 * vectorCount(settings);
  for (const [many, rows, columns] of weightShapes(settings)) {
    const row =
      precision === "int8"
        ? columns + SCALE
        : Math.ceil(columns / 2) + SCALE * Math.ceil(columns / GROUP);
    size += many * rows * row;
  }
  return size;
}

/**
 * @param {Settings} settings
 * @param {number} size
 */
const normBytes = ({ norm, width }, size) =>
  norm === "layer" ? size * (2 * width + 2) : 4 * (2 * width + 1) + size * width;

/**
 * @param {Settings} s
 * @param {Use} use
 */
function blockBytes(s, use) {
  const [size, keys] = [COMPUTED[use.precision], keyFeatures(s)];
  let kept = 2 * normBytes(s, size);
  if (s.normalize) kept += 4 * (s.width + keys + s.num_heads + s.num_key_heads);
  if (use.attention === "table") {
    kept += 4 * (3 * s.width + s.num_heads * use.num_tokens) + size * s.width;
  } else {
    const copied = s.normalize || s.positions === "rotary" ? s.width : 0;
    kept += size * (2 * s.width + 2 * keys + copied) + 4 * s.num_heads;
  }
  return kept + size * KEPT_BY_NETWORK[s.activation] * s.hidden_features;
}

/**
 * @param {Settings} s
 * @param {Use} use
 */
function endBytes(s, use) {
  const size = COMPUTED[use.precision];
  return 8 + normBytes(s, size) + size * s.vocabulary_size;
}

/**
 * @param {Settings} s
 * @param {Use} use
 */
function activationBytes(s, use) {
  const block = blockBytes(s, use);
  const blocks = use.checkpointing
    ? s.num_layers * COMPUTED[use.precision] * s.width + block
    : s.num_layers * block;
  return use.batch_size * use.num_tokens * (blocks + endBytes(s, use));
}

/**
 * @param {Settings} s
 * @param {Use} use
 */
const cacheBytes = (s, use) =>
  use.batch_size * use.num_tokens * (2 * s.num_layers * keyFeatures(s) * COMPUTED[use.precision]);

/**
 * @param {Settings} s
 * @param {Use} use
 */
function writingBytes(s, use) {
  let numbers = 2 * s.width + (gates(s) + 1) * s.hidden_features + s.vocabulary_size;
  if (use.attention === "table") numbers += 2 * s.num_heads * use.num_tokens;
  return use.batch_size * COMPUTED[use.precision] * numbers;
}

/**
 * @param {Settings} s
 * @param {Use} use
 * @param {number} largest
 */
function refuse(s, use, largest) {
  const sizes = [
    ...[s.vocabulary_size, s.context_length, s.num_layers, s.width, s.hidden_features, s.num_heads],
    ...[s.num_key_heads, use.batch_size, use.num_tokens, use.num_processes],
  ];
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= largest))
    throw new Error(`Sizes are whole numbers from 1 to ${largest.toLocaleString("en")}.`);
  if (s.width % s.num_heads)
    throw new Error(`${s.num_heads} heads do not divide a width of ${s.width}.`);
  if (s.num_heads % s.num_key_heads)
    throw new Error(`${s.num_key_heads} heads of keys do not divide ${s.num_heads} of queries.`);
  if (use.num_tokens > s.context_length)
    throw new Error(`${use.num_tokens} tokens are more than the context of ${s.context_length}.`);
  if (use.training && !(use.precision in PARAMETER))
    throw new Error(`Weights in ${use.precision} are not trained: they are rounded too much.`);
}

/**
 * The bytes on each process.
 * @param {Settings} settings
 * @param {Use} use
 * @param {number} largest of all sizes
 * @returns {Sizes}
 */
export function memorySizes(settings, use, largest) {
  refuse(settings, use, largest);
  const { training, precision, sharding, num_processes: processes } = use;
  const count = parameterCount(settings);
  /** @type {(size: number, stage: number) => number} */
  const shared = (size, stage) => (sharding >= stage ? Math.ceil(size / processes) : size);
  const state = STATE[use.optimizer] + COPY[precision];
  return {
    parameters: shared(storedBytes(settings, precision), 3),
    gradients: training ? shared(storedBytes(settings, precision), 2) : 0,
    optimizer: training ? shared(count * state, 1) : 0,
    activations: training ? activationBytes(settings, use) : writingBytes(settings, use),
    cache: training ? 0 : cacheBytes(settings, use),
    count,
    block: blockBytes(settings, use),
    ends: endBytes(settings, use),
  };
}
