// Sound at one rate becomes sound at another: livetorch.signals.resample, block by block.

/** The zeros of the sinc on each side: the more, the sharper the edge. */
const CROSSINGS = 24;

/**
 * How many old samples on each side a new one is made of, and where the filter's edge is, in
 * cycles per old sample, twice: a little below the limit of the lower rate.
 * @param {number} from
 * @param {number} to
 */
function filterOf(from, to) {
  const cutoff = 0.95 * Math.min(1, to / from);
  return { cutoff, reach: Math.ceil(CROSSINGS / cutoff) };
}

/**
 * The weights of old samples around a moment that lies `part` behind one of them.
 * @param {number} part
 * @param {{ cutoff: number, reach: number }} filter
 */
function sincWeights(part, { cutoff, reach }) {
  const weights = Float64Array.from({ length: 2 * reach + 2 }, (_, k) => {
    const distance = k - reach - part;
    const window = Math.cos((Math.PI / 2) * Math.min(1, Math.abs(distance) / (reach + 1))) ** 2;
    const angle = Math.PI * cutoff * distance;
    return (angle === 0 ? 1 : Math.sin(angle) / angle) * window;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * One sound behind another.
 * @param {Float32Array} first
 * @param {Float32Array} second
 */
export function joinedSounds(first, second) {
  const whole = new Float32Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

/**
 * What takes blocks of sound at a rate, and gives for each what can be said of the other rate.
 *
 * Each new sample is a mean of the old ones around its moment, weighted by a sinc under a window:
 * what is faster than half the lower rate is left out, which would come back as other tones.
 * @param {number} from whole samples a second
 * @param {number} to
 * @returns {(block: Float32Array) => Float32Array}
 */
export function resampler(from, to) {
  if (from === to) return (block) => block;
  const filter = filterOf(from, to);
  const { reach } = filter;
  /** @type {Map<number, Float64Array>} */
  const kernels = new Map();
  let held = new Float32Array(reach);
  let start = -reach; // which sample of the whole sound held[0] is
  let next = 0; // which new sample comes
  return (block) => {
    held = joinedSounds(held, block);
    const made = [];
    for (; ; next += 1) {
      const whole = Math.floor((next * from) / to);
      const first = whole - reach - start;
      if (first + 2 * reach + 2 > held.length) break;
      const step = (next * from) % to;
      const weights = kernels.get(step) ?? sincWeights(step / to, filter);
      kernels.set(step, weights);
      let sum = 0;
      for (const [k, weight] of weights.entries()) sum += weight * held[first + k];
      made.push(sum);
    }
    const used = Math.floor((next * from) / to) - reach - start;
    held = held.slice(used);
    start += used;
    return Float32Array.from(made);
  };
}

/**
 * A whole sound at another rate.
 * @param {Float32Array | number[]} samples
 * @param {number} from
 * @param {number} to
 */
export function resampled(samples, from, to) {
  const sound = Float32Array.from(samples);
  if (from === to) return sound;
  const silence = new Float32Array(filterOf(from, to).reach + 2);
  const longer = resampler(from, to)(joinedSounds(sound, silence));
  return longer.slice(0, Math.ceil((sound.length * to) / from));
}
