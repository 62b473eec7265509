// Operations on a painted image: 28 x 28 whole numbers from 0, the empty page, to 255, row by row.

/** @typedef {number[]} Pixels */

export const SIDE = 28;
/** Greys that differ by at most this much count as one surface, to fill it. */
const ALIKE = 25;

/** @param {number} value */
const cell = (value) => Math.max(0, Math.min(SIDE - 1, Math.floor(value)));

/**
 * An image from a text of base64, one byte a pixel.
 * @param {string} text
 */
export const unpacked = (text) => Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * A new image, painted from one place [x, y] to another, in pixels, with a round brush.
 * @param {Pixels} pixels
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} size
 * @param {number} grey
 */
export function brushed(pixels, from, to, size, grey) {
  // An odd brush has a pixel in its middle, an even one a corner: so a dot is always symmetrical.
  const middle = (/** @type {number} */ value) =>
    size % 2 ? cell(value) + 0.5 : Math.round(value);
  const [ax, ay, bx, by] = [...from, ...to].map(middle);
  const [wx, wy] = [bx - ax, by - ay];
  return pixels.map((old, i) => {
    const [dx, dy] = [(i % SIDE) + 0.5 - ax, Math.floor(i / SIDE) + 0.5 - ay];
    const along = Math.min(
      1,
      Math.max(0, (dx * wx + dy * wy) / Math.max(1e-12, wx * wx + wy * wy)),
    );
    return Math.hypot(dx - along * wx, dy - along * wy) <= size / 2 ? grey : old;
  });
}

/**
 * A new image in which the surface around a place [x, y] has another grey, up to its outline.
 * @param {Pixels} pixels
 * @param {number[]} place
 * @param {number} grey
 */
export function filled(pixels, [x, y], grey) {
  const first = cell(y) * SIDE + cell(x);
  const made = [...pixels];
  const seen = new Set([first]);
  for (const i of seen) {
    // grows while it is gone through
    made[i] = grey;
    const column = i % SIDE;
    const beside = [column > 0 ? i - 1 : -1, column < SIDE - 1 ? i + 1 : -1, i - SIDE, i + SIDE];
    for (const next of beside) {
      // False outside the image.
      if (Math.abs(pixels[next] - pixels[first]) <= ALIKE) seen.add(next);
    }
  }
  return made;
}

/**
 * A new image, moved by whole pixels: what leaves is lost, what comes in is empty.
 * @param {Pixels} pixels
 * @param {number} right
 * @param {number} down
 */
export function moved(pixels, right, down) {
  return pixels.map((_, i) => {
    const [x, y] = [(i % SIDE) - right, Math.floor(i / SIDE) - down];
    return x >= 0 && x < SIDE && y >= 0 && y < SIDE ? pixels[y * SIDE + x] : 0;
  });
}

/**
 * A new image, left and right exchanged.
 * @param {Pixels} pixels
 */
export const mirrored = (pixels) =>
  pixels.map((_, i) => pixels[i - (i % SIDE) + SIDE - 1 - (i % SIDE)]);
