// A painted image on a canvas.
import { h } from "../frame/elements.mjs";
import { drawingOn } from "./gallery.mjs";
import { SIDE } from "./painting.mjs";

/** @import { Attributes } from "../frame/elements.mjs" */
/** @import { Pixels } from "./painting.mjs" */

/**
 * A canvas of 28 by 28.
 * @param {Attributes} attributes
 */
export const sheet = (attributes) =>
  h("canvas", { width: SIDE, height: SIDE, class: "live-sheet", ...attributes });

/**
 * Pixels in grey on such a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {Pixels} pixels
 */
export function greys(canvas, pixels) {
  const context = drawingOn(canvas);
  const picture = context.createImageData(SIDE, SIDE);
  pixels.forEach((value, i) => {
    picture.data.set([value, value, value, 255], 4 * i);
  });
  context.putImageData(picture, 0, 0);
  return context;
}
