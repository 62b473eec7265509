// A 3 x 3 kernel over a small image: edit it, pick a cell of the output, see the nine products.
import { choice, h, latest, live, s, unique } from "../frame/frame.mjs";

const LIMIT = 99;
const SIZE = 340;

/** The cross-correlation of an image with the kernel, as torch's conv2d computes it. */
export function answer({ image: name, kernel, stride, padding }, { images }) {
  const image = images[name];
  if (!image) throw new Error("There is no such image here.");
  const weights = kernel.flat();
  if (
    weights.length !== 9 ||
    !weights.every((number) => Number.isFinite(number) && Math.abs(number) <= LIMIT)
  )
    throw new Error(`Each of the nine weights must be a number from -${LIMIT} to ${LIMIT}.`);
  if (![1, 2, 3].includes(stride) || ![0, 1, 2].includes(padding))
    throw new Error("The stride is 1, 2 or 3, the padding 0, 1 or 2.");
  const places = (size) => Math.floor((size + 2 * padding - 3) / stride) + 1;
  const sum = (i, j) => {
    let total = 0;
    for (let u = 0; u < 3; u++)
      for (let v = 0; v < 3; v++)
        total += kernel[u][v] * (image[i * stride - padding + u]?.[j * stride - padding + v] ?? 0);
    return total;
  };
  const output = Array.from({ length: places(image.length) }, (_, i) =>
    Array.from({ length: places(image[0].length) }, (_, j) => sum(i, j)),
  );
  return { output };
}

const short = (number) =>
  String(Number(number.toFixed(2)))
    .replace("-0.00", "0")
    .replace(/^-0$/, "0")
    .replace("-", "−");

/** Squares in grey from the smallest (dark) to the largest number (bright), with room for a border. */
function pixelMap(rows, border, label) {
  const [high, wide] = [rows.length, rows[0].length];
  const unit = SIZE / (Math.max(high, wide) + 2 * border);
  const flat = rows.flat();
  const [low, top] = [Math.min(...flat), Math.max(...flat)];
  const grey = (value) => (top > low ? Math.round((255 * (value - low)) / (top - low)) : 128);
  const squares = rows.map((row, i) =>
    row.map((value, j) =>
      s("rect", {
        x: (j + border) * unit,
        y: (i + border) * unit,
        width: unit + 0.3,
        height: unit + 0.3,
        fill: `rgb(${grey(value)} ${grey(value)} ${grey(value)})`,
      }),
    ),
  );
  const frame = s("rect", {
    x: border * unit,
    y: border * unit,
    width: wide * unit,
    height: high * unit,
    fill: "none",
    stroke: "var(--lt-grey)",
  });
  const outer =
    border > 0
      ? s("rect", {
          x: 0,
          y: 0,
          width: (wide + 2 * border) * unit,
          height: (high + 2 * border) * unit,
          fill: "none",
          stroke: "var(--lt-grey)",
          "stroke-dasharray": "5 4",
        })
      : undefined;
  const node = s(
    "svg",
    {
      viewBox: `-3 -3 ${(wide + 2 * border) * unit + 6} ${(high + 2 * border) * unit + 6}`,
      class: "live-plot",
      role: "img",
      "shape-rendering": "crispEdges",
      "aria-label": label,
      style: "max-width:20em",
    },
    squares.flat(),
    frame,
    outer,
  );
  return { node, unit };
}

const marked = (x, y, size) => [
  s("rect", {
    x,
    y,
    width: size,
    height: size,
    fill: "none",
    stroke: "var(--lt-paper)",
    "stroke-width": 6,
  }),
  s("rect", {
    x,
    y,
    width: size,
    height: size,
    fill: "none",
    stroke: "var(--lt-orange)",
    "stroke-width": 3,
  }),
];

function draw({ body, options, ask, say, fail }) {
  const names = Object.keys(options.images);
  const presets = Object.keys(options.presets);
  const state = {
    image: names[0],
    kernel: options.presets[presets[0]].map((row) => [...row]),
    stride: 1,
    padding: 1,
  };
  let at;
  let output = [];

  const boxes = [0, 1, 2].map((u) =>
    [0, 1, 2].map((v) =>
      h("input", {
        type: "text",
        inputmode: "text",
        autocomplete: "off",
        "aria-label": `Weight in row ${u + 1}, column ${v + 1}`,
        value: state.kernel[u][v],
        style:
          "width:3.6em;min-height:2.4em;text-align:center;font:inherit;font-size:16px;border:1px solid var(--lt-grey);border-radius:5px;background:var(--lt-paper);color:var(--lt-ink)",
        oninput: () => edited(),
      }),
    ),
  );
  const presetId = unique("preset");
  const own = h("option", { value: "" }, "my own");
  const preset = h(
    "select",
    {
      id: presetId,
      style:
        "font:inherit;font-size:16px;min-height:2.4em;max-width:100%;border:1px solid var(--lt-grey);border-radius:5px;background:var(--lt-paper);color:var(--lt-ink)",
      onchange: () => taken(),
    },
    presets.map((name) => h("option", { value: name }, name)),
    own,
  );
  const left = h("div");
  const right = h("div");
  const readout = h("p", { class: "live-readout" });
  const work = h("div", {
    class: "live-scroll",
    tabindex: 0,
    role: "region",
    "aria-label": "How the cell is computed",
  });

  const place = () => {
    const [i, j] = at;
    const image = options.images[state.image];
    const [top, start] = [i * state.stride - state.padding, j * state.stride - state.padding];
    const pixel = (u, v) => image[top + u]?.[start + v] ?? 0;
    const rows = [0, 1, 2].map((u) =>
      h(
        "tr",
        {},
        [0, 1, 2].map((v) => h("td", {}, `${short(state.kernel[u][v])} · ${short(pixel(u, v))}`)),
      ),
    );
    const products = state.kernel.flatMap((row, u) =>
      row.map((weight, v) => short(weight * pixel(u, v))),
    );
    work.replaceChildren(
      h("p", {}, "Weight · pixel, for the nine pixels of the window:"),
      h("table", {}, h("tbody", {}, rows)),
      h("p", {}, `Sum of the products: ${products.join(" + ").replaceAll("+ −", "− ")}`),
    );
    readout.textContent = `Output at row ${i}, column ${j}: the nine products add up to ${short(output[i][j])}.`;
    return [top, start];
  };

  let picture;
  let map;
  const mark = () => {
    const [top, start] = place();
    left.querySelectorAll("[data-mark]").forEach((node) => node.remove());
    right.querySelectorAll("[data-mark]").forEach((node) => node.remove());
    const border = state.padding;
    picture.node.append(
      s(
        "g",
        { "data-mark": true },
        marked((start + border) * picture.unit, (top + border) * picture.unit, 3 * picture.unit),
      ),
    );
    map.node.append(
      s("g", { "data-mark": true }, marked(at[1] * map.unit, at[0] * map.unit, map.unit)),
    );
    map.node.setAttribute("aria-valuetext", readout.textContent);
  };
  const move = (i, j) => {
    at = [
      Math.max(0, Math.min(output.length - 1, i)),
      Math.max(0, Math.min(output[0].length - 1, j)),
    ];
    mark();
    say(readout.textContent);
  };

  const show = (said, question) => {
    fail();
    output = said.output;
    const [high, wide] = [output.length, output[0].length];
    const image = options.images[question.image];
    at = at ?? [Math.floor(high / 2), Math.floor(wide / 2)];
    at = [Math.min(at[0], high - 1), Math.min(at[1], wide - 1)];
    picture = pixelMap(
      image,
      question.padding,
      `The image, ${image.length} by ${image[0].length} pixels`,
    );
    map = pixelMap(output, 0, "");
    const flat = output.flat();
    // One slider over all cells: the arrow keys move it, and a press on the map.
    for (const [name, value] of Object.entries({
      role: "slider",
      tabindex: 0,
      "aria-label": "Cell of the output",
      "aria-valuemin": 0,
      "aria-valuemax": high * wide - 1,
    }))
      map.node.setAttribute(name, value);
    map.node.style.cursor = "crosshair";
    map.node.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[
        event.key
      ];
      if (!step) return;
      event.preventDefault();
      move(at[0] + step[0], at[1] + step[1]);
      map.node.setAttribute("aria-valuenow", at[0] * wide + at[1]);
    });
    map.node.addEventListener("click", (event) => {
      const box = map.node.getBoundingClientRect();
      const unit = box.width / (wide + 6 / map.unit);
      move(
        Math.floor((event.clientY - box.top) / unit - 3 / map.unit),
        Math.floor((event.clientX - box.left) / unit - 3 / map.unit),
      );
    });
    map.node.setAttribute("aria-valuenow", at[0] * wide + at[1]);
    const around = question.padding > 0 ? ", and zeros up to the dashed line" : "";
    left.replaceChildren(
      h("p", {}, `Image, ${image.length} × ${image[0].length}${around}`),
      picture.node,
    );
    right.replaceChildren(
      h(
        "p",
        {},
        `Output, ${high} × ${wide}, from ${short(Math.min(...flat))} (dark) to ${short(Math.max(...flat))} (bright)`,
      ),
      map.node,
    );
    mark();
  };
  const update = latest(ask, show, fail);
  const changed = (what) => {
    say(what);
    return update({ ...state, kernel: state.kernel.map((row) => [...row]) });
  };

  function edited() {
    const typed = boxes.map((row) =>
      row.map((box) => {
        const text = box.value.trim().replace("−", "-").replace(",", ".");
        const number = text === "" ? NaN : Number(text);
        const good = Number.isFinite(number) && Math.abs(number) <= LIMIT;
        box.setAttribute("aria-invalid", !good);
        return good ? number : NaN;
      }),
    );
    preset.value = "";
    if (typed.flat().some(Number.isNaN))
      return fail(`Each weight is a number from −${LIMIT} to ${LIMIT}, such as −1 or 0.5.`);
    state.kernel = typed;
    return changed(`The weights add up to ${short(typed.flat().reduce((a, b) => a + b, 0))}.`);
  }
  function taken() {
    if (!options.presets[preset.value]) return undefined;
    state.kernel = options.presets[preset.value].map((row) => [...row]);
    boxes.forEach((row, u) =>
      row.forEach((box, v) => {
        box.value = state.kernel[u][v];
        box.setAttribute("aria-invalid", false);
      }),
    );
    return changed(`Kernel: ${preset.value}.`);
  }

  const few = (label, key, choices) =>
    choice({
      label,
      value: String(state[key]),
      choices: choices.map((n) => [String(n), String(n)]),
      change: (value) => {
        state[key] = Number(value);
        changed(`${label} ${value}.`);
      },
    });
  body.append(
    names.length > 1
      ? choice({
          label: "Image:",
          value: state.image,
          choices: names.map((name) => [name, name]),
          change: (name) => {
            state.image = name;
            at = undefined;
            changed(`Image: ${name}.`);
          },
        })
      : "",
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        {},
        h("div", { class: "live-field" }, h("label", { for: presetId }, "Kernel"), preset),
        h(
          "div",
          {
            role: "group",
            "aria-label": "The weights of the kernel",
            style: "display:grid;grid-template-columns:repeat(3,3.8em);gap:.3em;margin-top:.6em",
          },
          boxes.flat(),
        ),
      ),
      h("div", {}, few("Stride:", "stride", [1, 2, 3]), few("Padding:", "padding", [0, 1, 2])),
    ),
    h("div", { class: "live-columns" }, left, right),
    readout,
    work,
    h(
      "p",
      { class: "live-note" },
      "Press a cell of the output, or use the arrow keys on it. The orange square on the image is its window.",
    ),
  );
  return update({ ...state }).then(() => undefined);
}

export default live({ draw, answer });
