// Pictures of numbers on a canvas: feature maps side by side, or one small image.
import { h } from "../frame/elements.mjs";

/**
 * What draws on a canvas.
 * @param {HTMLCanvasElement} canvas
 */
export function drawingOn(canvas) {
  // It is null only where something else, such as WebGL, draws on the canvas already.
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/** @typedef {{ shape: number[], values: number[] }} Maps images: how many, how high, how wide */

/**
 * Images side by side on one canvas, each scaled to its own largest value.
 * @param {string} label
 * @param {number} columns
 * @param {number} size the side of a value, in units of the page
 */
export function gallery(label, columns, size) {
  const canvas = h("canvas", { class: "live-maps", role: "img", "aria-label": label });
  /**
   * @param {Maps["shape"]} shape
   * @param {Maps["values"]} values
   */
  const show = ([count, height, width], values) => {
    const rows = Math.ceil(count / columns);
    const gap = 1;
    canvas.width = Math.min(count, columns) * (width + gap) - gap;
    canvas.height = rows * (height + gap) - gap;
    canvas.style.width = `${canvas.width * size}px`;
    const context = drawingOn(canvas);
    context.fillStyle = getComputedStyle(canvas).color;
    for (let map = 0; map < count; map++) {
      const own = values.slice(map * height * width, (map + 1) * height * width);
      const top = Math.max(...own);
      own.forEach((value, i) => {
        context.globalAlpha = top > 0 ? 0.08 + 0.92 * Math.max(0, value / top) : 0.08;
        const x = (map % columns) * (width + gap) + (i % width);
        context.fillRect(
          x,
          Math.floor(map / columns) * (height + gap) + Math.floor(i / width),
          1,
          1,
        );
      });
    }
  };
  return { node: canvas, show };
}
