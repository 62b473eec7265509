// A line through points: gradient descent on half the mean squared error, and the loss around it.
import { sumOf } from "./lists.mjs";

/** @import { Pair } from "./plot.mjs" */
/** @typedef {{ points: Pair[], start: Pair, rate: number }} Question */
/**
 * Weight, bias and loss after each step; the best line; the rate above which the path goes away.
 * @typedef {{ path: [number, number, number][], best: Pair, limit: number }} Descent
 */

export const STEPS = 40;
export const TOO_LARGE = 1e6;

/** @type {(points: Pair[], value: (point: Pair) => number) => number} */
const meanOf = (points, value) => sumOf(points.map(value)) / points.length;

/**
 * Half the mean squared error of a line.
 * @param {Pair[]} points
 * @param {number} w
 * @param {number} b
 */
export const halfMse = (points, w, b) => meanOf(points, ([x, y]) => (w * x + b - y) ** 2) / 2;

/**
 * The path of gradient descent, and what bounds its rate.
 * @param {Question} question
 * @returns {Descent}
 */
export function descent({ points, start, rate }) {
  if (points.every(([x]) => x === points[0][0])) {
    throw new Error("All points have one x: no line is better than all others.");
  }
  const mean = (/** @type {(point: Pair) => number} */ value) => meanOf(points, value);
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)];
  const xx = mean(([x]) => x * x);
  const weight = mean(([x, y]) => (x - mx) * (y - my)) / mean(([x]) => (x - mx) ** 2);
  /** @type {Descent["path"]} */
  const path = [];
  let [w, b] = start;
  for (let step = 0; step <= STEPS; step++) {
    const loss = halfMse(points, w, b);
    path.push([w, b, loss]);
    if (!(loss < TOO_LARGE)) break;
    const dw = mean(([x, y]) => (w * x + b - y) * x);
    const db = mean(([x, y]) => w * x + b - y);
    w -= rate * dw;
    b -= rate * db;
  }
  const steepest = (xx + 1) / 2 + Math.hypot((xx - 1) / 2, mx);
  return { path, best: [weight, my - weight * mx], limit: 2 / steepest };
}

/**
 * Points of the ellipse on which the loss lies `level` above its least.
 * @param {Pair[]} points
 * @param {Pair} best
 * @param {number} level
 * @returns {Pair[]}
 */
export function ellipse(points, [w, b], level) {
  const mean = (/** @type {(point: Pair) => number} */ value) => meanOf(points, value);
  const [xx, mx] = [mean(([x]) => x * x), mean(([x]) => x)];
  const middle = (xx + 1) / 2;
  const half = Math.hypot((xx - 1) / 2, mx);
  const angle = Math.atan2(2 * mx, xx - 1) / 2; // of the steepest direction
  const [long, short] = [middle + half, middle - half].map((curve) =>
    Math.sqrt((2 * level) / curve),
  );
  return Array.from({ length: 73 }, (_, i) => {
    const [u, v] = [long * Math.cos((i * Math.PI) / 36), short * Math.sin((i * Math.PI) / 36)];
    return [
      w + u * Math.cos(angle) - v * Math.sin(angle),
      b + u * Math.sin(angle) + v * Math.cos(angle),
    ];
  });
}
