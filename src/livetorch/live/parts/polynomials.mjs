// Polynomials through points, by least squares.

/** @import { Pair } from "./plot.mjs" */
/** @typedef {[number[], number[]]} Points their x and their y */

/**
 * Least squares by Householder reflections, as accurate as torch's lstsq; rows and targets are
 * changed.
 * @param {number[][]} rows
 * @param {number[]} targets
 */
function leastSquares(rows, targets) {
  const width = rows[0].length;
  for (let k = 0; k < width; k++) {
    let length = Math.hypot(...rows.slice(k).map((row) => row[k]));
    if (rows[k][k] > 0) length = -length;
    const v = rows.map((row, i) => (i < k ? 0 : row[k]));
    v[k] -= length;
    const square = v.reduce((sum, value) => sum + value * value, 0);
    if (square === 0) continue;
    /** @type {(get: (i: number) => number, set: (i: number, value: number) => void) => void} */
    const reflect = (get, set) => {
      const along = (2 * v.reduce((sum, value, i) => sum + value * get(i), 0)) / square;
      for (let i = k; i < rows.length; i++) set(i, get(i) - along * v[i]);
    };
    for (let j = k; j < width; j++)
      reflect(
        (i) => rows[i][j],
        (i, value) => {
          rows[i][j] = value;
        },
      );
    reflect(
      (i) => targets[i],
      (i, value) => {
        targets[i] = value;
      },
    );
  }
  /** @type {number[]} */
  const weights = new Array(width).fill(0);
  for (let k = width - 1; k >= 0; k--) {
    let rest = targets[k];
    for (let j = k + 1; j < width; j++) rest -= rows[k][j] * weights[j];
    weights[k] = rest / rows[k][k];
  }
  return weights;
}

/**
 * The weights of a polynomial through some points, as small as `strength` makes them.
 * @param {number[]} x
 * @param {number[]} y
 * @param {number} degree
 * @param {number} strength
 */
export function fitPolynomial(x, y, degree, strength) {
  const powers = Array.from({ length: degree + 1 }, (_, k) => k);
  const design = x.map((value) => powers.map((k) => value ** k));
  const size = Math.sqrt(x.length * strength);
  // The penalty as more examples, whose targets are 0; the constant is free.
  const penalty = powers.slice(1).map((k) => powers.map((j) => (j === k ? size : 0)));
  return leastSquares([...design, ...penalty], [...y, ...penalty.map(() => 0)]);
}

/**
 * @param {number[]} weights
 * @param {number} x
 */
export const heightAt = (weights, x) => weights.reduceRight((sum, weight) => sum * x + weight, 0);
/** @type {(points: Points, weights: number[]) => number} */
export const halfMse = ([x, y], weights) =>
  x.reduce((sum, value, i) => sum + (heightAt(weights, value) - y[i]) ** 2, 0) / x.length / 2;
/**
 * Numbers at equal distances, the ends of a range among them.
 * @type {(range: Pair, many: number) => number[]}
 */
export const places = ([low, high], many) =>
  Array.from({ length: many }, (_, i) => low + ((high - low) * i) / (many - 1));
