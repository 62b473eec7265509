// Paint clothes of 28 by 28 pixels, and see what trained networks make of them.
import { button, check, choice, h, latest, live, slider } from "../frame/frame.mjs";
import { bars, percent, softmax } from "../parts/bars.mjs";
import { gallery } from "../parts/gallery.mjs";
import { brushed, filled, mirrored, moved, SIDE, unpacked } from "../parts/painting.mjs";
import { pen } from "../parts/pen.mjs";

const WINDOW = 8,
  STEP = 4,
  SQUARES = (SIDE - WINDOW) / STEP + 1;
const UNDOS = 100;
/** A smaller change of a probability is not spoken of. */
const FELT = 0.005;

/** Where each square begins that is covered in turn: [row, column]. */
const corners = Array.from({ length: SQUARES ** 2 }, (_, n) => [
  STEP * Math.floor(n / SQUARES),
  STEP * (n % SQUARES),
]);
const inSquare = (i, [row, column]) => {
  const [y, x] = [Math.floor(i / SIDE) - row, (i % SIDE) - column];
  return y >= 0 && y < WINDOW && x >= 0 && x < WINDOW;
};

/** What the exported model says, run by onnxruntime in a worker. */
export async function answer({ pixels, cover }, _options, page) {
  if (
    pixels.length !== SIDE ** 2 ||
    !pixels.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)
  )
    throw new Error(`A painting is ${SIDE ** 2} whole numbers from 0 to 255.`);
  const { run } = await import(new URL(`runtime.mjs?v=${page.version}`, page.base));
  const hidden = cover
    ? corners.map((corner) => pixels.map((value, i) => (inSquare(i, corner) ? 0 : value)))
    : [];
  const images = [pixels, ...hidden];
  const data = Float32Array.from(images.flat(), (value) => value / 255);
  const { logits, ...maps } = await run(page, "clothes", {
    images: { data, dims: [images.length, 1, SIDE, SIDE] },
  });
  const [, networks, classes] = logits.dims;
  const belief = (image, network) =>
    softmax(logits.data.slice((image * networks + network) * classes).slice(0, classes));
  const probabilities = Array.from({ length: networks }, (_, network) => belief(0, network));
  const top = probabilities[0].indexOf(Math.max(...probabilities[0]));
  return {
    probabilities,
    maps: Object.values(maps).map(({ data: values, dims: [, ...shape] }) => ({
      shape,
      values: [
        ...values.slice(
          0,
          shape.reduce((a, b) => a * b),
        ),
      ],
    })),
    falls: hidden.map((_, n) => probabilities[0][top] - belief(n + 1, 0)[top]),
  };
}

/** What each network believes most, in words. */
export function saying(probabilities, { networks, classes }, empty) {
  const said = probabilities.map((belief, n) => {
    const top = Math.max(...belief);
    return `${networks[n]}: ${classes[belief.indexOf(top)]} (${percent(top)})`;
  });
  return (empty ? ["Nothing is drawn, and still they answer:", ...said] : said).join("\n");
}

/** How much each pixel matters: the mean fall over the squares that cover it. */
export function spread(falls) {
  return Array.from({ length: SIDE ** 2 }, (_, i) => {
    const own = falls.filter((_fall, n) => inSquare(i, corners[n]));
    return own.reduce((a, b) => a + b, 0) / own.length;
  });
}

/** The third of the image that a square is in: 0, 1 or 2. */
const third = (corner) => Math.floor((3 * (corner + WINDOW / 2)) / SIDE);

/** The covered square that matters most, in words. */
export function strongest(falls, [belief], { networks, classes }) {
  const most = Math.max(...falls);
  const [row, column] = corners[falls.indexOf(most)];
  const top = Math.max(...belief);
  const [high, wide] = [
    ["top", "middle", "bottom"][third(row)],
    ["left", "middle", "right"][third(column)],
  ];
  const where = high === wide ? "in the middle" : `at the ${high} ${wide}`;
  if (most < FELT) return "No single square matters: whichever is covered, the belief stays.";
  return `Covering the marked square, ${where}, matters most: the belief of “${networks[0]}” in ${classes[belief.indexOf(top)]} falls from ${percent(top)} to ${percent(Math.max(0, top - most))}.`;
}

/** Pixels in grey on a canvas of 28 by 28. */
function greys(canvas, pixels) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(SIDE, SIDE);
  pixels.forEach((value, i) => picture.data.set([value, value, value, 255], 4 * i));
  context.putImageData(picture, 0, 0);
  return context;
}
const sheet = (attributes) =>
  h("canvas", { width: SIDE, height: SIDE, class: "live-sheet", ...attributes });

/** The image, with an orange layer where covering it matters, and a frame around the worst square. */
function coverMap() {
  const canvas = sheet({ role: "img", "aria-label": "Where covering the image lowers the belief" });
  const frame = h("span", { class: "live-worst" });
  const words = h("p");
  const node = h(
    "div",
    { class: "live-row live-cover", hidden: true },
    h("div", { class: "live-covered" }, canvas, frame),
    words,
  );
  const show = (pixels, { falls, probabilities }, options) => {
    node.hidden = !falls.length;
    if (node.hidden) return;
    const context = greys(canvas, pixels);
    const matters = spread(falls);
    const most = Math.max(1e-3, ...matters);
    context.fillStyle = getComputedStyle(frame).borderTopColor;
    matters.forEach((value, i) => {
      context.globalAlpha = pixels[i] ? 0.85 * Math.max(0, value / most) : 0; // covering nothing changes nothing
      context.fillRect(i % SIDE, Math.floor(i / SIDE), 1, 1);
    });
    const [row, column] = corners[falls.indexOf(Math.max(...falls))];
    const share = (value) => `${(100 * value) / SIDE}%`;
    Object.assign(frame.style, {
      left: share(column),
      top: share(row),
      width: share(WINDOW),
      height: share(WINDOW),
    });
    frame.hidden = Math.max(...falls) < FELT;
    words.textContent = strongest(falls, probabilities, options);
  };
  return { node, show, said: () => (node.hidden ? "" : words.textContent) };
}

/** The sheet to paint on. `tool()` says what a press does; `painted(pixels)` gets each new image. */
function easel(tool, painted, visited) {
  let pixels;
  let last;
  let past = [];
  const canvas = sheet({ "aria-hidden": "true" });
  const cell = h("span", { class: "live-cell" });
  const node = h(
    "div",
    {
      class: "live-pad live-easel",
      tabindex: 0,
      role: "application",
      "aria-label":
        "The image. Arrow keys move a pixel mark; Space puts the brush down or lifts it, or fills.",
    },
    canvas,
    cell,
  );
  const show = (made) => {
    pixels = made;
    greys(canvas, pixels);
    painted(pixels, past.length);
  };
  const scaled = (point) => point.map((value) => Math.min(SIDE - 0.01, value * SIDE));
  const strokes = (points) => {
    const { size, grey } = tool();
    let made = pixels;
    for (const point of points) {
      made = brushed(made, last, point, size, grey);
      last = point;
    }
    show(made);
  };
  const keep = () => (past = [...past, pixels].slice(-UNDOS));
  const begin = (point) => {
    keep();
    last = scaled(point);
    const { fills, grey } = tool();
    if (fills) show(filled(pixels, last, grey));
    else strokes([last]);
  };
  const shown = (point, down) => {
    const [x, y] = scaled(point).map(Math.floor);
    Object.assign(cell.style, { left: `${(100 * x) / SIDE}%`, top: `${(100 * y) / SIDE}%` });
    cell.classList.toggle("live-down", down);
    if (pixels && !down) visited(x, y, pixels[y * SIDE + x]);
  };
  const { lift } = pen(node, {
    start: [14.5 / SIDE, 14.5 / SIDE],
    step: 1 / SIDE,
    begin,
    go: (points) => strokes(points.map(scaled)),
    shown,
    taps: () => tool().fills,
  });
  return {
    node,
    lift,
    /** Replace the image by what `make` makes of it. */
    change(make) {
      if (pixels) keep();
      show(make(pixels));
    },
    undo() {
      if (past.length) show(past.pop());
    },
  };
}

async function draw({ body, options, ask, say, fail }) {
  const { networks, classes, pictures } = options;
  const state = { tool: "brush", size: 2, grey: 80, cover: false };
  const words = h("p", { class: "live-readout" });
  const chart = bars({ caption: "Probability of each class", labels: classes, pair: networks });
  const cover = coverMap();
  const maps = [
    [8, 3],
    [16, 2.8],
    [16, 5.6],
  ].map(([columns, size], n) => {
    const picture = gallery(`Feature maps behind stage ${n + 1}`, columns, size);
    const title = h("figcaption");
    const showMaps = ({ shape, values }) => {
      const [count, high, wide] = shape;
      title.textContent = `Behind stage ${n + 1}: ${count} maps, ${high} × ${wide}`;
      picture.show(shape, values);
    };
    return { node: h("figure", { class: "live-named" }, title, picture.node), show: showMaps };
  });
  const show = (said, { pixels }) => {
    fail();
    words.textContent = saying(said.probabilities, options, !pixels.some(Boolean));
    chart.show(classes.map((_, k) => said.probabilities.map((belief) => belief[k])));
    maps.forEach((map, stage) => map.show(said.maps[stage]));
    cover.show(pixels, said, options);
    say(`${words.textContent.replaceAll("\n", ". ")}. ${cover.said()}`.trim());
  };
  const update = latest(ask, show, fail);
  let now;
  const undo = button("Undo", () => paint.undo());
  const tool = () => {
    const grey = state.tool === "eraser" ? 0 : Math.round(2.55 * state.grey);
    return { fills: state.tool === "fill", size: state.size, grey };
  };
  const paint = easel(
    tool,
    (pixels, undos) => {
      now = pixels;
      undo.disabled = !undos;
      update({ pixels, cover: state.cover });
    },
    (x, y, grey) => say(`Row ${y + 1}, column ${x + 1}: ${Math.round(grey / 2.55)} % bright.`),
  );

  const thumbs = pictures.map(([name, text]) => {
    const image = sheet({ "aria-hidden": "true" });
    greys(image, unpacked(text));
    return h(
      "button",
      {
        type: "button",
        class: "live-button live-thumb",
        onclick: () => paint.change(() => unpacked(text)),
      },
      image,
      h("span", {}, name),
    );
  });
  const move = (label, name, right, down) =>
    button(label, () => paint.change((pixels) => moved(pixels, right, down)), {
      "aria-label": `Move ${name}`,
    });
  const start = unpacked(pictures[0][1]);
  body.append(
    h(
      "div",
      { class: "live-columns live-clothes" },
      h(
        "div",
        {},
        paint.node,
        words,
        choice({
          label: "Tool:",
          value: state.tool,
          choices: [
            ["brush", "brush"],
            ["eraser", "eraser"],
            ["fill", "fill"],
          ],
          change: (value) => {
            state.tool = value;
            paint.lift();
          },
        }),
        slider({
          label: "Size",
          min: 1,
          max: 8,
          step: 1,
          value: state.size,
          format: (n) => `${n} px`,
          change: (n) => (state.size = n),
        }).node,
        slider({
          label: "Brightness",
          min: 0,
          max: 100,
          step: 5,
          value: state.grey,
          format: (n) => `${n} %`,
          change: (n) => (state.grey = n),
        }).node,
        h(
          "div",
          { class: "live-row" },
          undo,
          button("Empty", () => paint.change((pixels) => pixels.map(() => 0))),
          button("Mirror", () => paint.change(mirrored)),
        ),
        h(
          "div",
          { class: "live-row" },
          "Move",
          move("←", "left", -1, 0),
          move("→", "right", 1, 0),
          move("↑", "up", 0, -1),
          move("↓", "down", 0, 1),
        ),
      ),
      chart.node,
    ),
    h(
      "div",
      { class: "live-thumbs", role: "group", "aria-label": "Start from a picture of the test set" },
      thumbs,
    ),
    check({
      label: "Cover each square in turn: where does the belief come from?",
      value: false,
      change: (value) => {
        state.cover = value;
        update({ pixels: now, cover: value });
      },
    }),
    cover.node,
    h(
      "div",
      { class: "live-row live-layers" },
      maps.map(({ node }) => node),
    ),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ pixels: start, cover: false }), { pixels: start });
  paint.change(() => start);
}

export default live({ draw, answer });
