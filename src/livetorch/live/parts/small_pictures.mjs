// Pictures as the numbers that a network gets: 64 by 64 colors on white, made of a larger sheet.

/** The side of the sheet that is drawn on, and of the picture that is made of it. */
export const SHEET = 256;
export const SMALL = 64;

/**
 * @typedef {Uint8ClampedArray | Uint8Array | number[]} Pixels
 *   red, green, blue and opacity of each dot, row by row
 */
/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

/**
 * A sheet on white, each 4 by 4 pixels as their mean: red, green and blue, row by row.
 * @param {Pixels} pixels
 */
export function shrunk(pixels) {
  const step = SHEET / SMALL;
  const sums = new Float64Array(SMALL * SMALL * 3);
  for (let i = 0; i < SHEET * SHEET; i++) {
    const [x, y] = [i % SHEET, Math.floor(i / SHEET)];
    const cell = 3 * (Math.floor(y / step) * SMALL + Math.floor(x / step));
    const opacity = pixels[4 * i + 3] / 255;
    for (let color = 0; color < 3; color++)
      sums[cell + color] += 255 + (pixels[4 * i + color] - 255) * opacity;
  }
  return Uint8Array.from(sums, (sum) => Math.round(sum / step ** 2));
}

/**
 * The largest box of a picture's form that a square sheet holds, in its middle.
 * @param {number} width
 * @param {number} height
 * @returns {Box}
 */
export function contained(width, height) {
  const scale = SHEET / Math.max(width, height);
  const [wide, high] = [width, height].map((side) => Math.max(1, side * scale));
  return { x: (SHEET - wide) / 2, y: (SHEET - high) / 2, width: wide, height: high };
}

/**
 * The smallest box around all that is not transparent, or null where there is no such dot.
 * @param {Pixels} pixels
 * @param {number} width
 * @returns {Box | null}
 */
export function inkBox(pixels, width) {
  let [left, top, right, bottom] = [width, Number.MAX_SAFE_INTEGER, -1, -1];
  for (let i = 0; 4 * i < pixels.length; i++) {
    if (pixels[4 * i + 3] < 8) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * Whether a small picture has no color, but for what JPEG adds.
 * @param {Uint8Array | number[]} small
 */
export const colorless = (small) =>
  Array.from({ length: small.length / 3 }, (_, i) => [...small.slice(3 * i, 3 * i + 3)]).every(
    (color) => Math.max(...color) - Math.min(...color) <= 12,
  );

/**
 * Whether a small picture is white paper.
 * @param {Uint8Array | number[]} small
 */
export const blank = (small) => [...small].every((value) => value > 250);

/**
 * Whether any dot in the box can be seen through.
 * @param {Pixels} pixels of a sheet
 * @param {Box} box
 */
export function transparent(pixels, { x, y, width, height }) {
  // A dot at the edge is covered in part: it does not count.
  for (let row = Math.ceil(y) + 1; row < y + height - 2; row++)
    for (let column = Math.ceil(x) + 1; column < x + width - 2; column++)
      if (pixels[4 * (row * SHEET + column) + 3] < 250) return true;
  return false;
}

/**
 * Bytes as a text of base64, and back.
 * @param {Uint8Array | number[]} bytes
 */
export const textOfBytes = (bytes) =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
/** @param {string} text */
export const bytesOfText = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
