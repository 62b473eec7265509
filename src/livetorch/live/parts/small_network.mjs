// A small network of layers: its start, forward, backward by hand, and a step of Adam.

/** @import { LabelledPoint } from "./decision_map.mjs" */
/** @typedef {{ sizes: number[], bend: [Activation, Slope] }} Network its layers and activation */
/** @typedef {(z: number) => number} Activation */
/** @typedef {(z: number, a: number) => number} Slope from its input and output */
/** @typedef {{ t: number, theta: number[], m: number[], v: number[] }} State weights, and Adam's */
/** @typedef {{ sums: number[][], inputs: number[][], logit: number }} Passed what a point gives */

/** @typedef {{ data: string, layers: number, width: number, activation: string }} Choices */

/**
 * Each activation, and its slope.
 * @type {Record<string, [Activation, Slope]>}
 */
export const BENDS = {
  none: [(z) => z, () => 1],
  ReLU: [(z) => Math.max(0, z), (z) => (z > 0 ? 1 : 0)],
  tanh: [Math.tanh, (_z, a) => 1 - a * a],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (_z, a) => a * (1 - a)],
};

/**
 * How many numbers each layer has.
 * @param {Choices} choices
 * @param {{ sets: Record<string, LabelledPoint[]>, most: number[] }} limits
 */
export function networkSizes({ data, layers, width, activation }, { sets, most }) {
  const whole = Number.isInteger(layers) && Number.isInteger(width);
  if (
    !whole ||
    !sets[data] ||
    !BENDS[activation] ||
    layers < 0 ||
    layers > most[0] ||
    width < 1 ||
    width > most[1]
  )
    throw new Error("There is no such network or data set.");
  return [2, ...new Array(layers).fill(width), 1];
}

/**
 * The first weights: of He's size for ReLU, else of Xavier's; small biases.
 * @param {number[]} sizes
 * @param {string} activation
 * @param {number} start which of the starts
 * @param {number[]} draws normally distributed numbers
 * @returns {State}
 */
export function freshState(sizes, activation, start, draws) {
  /** @type {number[]} */
  const theta = [];
  for (let k = 0; k + 1 < sizes.length; k++) {
    const [fanIn, fanOut] = [sizes[k], sizes[k + 1]];
    const spread = Math.sqrt((activation === "ReLU" ? 2 : 1) / fanIn);
    for (const [scale, many] of [
      [spread, fanIn * fanOut],
      [0.3, fanOut],
    ]) {
      const place = theta.length + 97 * start;
      for (let i = 0; i < many; i++) theta.push(scale * draws[(place + i) % draws.length]);
    }
  }
  return { t: 0, theta, m: theta.map(() => 0), v: theta.map(() => 0) };
}

/**
 * What each layer sums up and gets for one point; the sum of the last layer is the logit.
 * @param {number[]} theta
 * @param {number[]} sizes
 * @param {[Activation, Slope]} bend
 * @param {number[]} point
 * @returns {Passed}
 */
function passForward(theta, sizes, bend, point) {
  /** @type {number[][][]} */
  const [sums, inputs] = [[], []];
  let signal = point;
  let place = 0;
  for (let k = 0; k + 1 < sizes.length; k++) {
    const [fanIn, fanOut] = [sizes[k], sizes[k + 1]];
    if (k > 0) signal = signal.map(bend[0]);
    inputs.push(signal);
    const z = new Array(fanOut);
    for (let o = 0; o < fanOut; o++) {
      let sum = theta[place + fanIn * fanOut + o];
      for (let i = 0; i < fanIn; i++) sum += theta[place + o * fanIn + i] * signal[i];
      z[o] = sum;
    }
    sums.push(z);
    signal = z;
    place += (fanIn + 1) * fanOut;
  }
  return { sums, inputs, logit: signal[0] };
}

/**
 * Add one point's gradient of the cross-entropy, times `share`, to `gradient`.
 * @param {number[]} theta
 * @param {number[]} sizes
 * @param {[Activation, Slope]} bend
 * @param {Passed} passed
 * @param {number} label
 * @param {number} share
 * @param {number[]} gradient
 */
function passBackward(theta, sizes, bend, passed, label, share, gradient) {
  const { sums, inputs, logit } = passed;
  let blame = [share * (1 / (1 + Math.exp(-logit)) - label)];
  let place = theta.length;
  for (let k = sizes.length - 2; k >= 0; k--) {
    const [fanIn, fanOut] = [sizes[k], sizes[k + 1]];
    place -= (fanIn + 1) * fanOut;
    const before = new Array(fanIn).fill(0);
    for (let o = 0; o < fanOut; o++) {
      gradient[place + fanIn * fanOut + o] += blame[o];
      for (let i = 0; i < fanIn; i++) {
        gradient[place + o * fanIn + i] += blame[o] * inputs[k][i];
        before[i] += blame[o] * theta[place + o * fanIn + i];
      }
    }
    if (k > 0) blame = before.map((value, i) => value * bend[1](sums[k - 1][i], inputs[k][i]));
  }
}

/**
 * One step of Adam's; the state is changed.
 * @param {State} state
 * @param {number[]} gradient
 * @param {number} rate
 */
function adamStep({ theta, m, v, t }, gradient, rate) {
  gradient.forEach((g, i) => {
    m[i] = 0.9 * m[i] + 0.1 * g;
    v[i] = 0.999 * v[i] + 0.001 * g * g;
    const size = Math.sqrt(v[i]) / Math.sqrt(1 - 0.999 ** t) + 1e-8;
    theta[i] -= (rate / (1 - 0.9 ** t)) * (m[i] / size);
  });
}

/**
 * The state after some steps on all points.
 * @param {State} from
 * @param {Network} network
 * @param {LabelledPoint[]} points
 * @param {number} steps
 * @param {number} rate
 */
export function trained(from, { sizes, bend }, points, steps, rate) {
  const state = { t: from.t, theta: [...from.theta], m: [...from.m], v: [...from.v] };
  for (let step = 0; step < steps; step++) {
    const gradient = state.theta.map(() => 0);
    for (const [x, y, label] of points) {
      const passed = passForward(state.theta, sizes, bend, [x, y]);
      passBackward(state.theta, sizes, bend, passed, label, 1 / points.length, gradient);
    }
    state.t += 1;
    adamStep(state, gradient, rate);
  }
  return state;
}

/**
 * @param {number[]} theta
 * @param {Network} network
 * @param {number} x
 * @param {number} y
 */
export const logitAt = (theta, { sizes, bend }, x, y) =>
  passForward(theta, sizes, bend, [x, y]).logit;

/**
 * The mean cross-entropy, and the share of points on the right side.
 * @param {number[]} theta
 * @param {Network} network
 * @param {LabelledPoint[]} points
 */
export function judged(theta, network, points) {
  let [loss, right] = [0, 0];
  for (const [x, y, label] of points) {
    const z = logitAt(theta, network, x, y);
    loss += (Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z))) - label * z) / points.length;
    if (z > 0 === (label === 1)) right += 1;
  }
  return { loss, accuracy: right / points.length };
}
