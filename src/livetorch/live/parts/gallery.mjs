// Pictures of numbers on a canvas: feature maps side by side, or one small image.
import { h } from "../frame/frame.mjs";

/** Images side by side on one canvas, each scaled to its own largest value. */
export function gallery(label, columns, size) {
  const canvas = h("canvas", { class: "live-maps", role: "img", "aria-label": label });
  const show = ([count, height, width], values) => {
    const rows = Math.ceil(count / columns);
    const gap = 1;
    canvas.width = Math.min(count, columns) * (width + gap) - gap;
    canvas.height = rows * (height + gap) - gap;
    canvas.style.width = `${canvas.width * size}px`;
    const context = canvas.getContext("2d");
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
