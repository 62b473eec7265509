// A query and its nearest vectors in two dimensions, and how much of their distances is left there.
import { s } from "../frame/elements.mjs";
import { largest } from "./word_index.mjs";

/** @typedef {{ spots: [number, number][], kept: number }} Projected */

/**
 * The eigenvalues of a symmetric matrix, and their eigenvectors as rows: rotations after Jacobi.
 * @param {number[][]} matrix
 */
export function eigen(matrix) {
  const a = matrix.map((row) => [...row]);
  const n = a.length;
  const vectors = a.map((_, i) => a.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 30; sweep += 1) {
    for (let p = 0; p < n; p += 1) {
      for (let q = p + 1; q < n; q += 1) {
        if (Math.abs(a[p][q]) < 1e-15) continue;
        const angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
        const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
        const turn = (/** @type {number[]} */ row, /** @type {number[]} */ other) => {
          for (let k = 0; k < n; k += 1) {
            [row[k], other[k]] = [cos * row[k] - sin * other[k], sin * row[k] + cos * other[k]];
          }
        };
        turn(a[p], a[q]);
        for (const row of a) {
          [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
        }
        turn(vectors[p], vectors[q]);
      }
    }
  }
  return { values: a.map((row, i) => row[i]), vectors };
}

/**
 * Vectors by their products -> two coordinates of each that keep most of the squared distances,
 * from the first as the origin, and the share that is kept. The second lies to the right of the
 * first, the third above it.
 * @param {number[][]} products
 * @returns {Projected}
 */
export function projected(products) {
  const n = products.length;
  const means = products.map((row) => row.reduce((sum, value) => sum + value, 0) / n);
  const mean = means.reduce((sum, value) => sum + value, 0) / n;
  const centered = products.map((row, i) =>
    row.map((value, j) => value - means[i] - means[j] + mean),
  );
  const { values, vectors } = eigen(centered);
  const order = largest(values, 2);
  const [xs, ys] = order.map((k, axis) => {
    const length = Math.sqrt(Math.max(0, values[k]));
    const from = vectors[k][0];
    const side = vectors[k][axis + 1] < from ? -length : length;
    return vectors[k].map((value) => (value - from) * side);
  });
  const total = values.reduce((sum, value) => sum + value, 0);
  const kept = order.reduce((sum, k) => sum + values[k], 0) / total;
  return { spots: xs.map((x, i) => [x, ys[i]]), kept };
}

/** Which of the others lies nearest to the first, in the drawing. */
export const nearestDrawn = (/** @type {[number, number][]} */ spots) =>
  largest(
    spots.slice(1).map(([x, y]) => -Math.hypot(x, y)),
    1,
  )[0];

const WIDTH = 360;
const HEIGHT = 240;
const MARGIN = 18;

/**
 * A drawing; show(spots, signs, label): a cross at the first spot, numbered signs at the others.
 */
export function nearestMap() {
  const marks = s("g");
  const node = s(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "live-plot live-nearest", role: "img" },
    marks,
  );
  /**
   * @param {[number, number][]} spots
   * @param {string[]} signs
   * @param {string} label
   */
  const show = (spots, signs, label) => {
    const ends = [0, 1].map((axis) => {
      const all = spots.map((spot) => spot[axis]);
      return [Math.min(...all), Math.max(...all)];
    });
    const scale = Math.min(
      (WIDTH - 2 * MARGIN) / (ends[0][1] - ends[0][0] || 1),
      (HEIGHT - 2 * MARGIN) / (ends[1][1] - ends[1][0] || 1),
    );
    const [middleX, middleY] = ends.map(([low, high]) => (low + high) / 2);
    const placed = spots.map(([x, y]) => [
      WIDTH / 2 + (x - middleX) * scale,
      HEIGHT / 2 - (y - middleY) * scale,
    ]);
    const [[atX, atY], ...others] = placed;
    marks.replaceChildren(
      ...others.map(([x, y]) => s("path", { class: "live-grid", d: `M${atX} ${atY}L${x} ${y}` })),
      ...others.map(([x, y], i) =>
        s(
          "text",
          { x, y, "text-anchor": "middle", dy: ".36em" },
          signs[i],
          s("tspan", { class: "live-rank", dx: "1" }, String(i + 1)),
        ),
      ),
      s("path", { class: "live-query", d: `M${atX - 7} ${atY}h14M${atX} ${atY - 7}v14` }),
    );
    node.setAttribute("aria-label", label);
  };
  return { node, show };
}
