// The surfaces of the race of optimizers, and the lines of one height on them.

/** @import { Pair } from "./plot.mjs" */
/**
 * A surface, the part of it that is drawn, and where a race starts.
 * @typedef {object} Ground
 * @property {string} text its name
 * @property {(x: number, y: number) => number} height
 * @property {(x: number, y: number) => Pair} slope
 * @property {Pair} x
 * @property {Pair} y
 * @property {Pair} start
 * @property {number[]} levels the heights whose lines are drawn
 */

const HALF = Math.sqrt(0.5);
/** @type {Pick<Ground, "height" | "slope">} */
const NARROW = { height: (x, y) => (x * x + 100 * y * y) / 2, slope: (x, y) => [x, 100 * y] };

/** @type {Record<string, Ground>} */
export const GROUNDS = {
  ravine: {
    text: "Ravine",
    ...NARROW,
    x: [-5, 5],
    y: [-2, 2],
    start: [-4, 1],
    levels: [1, 5, 20, 80, 200],
  },
  turned: {
    text: "Turned ravine",
    x: [-5, 5],
    y: [-5, 5],
    start: [-5 * HALF, -3 * HALF],
    levels: [5, 20, 80, 250, 600],
    height: (x, y) => NARROW.height((x + y) * HALF, (y - x) * HALF),
    slope: (x, y) => {
      const [u, v] = NARROW.slope((x + y) * HALF, (y - x) * HALF);
      return [(u - v) * HALF, (u + v) * HALF];
    },
  },
  saddle: {
    text: "Saddle",
    x: [-1, 1],
    y: [-2, 2],
    start: [0.2, 0.001],
    levels: [0.05, 0.15, 0.25, 0.5, 1, 2, 4],
    height: (x, y) => 10 * x * x - (y * y) / 2 + y ** 4 / 4 + 1 / 4,
    slope: (x, y) => [20 * x, y ** 3 - y],
  },
  bowl: {
    text: "Bowl",
    x: [-5, 5],
    y: [-5, 5],
    start: [4, 3],
    levels: [0.5, 2, 5, 10, 16],
    height: (x, y) => (x * x + y * y) / 2,
    slope: (x, y) => [x, y],
  },
};

/**
 * The line of one height as pieces: each cell of a grid is two triangles, each cut at most once.
 * @param {Ground} ground
 * @param {number} level
 */
export function contour(ground, level, cells = 56) {
  /** @type {(range: Pair, i: number) => number} */
  const along = ([low, high], i) => low + ((high - low) * i) / cells;
  /** @type {(i: number, j: number) => [number, number, number]} */
  const at = (i, j) => {
    const [x, y] = [along(ground.x, i), along(ground.y, j)];
    return [x, y, ground.height(x, y) - level];
  };
  /** @type {Pair[]} */
  const pieces = [];
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const [a, b, c, d] = [at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1)];
      for (const corners of [
        [a, b, c],
        [d, b, c],
      ]) {
        /** @type {Pair[]} */
        const cut = [];
        for (const [k, p] of corners.entries()) {
          const q = corners[(k + 1) % 3];
          if (p[2] < 0 === q[2] < 0) continue;
          const share = p[2] / (p[2] - q[2]);
          cut.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
        }
        if (cut.length === 2) pieces.push(...cut, [NaN, NaN]);
      }
    }
  }
  return pieces;
}
