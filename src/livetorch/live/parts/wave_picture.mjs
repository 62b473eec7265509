// The samples of a sound over time, with a part of it marked.
import { s } from "../frame/elements.mjs";

const [WAVE_WIDTH, WAVE_HEIGHT] = [480, 96];

/**
 * The lowest and highest sample of each of some columns, as an outline.
 * @param {Float32Array} samples
 */
function outline(samples) {
  const columns = WAVE_WIDTH / 2;
  /** @type {[string[], string[]]} */
  const [above, below] = [[], []];
  for (let column = 0; column < columns; column += 1) {
    const from = Math.floor((column / columns) * samples.length);
    const to = Math.max(from + 1, ((column + 1) / columns) * samples.length);
    const part = samples.subarray(from, to);
    const place = (/** @type {number} */ value) =>
      `${2 * column} ${(((1 - value) * WAVE_HEIGHT) / 2).toFixed(1)}`;
    above.push(place(Math.max(...part)));
    below.unshift(place(Math.min(...part)));
  }
  return `M ${[...above, ...below].join(" L ")} Z`;
}

/** A picture, and show(samples, [start, end], text), which draws a sound and marks a part. */
export function wavePicture() {
  const path = s("path", { class: "live-wave" });
  const mark = s("rect", { class: "live-spoken", y: 0, height: WAVE_HEIGHT, width: 0 });
  const box = `0 0 ${WAVE_WIDTH} ${WAVE_HEIGHT}`;
  const node = s("svg", { class: "live-plot", viewBox: box, role: "img" }, mark, path);
  /**
   * @param {Float32Array} samples
   * @param {[number, number]} part
   * @param {string} text says what is seen
   */
  const show = (samples, [start, end], text) => {
    path.setAttribute("d", outline(samples));
    mark.setAttribute("x", String((start / samples.length) * WAVE_WIDTH));
    mark.setAttribute("width", String(((end - start) / samples.length) * WAVE_WIDTH));
    node.setAttribute("aria-label", text);
  };
  return { node, show };
}
