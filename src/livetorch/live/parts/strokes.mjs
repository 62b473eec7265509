// What a pen drew as the small image that the digit reader was trained on: strokes.py, in the page.
const GRID = 32,
  BLOCK = 4,
  MARGIN = 2,
  PEN = 2.3,
  SMALLEST = 0.25;

/** @typedef {number[][]} Stroke points [x, y] in 0 .. 1 */

/**
 * Strokes as 64 numbers in 0 .. 1, row by row.
 * @param {{ strokes: Stroke[] }} drawing
 */
export function strokeImage({ strokes }) {
  const lines = strokes.filter((stroke) => stroke.length);
  const side = GRID / BLOCK;
  const image = new Float32Array(side * side);
  if (!lines.length) return image;
  const low = [Infinity, Infinity],
    high = [-Infinity, -Infinity];
  for (const point of lines.flat()) {
    for (const axis of [0, 1]) {
      low[axis] = Math.min(low[axis], point[axis]);
      high[axis] = Math.max(high[axis], point[axis]);
    }
  }
  const scale = (GRID - 2 * MARGIN) / Math.max(SMALLEST, high[0] - low[0], high[1] - low[1]);
  const placed = lines.map((line) =>
    line.map((point) =>
      [0, 1].map((axis) => (point[axis] - (low[axis] + high[axis]) / 2) * scale + GRID / 2),
    ),
  );
  const segments = placed.flatMap((line) =>
    line.length > 1 ? line.slice(1).map((end, i) => [line[i], end]) : [[line[0], line[0]]],
  );
  for (let row = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      let nearest = Infinity;
      for (const [[ax, ay], [bx, by]] of segments) {
        const wx = bx - ax,
          wy = by - ay;
        const dx = column + 0.5 - ax,
          dy = row + 0.5 - ay;
        const along = Math.min(
          1,
          Math.max(0, (dx * wx + dy * wy) / Math.max(1e-12, wx * wx + wy * wy)),
        );
        nearest = Math.min(nearest, Math.hypot(dx - along * wx, dy - along * wy));
      }
      const ink = Math.min(1, Math.max(0, PEN + 0.5 - nearest));
      image[Math.floor(row / BLOCK) * side + Math.floor(column / BLOCK)] += ink / BLOCK ** 2;
    }
  }
  return image;
}
