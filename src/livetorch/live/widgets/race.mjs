// A race of optimizers on a surface: pick the ground, the start, the rates and the noise.
import { choice, h, latest, live, player, s, slider } from "../frame/frame.mjs";
import { handle, plot } from "../parts/plot.mjs";

const STEPS = 100;
const TOO_HIGH = 1e6;
const HALF = Math.sqrt(0.5);
const NARROW = { height: (x, y) => (x * x + 100 * y * y) / 2, slope: (x, y) => [x, 100 * y] };

/** Height and slope of each ground, the part of it that is drawn, and where a race starts. */
const GROUNDS = {
  ravine: {
    text: "Ravine",
    ...NARROW,
    x: [-5, 5],
    y: [-2, 2],
    start: [-4, 1],
    levels: [1, 5, 20, 80, 200],
  },
  turned: {
    text: "Turned ravine",
    x: [-5, 5],
    y: [-5, 5],
    start: [-5 * HALF, -3 * HALF],
    levels: [5, 20, 80, 250, 600],
    height: (x, y) => NARROW.height((x + y) * HALF, (y - x) * HALF),
    slope: (x, y) => {
      const [u, v] = NARROW.slope((x + y) * HALF, (y - x) * HALF);
      return [(u - v) * HALF, (u + v) * HALF];
    },
  },
  saddle: {
    text: "Saddle",
    x: [-1, 1],
    y: [-2, 2],
    start: [0.2, 0.001],
    levels: [0.05, 0.15, 0.25, 0.5, 1, 2, 4],
    height: (x, y) => 10 * x * x - (y * y) / 2 + y ** 4 / 4 + 1 / 4,
    slope: (x, y) => [20 * x, y ** 3 - y],
  },
  bowl: {
    text: "Bowl",
    x: [-5, 5],
    y: [-5, 5],
    start: [4, 3],
    levels: [0.5, 2, 5, 10, 16],
    height: (x, y) => (x * x + y * y) / 2,
    slope: (x, y) => [x, y],
  },
};

/** Each rule moves one entry: (gradient, memory, rate, momentum) => how far down it goes. */
const RULES = {
  SGD: (g, memory, rate) => rate * g,
  momentum: (g, memory, rate, momentum) => rate * (memory.m = momentum * (memory.m ?? 0) + g),
  RMSProp: (g, memory, rate) => {
    memory.s = 0.9 * (memory.s ?? 0) + 0.1 * g * g;
    return (rate * g) / (Math.sqrt(memory.s) + 1e-8);
  },
  Adam: (g, memory, rate) => {
    memory.t = (memory.t ?? 0) + 1;
    memory.m = 0.9 * (memory.m ?? 0) + 0.1 * g;
    memory.s = 0.999 * (memory.s ?? 0) + 0.001 * g * g;
    return (
      (rate * memory.m) /
      (1 - 0.9 ** memory.t) /
      (Math.sqrt(memory.s / (1 - 0.999 ** memory.t)) + 1e-8)
    );
  },
};

/** Where each optimizer goes, and how high it is there. */
export function answer({ surface, start, rates, momentum, noise }, options) {
  const ground = GROUNDS[surface];
  if (!ground) throw new Error(`There is no surface '${surface}'.`);
  const walk = (name) => {
    const memories = [{}, {}];
    const path = [];
    let place = start;
    for (let step = 0; step <= STEPS; step++) {
      const height = ground.height(...place);
      path.push([...place, height]);
      if (step === STEPS || !(height < TOO_HIGH)) break;
      const slope = ground.slope(...place);
      place = place.map(
        (at, i) =>
          at -
          RULES[name](
            slope[i] + noise * options.draws[step][i],
            memories[i],
            rates[name],
            momentum,
          ),
      );
    }
    return path;
  };
  return { paths: Object.fromEntries(Object.keys(rates).map((name) => [name, walk(name)])) };
}

/** The line of one height as pieces: each cell of a grid is two triangles, each cut at most once. */
function contour(ground, level, cells = 56) {
  const at = (i, j) => {
    const place = [ground.x, ground.y].map(
      ([low, high], k) => low + ((high - low) * [i, j][k]) / cells,
    );
    return [...place, ground.height(...place) - level];
  };
  const pieces = [];
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const [a, b, c, d] = [at(i, j), at(i + 1, j), at(i, j + 1), at(i + 1, j + 1)];
      for (const corners of [
        [a, b, c],
        [d, b, c],
      ]) {
        const cut = corners.flatMap((p, k) => {
          const q = corners[(k + 1) % 3];
          if (p[2] < 0 === q[2] < 0) return [];
          const share = p[2] / (p[2] - q[2]);
          return [[p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]];
        });
        if (cut.length === 2) pieces.push(...cut, [NaN, NaN]);
      }
    }
  }
  return pieces;
}

/** Color and dashes of each line. */
const LOOKS = {
  SGD: ["orange", "none"],
  momentum: ["blue", "7 3"],
  RMSProp: ["plum", "2 3"],
  Adam: ["green", "9 3 2 3"],
};
const LOWEST = -6;
const power = (height) => Math.max(LOWEST, Math.log10(Math.max(height, 1e-12)));
const written = (number) =>
  number === 0
    ? "0"
    : number < 0.001 || number >= 1e4
      ? number.toExponential(1)
      : String(Number(number.toPrecision(2)));
const at = (path, step) => path[Math.min(step, path.length - 1)];
const left = (path, step) => path.length <= STEPS && step >= path.length - 1;

/** Who is lowest and who is highest after some steps, in a sentence. */
function told(paths, step) {
  const gone = Object.keys(paths).filter((name) => left(paths[name], step));
  const order = Object.keys(paths)
    .filter((name) => !gone.includes(name))
    .sort((a, b) => at(paths[a], step)[2] - at(paths[b], step)[2]);
  const heights = order.map((name) => `${name} ${written(at(paths[name], step)[2])}`);
  const still = heights.length
    ? `Heights after step ${step}, lowest first: ${heights.join(", ")}.`
    : `After step ${step}:`;
  return gone.length ? `${still} Gone for good: ${gone.join(", ")}.` : still;
}

function draw({ body, options, ask, say, fail }) {
  let { surface, momentum, noise } = options;
  let start = [...options.start];
  const rates = { ...options.rates };
  const names = Object.keys(rates);
  let paths,
    shown = STEPS,
    map,
    place,
    tracks;

  const run = plot({
    x: [0, STEPS],
    y: [LOWEST, 3],
    xLabel: "step",
    yLabel: "height, as a power of ten",
    height: 270,
    label: "Height of each optimizer against the step",
  });
  const lines = run.layer(),
    cursor = run.layer();
  const frame = h("div", {});
  const words = h("p", { class: "live-readout" });
  const look = (name) => ({
    fill: "none",
    stroke: `var(--lt-${LOOKS[name][0]})`,
    "stroke-width": 1.8,
    "stroke-dasharray": LOOKS[name][1],
  });

  /** A new map: the grounds differ in what part of the plane is worth seeing. */
  const lay = () => {
    const ground = GROUNDS[surface];
    map = plot({
      x: ground.x,
      y: ground.y,
      xLabel: "x",
      yLabel: "y",
      height: 270,
      grid: false,
      label: `Map of the ${ground.text.toLowerCase()}, with the paths`,
    });
    const rings = map.layer();
    tracks = map.layer();
    rings.append(
      ...ground.levels.map((level) =>
        s("path", {
          d: map.path(contour(ground, level)),
          fill: "none",
          stroke: "var(--lt-grey)",
          "stroke-width": 1,
        }),
      ),
    );
    place = handle(map, {
      label: "Start of the race",
      at: start,
      step: [ground.x, ground.y].map(([low, high]) => (high - low) / 100),
      color: "var(--lt-ink)",
      text: ([x, y]) => `x ${x.toFixed(2)}, y ${y.toFixed(2)}`,
      move: (to) => {
        start = to;
        change();
      },
    });
    map.layer(false).append(place.node);
    frame.replaceChildren(map.node);
  };
  const show = () => {
    if (!paths) return;
    tracks.replaceChildren(
      ...names.flatMap((name) => {
        const path = paths[name].slice(0, shown + 1);
        const [x, y] = path.at(-1);
        const near = [
          [x, map.x],
          [y, map.y],
        ].every(([value, [low, high]]) => value >= low && value <= high);
        return [
          s("path", { d: map.path(path), ...look(name) }),
          near
            ? s("circle", {
                cx: map.px(x),
                cy: map.py(y),
                r: 4,
                fill: `var(--lt-${LOOKS[name][0]})`,
              })
            : null,
        ].filter(Boolean);
      }),
    );
    cursor.replaceChildren(
      s("path", {
        d: run.path([
          [shown, LOWEST],
          [shown, 3],
        ]),
        stroke: "var(--lt-grey)",
        "stroke-dasharray": "2 3",
      }),
    );
    words.textContent = told(paths, shown);
    say(words.textContent);
  };
  const arrived = (answered) => {
    fail();
    paths = answered.paths;
    lines.replaceChildren(
      ...names.map((name) =>
        s("path", {
          d: run.path(paths[name].map(([, , height], step) => [step, power(height)])),
          ...look(name),
        }),
      ),
    );
    show();
  };
  const update = latest(ask, arrived, fail);
  const change = () => update({ surface, start, rates: { ...rates }, momentum, noise });
  const steps = player({
    label: "Step",
    last: STEPS,
    start: STEPS,
    pause: 120,
    show: (step) => {
      shown = step;
      show();
    },
  });
  const where = choice({
    label: "Ground",
    value: surface,
    choices: Object.entries(GROUNDS).map(([key, { text }]) => [key, text]),
    change: (key) => {
      surface = key;
      start = [...GROUNDS[key].start];
      lay();
      change();
    },
  });
  // A rate is set by its exponent: what matters are factors.
  const speeds = names.map((name) => {
    const key = s(
      "svg",
      { viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true" },
      s("path", { d: "M1 6H27", ...look(name), "stroke-width": 2.5 }),
    );
    const bar = slider({
      label: `${name} rate`,
      min: -4,
      max: 0.5,
      step: 0.05,
      value: Math.log10(rates[name]),
      format: (value) => written(10 ** value),
      change: (value) => {
        rates[name] = 10 ** value;
        change();
      },
    });
    bar.node.querySelector("label").prepend(key, " ");
    return bar.node;
  });
  const pull = slider({
    label: "Momentum μ",
    min: 0,
    max: 0.99,
    step: 0.01,
    value: momentum,
    format: (value) => value.toFixed(2),
    change: (value) => {
      momentum = value;
      change();
    },
  });
  const shake = slider({
    label: "Noise",
    min: 0,
    max: 4,
    step: 0.1,
    value: noise,
    format: (value) => value.toFixed(1),
    change: (value) => {
      noise = value;
      change();
    },
  });
  lay();
  body.append(
    where,
    h("div", { class: "live-columns" }, frame, run.node),
    words,
    ...speeds,
    pull.node,
    shake.node,
    steps.node,
  );
  change();
  return steps.stop;
}

export default live({ draw, answer });
