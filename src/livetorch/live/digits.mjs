// Draw a digit, and see what a trained network makes of it.
import { live, h, s, button, latest } from "./frame.mjs";
import { strokeImage } from "./strokes.mjs";

const AREA = 280;

/** What the exported model says, run by onnxruntime in a worker. */
export async function answer(question, _options, page) {
  const { run } = await import(new URL(`runtime.mjs?v=${page.version}`, page.base));
  const image = strokeImage(question);
  const { logits, ...maps } = await run(page, "digits", { image: { data: image, dims: [1, 1, 8, 8] } });
  const largest = Math.max(...logits.data);
  const powers = [...logits.data].map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return {
    image: [...image],
    probabilities: powers.map((value) => value / total),
    maps: Object.values(maps).map(({ data, dims }) => ({ shape: dims.slice(1), values: [...data] })),
  };
}

const percent = (value) => `${value > .995 && value < 1 ? "> 99" : Math.round(value * 100)} %`;

/** The network's belief in words, honest where it has none. */
export function verdict(probabilities, sure) {
  const [first, second] = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  if (probabilities[first] >= sure) return `It reads a ${first} (${percent(probabilities[first])}).`;
  return `It is unsure: ${first} (${percent(probabilities[first])}) or ${second} (${percent(probabilities[second])})?`;
}

/** Images side by side on one canvas, each scaled to its own largest value. */
function gallery(label, columns, size) {
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
        context.globalAlpha = top > 0 ? .08 + .92 * Math.max(0, value / top) : .08;
        const x = (map % columns) * (width + gap) + (i % width);
        context.fillRect(x, Math.floor(map / columns) * (height + gap) + Math.floor(i / width), 1, 1);
      });
    }
  };
  return { node: canvas, show };
}

function bars() {
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = h("span", { class: "live-bar" });
    const text = h("td", {}, "");
    return { bar, text, node: h("tr", {}, h("th", { scope: "row" }, digit), h("td", { class: "live-track" }, bar), text) };
  });
  const node = h("table", { class: "live-bars" }, h("caption", { class: "live-voice" }, "Probability of each digit"),
    h("tbody", {}, rows.map((row) => row.node)));
  const show = (probabilities) => {
    probabilities.forEach((value, digit) => {
      rows[digit].bar.style.width = `${value * 100}%`;
      rows[digit].text.textContent = percent(value);
    });
  };
  return { node, show };
}

/** The area to draw in: pointer or keys; `changed` gets the strokes. */
function pad(changed) {
  let strokes = [];
  let fresh = true; // the first stroke replaces an example
  let pen = [.5, .2];
  let down = false;
  const ink = s("path", { class: "live-ink", d: "" });
  const cross = s("path", { class: "live-pen" });
  const node = s("svg", { viewBox: `0 0 ${AREA} ${AREA}`, class: "live-pad", tabindex: 0, role: "application",
    "aria-label": "Drawing area. Arrow keys move the pen, Space puts it down or lifts it." }, ink, cross);
  const show = () => {
    ink.setAttribute("d", strokes.map((stroke) => {
      const points = stroke.map(([x, y]) => `${(x * AREA).toFixed(1)} ${(y * AREA).toFixed(1)}`);
      return `M${points.length > 1 ? points.join("L") : `${points[0]}l.01 0`}`;
    }).join(""));
    const [x, y] = pen.map((value) => value * AREA);
    cross.setAttribute("d", `M${x - 9} ${y}h18M${x} ${y - 9}v18`);
    cross.classList.toggle("live-down", down);
  };
  const begin = (point) => {
    if (fresh) strokes = [];
    fresh = false;
    strokes.push([point]);
    show();
    changed(strokes);
  };
  const go = (point) => {
    strokes.at(-1).push(point);
    show();
    changed(strokes);
  };
  const at = (event) => {
    const box = node.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]
      .map((value) => Math.max(0, Math.min(1, value)));
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    node.setPointerCapture(event.pointerId);
    begin(at(event));
  });
  node.addEventListener("pointermove", (event) => {
    if (!node.hasPointerCapture(event.pointerId)) return;
    // A quick hand moves several times between two frames; each place counts.
    for (const one of event.getCoalescedEvents?.() ?? []) strokes.at(-1).push(at(one));
    go(at(event));
  });
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  node.addEventListener("keydown", (event) => {
    const [dx, dy] = moves[event.key] ?? [0, 0];
    if (event.key !== " " && !dx && !dy) return;
    event.preventDefault();
    if (event.key === " ") {
      down = !down;
      if (down) begin(pen);
    }
    pen = [pen[0] + dx / 20, pen[1] + dy / 20].map((value) => Math.max(0, Math.min(1, value)));
    if (down && (dx || dy)) go(pen);
    show();
  });
  const put = (drawn) => {
    strokes = drawn.map((stroke) => [...stroke]);
    fresh = true;
    down = false;
    show();
    changed(strokes);
  };
  return { node, put };
}

async function draw({ body, options, ask, say, fail }) {
  const words = h("p", { class: "live-readout" });
  const chart = bars();
  const image = gallery("What the network gets: 8 by 8 numbers", 1, 10);
  const maps = [gallery("Feature maps of the first layer", 8, 5), gallery("Feature maps of the second layer", 8, 8)];
  const show = (said, { strokes }) => {
    fail();
    words.textContent = strokes.length ? verdict(said.probabilities, options.sure) : "Draw a digit.";
    say(words.textContent);
    chart.show(strokes.length ? said.probabilities : said.probabilities.map(() => 0));
    image.show([1, 8, 8], said.image);
    maps.forEach((map, layer) => map.show(said.maps[layer].shape, said.maps[layer].values));
  };
  const update = latest(ask, show, fail);
  const area = pad((strokes) => update({ strokes }));
  const picks = options.examples.map(({ name, strokes }) => button(name, () => area.put(strokes)));
  const named = (title, { node }) => h("figure", { class: "live-named" }, h("figcaption", {}, title), node);
  body.append(
    h("div", { class: "live-columns" },
      h("div", {}, area.node, h("div", { class: "live-row" }, button("Clear", () => area.put([])))),
      h("div", {}, words, chart.node)),
    h("div", { class: "live-row" }, "Or look at: ", picks),
    h("div", { class: "live-row live-layers" }, named("It gets", image), named("First layer", maps[0]), named("Second layer", maps[1])),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ strokes: options.examples[0].strokes }), options.examples[0]);
  area.put(options.examples[0].strokes);
}

export default live({ draw, answer });
