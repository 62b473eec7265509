// A small coordinate system in SVG, and handles that mouse, touch and keys move.
import { s, unique } from "../frame/elements.mjs";

/** @typedef {[number, number]} Pair two coordinates, or the two ends of a range */
/** @typedef {ReturnType<typeof plot>} Plot */
/** @typedef {Pick<Plot, "px" | "py">} Scales from data to drawing units */
/** @typedef {ReturnType<typeof handle>} Handle */

/**
 * Round numbers inside a range, about as many as that.
 * @param {Pair} range
 */
export function ticks([low, high], about = 5) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step - 1e-9);
  const many = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: many }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/**
 * Axes with ticks and names. `label` says to those who cannot see what is drawn.
 *
 * px and py turn data into drawing units, at(event) the reverse. A wide page shows the drawing at
 * its size or a little more, a phone scales it: keep width at 360 and texts at 12 units.
 * @param {{ x: Pair, y: Pair, xLabel?: string, yLabel?: string, label: string, width?: number,
 *   height?: number, grid?: boolean }} settings
 */
export function plot({
  x,
  y,
  xLabel = "",
  yLabel = "",
  label,
  width = 360,
  height = 250,
  grid = true,
}) {
  const left = 44,
    right = 10,
    top = yLabel ? 22 : 10,
    bottom = xLabel ? 38 : 24;
  const px = (/** @type {number} */ value) =>
    left + ((value - x[0]) / (x[1] - x[0])) * (width - left - right);
  const py = (/** @type {number} */ value) =>
    height - bottom - ((value - y[0]) / (y[1] - y[0])) * (height - top - bottom);
  const node = s("svg", {
    viewBox: `0 0 ${width} ${height}`,
    class: "live-plot",
    role: "group",
    "aria-label": label,
  });
  const clip = unique("clip");
  node.append(
    s(
      "clipPath",
      { id: clip },
      s("rect", { x: left, y: top, width: width - left - right, height: height - top - bottom }),
    ),
  );
  const back = s("g", { class: "live-axes", "aria-hidden": "true" });
  for (const value of ticks(x)) {
    if (grid)
      back.append(s("path", { class: "live-grid", d: `M${px(value)} ${top}V${height - bottom}` }));
    back.append(
      s("text", { x: px(value), y: height - bottom + 15, "text-anchor": "middle" }, String(value)),
    );
  }
  for (const value of ticks(y)) {
    if (grid)
      back.append(s("path", { class: "live-grid", d: `M${left} ${py(value)}H${width - right}` }));
    back.append(s("text", { x: left - 6, y: py(value) + 4, "text-anchor": "end" }, String(value)));
  }
  back.append(
    s("path", { class: "live-axis", d: `M${left} ${top}V${height - bottom}H${width - right}` }),
  );
  if (xLabel)
    back.append(
      s("text", { x: (left + width - right) / 2, y: height - 5, "text-anchor": "middle" }, xLabel),
    );
  if (yLabel) back.append(s("text", { x: 4, y: 13 }, yLabel));
  node.append(back);
  /** A layer of marks; `clipped` keeps them inside the axes. Later layers lie above others. */
  const layer = (clipped = true) => {
    const group = s("g", clipped ? { "clip-path": `url(#${clip})` } : {});
    node.append(group);
    return group;
  };
  /**
   * The `d` of a path through points [[x, y], ...]; points that are not finite break it.
   * @param {number[][]} points
   */
  const path = (points) => {
    let pen = "M";
    let made = "";
    for (const [a, b] of points) {
      if (!Number.isFinite(a) || !Number.isFinite(b)) pen = "M";
      else {
        // Far outside the axes a number could be too large for the renderer.
        const v = Math.max(-1e4, Math.min(1e4, py(b)));
        made += `${pen}${px(a).toFixed(2)} ${v.toFixed(2)}`;
        pen = "L";
      }
    }
    return made || "M0 0";
  };
  /** @type {(event: PointerEvent) => Pair} */
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(
      node.getScreenCTM()?.inverse(),
    );
    return [
      x[0] + ((point.x - left) / (width - left - right)) * (x[1] - x[0]),
      y[0] + ((height - bottom - point.y) / (height - top - bottom)) * (y[1] - y[0]),
    ];
  };
  return { node, px, py, at, layer, path, x, y };
}

/** @type {Record<string, Pair>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * A mark that can be dragged, and moved with the arrow keys (Shift: ten times as far).
 *
 * `move([x, y])` gets data coordinates kept inside the axes; it may return where the mark really
 * goes. `step` is [dx, dy] of one key press; a zero holds that coordinate.
 * @param {Plot} axes
 * @param {{ label: string, at: Pair, step: Pair, move: (place: Pair) => Pair | void,
 *   text?: (place: Pair) => string, color?: string, radius?: number }} settings
 */
export function handle(
  axes,
  { label, at, step, move, text, color = "var(--lt-orange)", radius = 7 },
) {
  let place = at;
  const dot = s("circle", { r: radius, fill: color, class: "live-dot" });
  const node = s(
    "g",
    { class: "live-handle", tabindex: 0, role: "slider", "aria-label": label },
    s("circle", { r: 20, fill: "transparent" }),
    dot,
  );
  const show = () => {
    node.setAttribute("transform", `translate(${axes.px(place[0])} ${axes.py(place[1])})`);
    node.setAttribute("aria-valuenow", String(step[1] ? place[1] : place[0]));
    node.setAttribute(
      "aria-valuetext",
      text ? text(place) : place.map((v) => v.toFixed(2)).join(", "),
    );
  };
  /** @param {Pair} to */
  const go = (to) => {
    const [x, y] = [axes.x, axes.y].map(([low, high], i) =>
      step[i] ? Math.max(low, Math.min(high, to[i])) : place[i],
    );
    /** @type {Pair} */
    const kept = [x, y];
    place = move(kept) ?? kept;
    show();
  };
  node.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    node.focus();
    node.setPointerCapture(event.pointerId);
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) go(axes.at(event));
  });
  node.addEventListener("keydown", (event) => {
    let [dx, dy] = ARROWS[event.key] ?? [0, 0];
    if (!dx && !dy) return;
    // Where one coordinate is held, all four keys move the other.
    if (!step[0] && dx) [dx, dy] = [0, dx];
    if (!step[1] && dy) [dx, dy] = [dy, 0];
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    go([place[0] + dx * step[0] * far, place[1] + dy * step[1] * far]);
  });
  show();
  return {
    node,
    /** Put the mark somewhere without telling `move`. */
    put: (/** @type {Pair} */ to) => {
      place = to;
      show();
    },
  };
}
