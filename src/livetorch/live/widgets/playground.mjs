// A small network that trains on points in a plane while one watches: backpropagation by hand.
import { button, choice, h, live, reducedMotion, s, slider } from "../frame/frame.mjs";
import { plot } from "../parts/plot.mjs";

/** Each activation, and its slope from its input and its output. */
const BENDS = {
  none: [(z) => z, () => 1],
  ReLU: [(z) => Math.max(0, z), (z) => (z > 0 ? 1 : 0)],
  tanh: [Math.tanh, (z, a) => 1 - a * a],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (z, a) => a * (1 - a)],
};

function networkSizes({ data, layers, width, activation }, { sets, most }) {
  const whole = Number.isInteger(layers) && Number.isInteger(width);
  if (
    !whole ||
    !sets[data] ||
    !BENDS[activation] ||
    layers < 0 ||
    layers > most[0] ||
    width < 1 ||
    width > most[1]
  )
    throw new Error("There is no such network or data set.");
  return [2, ...new Array(layers).fill(width), 1];
}

/** The first weights: of He's size for ReLU, else of Xavier's; small biases. */
function freshState(sizes, activation, start, draws) {
  const theta = [];
  for (let k = 0; k + 1 < sizes.length; k++) {
    const [fanIn, fanOut] = [sizes[k], sizes[k + 1]];
    const spread = Math.sqrt((activation === "ReLU" ? 2 : 1) / fanIn);
    for (const [scale, many] of [
      [spread, fanIn * fanOut],
      [0.3, fanOut],
    ]) {
      const place = theta.length + 97 * start;
      for (let i = 0; i < many; i++) theta.push(scale * draws[(place + i) % draws.length]);
    }
  }
  return { t: 0, theta, m: theta.map(() => 0), v: theta.map(() => 0) };
}

/** What each layer sums up (z) and gets (a) for one point; z of the last layer is the logit. */
function passForward(theta, sizes, bend, point) {
  const [sums, inputs] = [[], []];
  let signal = point;
  let place = 0;
  for (let k = 0; k + 1 < sizes.length; k++) {
    const [fanIn, fanOut] = [sizes[k], sizes[k + 1]];
    if (k > 0) signal = signal.map(bend[0]);
    inputs.push(signal);
    const z = new Array(fanOut);
    for (let o = 0; o < fanOut; o++) {
      let sum = theta[place + fanIn * fanOut + o];
      for (let i = 0; i < fanIn; i++) sum += theta[place + o * fanIn + i] * signal[i];
      z[o] = sum;
    }
    sums.push(z);
    signal = z;
    place += (fanIn + 1) * fanOut;
  }
  return { sums, inputs, logit: signal[0] };
}

/** Add one point's gradient of the cross-entropy, times `share`, to `gradient`. */
function passBackward(theta, sizes, bend, { sums, inputs, logit }, label, share, gradient) {
  let blame = [share * (1 / (1 + Math.exp(-logit)) - label)];
  let place = theta.length;
  for (let k = sizes.length - 2; k >= 0; k--) {
    const [fanIn, fanOut] = [sizes[k], sizes[k + 1]];
    place -= (fanIn + 1) * fanOut;
    const before = new Array(fanIn).fill(0);
    for (let o = 0; o < fanOut; o++) {
      gradient[place + fanIn * fanOut + o] += blame[o];
      for (let i = 0; i < fanIn; i++) {
        gradient[place + o * fanIn + i] += blame[o] * inputs[k][i];
        before[i] += blame[o] * theta[place + o * fanIn + i];
      }
    }
    if (k > 0) blame = before.map((value, i) => value * bend[1](sums[k - 1][i], inputs[k][i]));
  }
}

function adamStep({ theta, m, v, t }, gradient, rate) {
  gradient.forEach((g, i) => {
    m[i] = 0.9 * m[i] + 0.1 * g;
    v[i] = 0.999 * v[i] + 0.001 * g * g;
    const size = Math.sqrt(v[i]) / Math.sqrt(1 - 0.999 ** t) + 1e-8;
    theta[i] -= (rate / (1 - 0.9 ** t)) * (m[i] / size);
  });
}

/** Train for some steps from a state, or from the start; then the loss, the accuracy, the map. */
export function answer(question, options) {
  const { sets, draws, rate, cells, limit } = options;
  const sizes = networkSizes(question, options);
  const bend = BENDS[question.activation];
  const points = sets[question.data];
  const from = question.state ?? freshState(sizes, question.activation, question.start, draws);
  const state = { t: from.t, theta: [...from.theta], m: [...from.m], v: [...from.v] };
  for (let step = 0; step < question.steps; step++) {
    const gradient = state.theta.map(() => 0);
    for (const [x, y, label] of points) {
      const passed = passForward(state.theta, sizes, bend, [x, y]);
      passBackward(state.theta, sizes, bend, passed, label, 1 / points.length, gradient);
    }
    state.t += 1;
    adamStep(state, gradient, rate);
  }
  const logitAt = (x, y) => passForward(state.theta, sizes, bend, [x, y]).logit;
  let [loss, right] = [0, 0];
  for (const [x, y, label] of points) {
    const z = logitAt(x, y);
    loss += (Math.max(0, z) + Math.log1p(Math.exp(-Math.abs(z))) - label * z) / points.length;
    if (z > 0 === (label === 1)) right += 1;
  }
  const center = (i) => ((i + 0.5) / cells) * 2 * limit - limit;
  const grid = Array.from({ length: cells * cells }, (_, n) =>
    logitAt(center(n % cells), center(Math.floor(n / cells))),
  );
  return { state, loss, accuracy: right / points.length, grid };
}

function draw({ body, options, ask, say, fail, page }) {
  const { sets, most, cells, limit, last, activations } = options;
  let { data, layers, width, activation } = options;
  let [start, now, losses, turn, timer, running] = [0, undefined, [], 0, undefined, false];
  // In a page the training stands between the reader and the page, so that as many steps are taken
  // at once as this machine does in a moment; a kernel trains elsewhere.
  let pace = page ? 1 : options.steps;
  const span = [-limit, limit];
  const picture = plot({
    x: span,
    y: span,
    xLabel: "x₁",
    yLabel: "x₂",
    height: 356,
    grid: false,
    label: "The points of both classes, over the areas that the network gives to each",
  });
  const [areas, lines, marks] = [picture.layer(), picture.layer(), picture.layer()];
  const step = (2 * limit) / cells;
  const [wide, high] = [picture.px(step) - picture.px(0), picture.py(0) - picture.py(step)];
  const tiles = Array.from({ length: cells * cells }, (_, n) =>
    s("rect", {
      x: picture.px(-limit + (n % cells) * step),
      y: picture.py(-limit + (Math.floor(n / cells) + 1) * step),
      width: wide + 0.3,
      height: high + 0.3,
    }),
  );
  areas.append(...tiles);
  const chart = plot({
    x: [0, last],
    y: [0, 1],
    xLabel: "step",
    yLabel: "loss",
    label: "The loss after each step so far",
  });
  const curve = s("path", { fill: "none", stroke: "var(--lt-green)", "stroke-width": 2 });
  chart.layer().append(curve);
  const readout = h("p", { class: "live-readout" });

  const showPoints = () =>
    marks.replaceChildren(
      ...sets[data].map(([x, y, label]) => {
        const [cx, cy] = [picture.px(x), picture.py(y)];
        const look = { stroke: "var(--lt-paper)", "stroke-width": 1 };
        return label
          ? s("circle", { cx, cy, r: 3.6, fill: "var(--lt-blue)", ...look })
          : s("rect", {
              x: cx - 3.2,
              y: cy - 3.2,
              width: 6.4,
              height: 6.4,
              fill: "var(--lt-orange)",
              ...look,
            });
      }),
    );
  /** Where each unit of the first layer sums up to zero: two ends, far outside the picture. */
  const unitLines = ({ theta }) =>
    Array.from({ length: layers ? width : 1 }, (_, o) => {
      const [a, b, c] = [theta[2 * o], theta[2 * o + 1], theta[2 * (layers ? width : 1) + o]];
      const square = a * a + b * b || 1;
      const [x, y, far] = [(-a * c) / square, (-b * c) / square, 6 / Math.sqrt(square)];
      const ends = [
        [x - b * far, y + a * far],
        [x + b * far, y - a * far],
      ].map(([u, v]) => `${picture.px(u).toFixed(1)} ${picture.py(v).toFixed(1)}`);
      return s("path", {
        d: `M${ends[0]}L${ends[1]}`,
        stroke: "var(--lt-ink)",
        "stroke-width": 1.2,
        "stroke-dasharray": "5 4",
        fill: "none",
      });
    });
  const show = () => {
    now.grid.forEach((logit, n) => {
      const sure = Math.tanh(Math.abs(logit) / 2);
      tiles[n].setAttribute("fill", logit > 0 ? "var(--lt-blue)" : "var(--lt-orange)");
      tiles[n].setAttribute("fill-opacity", (0.08 + 0.42 * sure).toFixed(2));
    });
    lines.replaceChildren(...unitLines(now.state));
    curve.setAttribute("d", chart.path(losses));
    const many = now.state.theta.length;
    const text = `Step ${now.state.t}: loss ${now.loss.toFixed(3)}, ${Math.round(now.accuracy * sets[data].length)} of ${sets[data].length} points right. ${many} parameters.`;
    readout.textContent = text;
    say(text);
  };
  const label = () =>
    (go.textContent = running ? "Pause" : now?.state.t >= last ? "Done" : "Train");
  const pause = () => {
    running = false;
    turn += 1;
    clearTimeout(timer);
    label();
  };
  /** One question; an answer to a network that was left meanwhile is dropped. */
  const train = async (steps) => {
    const asked = turn;
    try {
      const said = await ask({
        data,
        layers,
        width,
        activation,
        start,
        steps,
        state: now?.state ?? null,
      });
      if (asked !== turn) return;
      fail();
      now = said;
      losses.push([now.state.t, now.loss]);
      show();
      if (now.state.t >= last) pause();
      go.disabled = few.disabled = now.state.t >= last;
    } catch (error) {
      if (asked !== turn) return;
      pause();
      fail(error);
    }
  };
  const rest = (pause) => new Promise((resume) => (timer = setTimeout(resume, pause)));
  /** Some steps in portions, with a rest after each, until the reader does something else. */
  const trainOn = async (steps, pause) => {
    const asked = (turn += 1);
    for (let left = steps; left > 0 && asked === turn && now.state.t < last; ) {
      const portion = Math.min(left, pace);
      const before = performance.now();
      await train(portion);
      const took = performance.now() - before;
      if (page)
        pace =
          took > 30
            ? Math.max(1, Math.floor(pace / 2))
            : took < 12
              ? Math.min(options.steps, pace + 1)
              : pace;
      left -= portion;
      await rest(pause);
    }
  };
  const go = button("Train", () => {
    if (running) return pause();
    running = true;
    label();
    return trainOn(last, reducedMotion() ? 300 : 16);
  });
  const few = button("10 steps", () => (pause(), trainOn(options.steps, 0)));
  /** Begin anew with what is chosen now; a run stops. */
  const begin = () => {
    pause();
    [now, losses] = [undefined, []];
    go.disabled = few.disabled = false;
    showPoints();
    return train(0).then(label);
  };
  const other = button("Other start", () => {
    start += 1;
    return begin();
  });
  const key = (name, mark) =>
    h(
      "span",
      {},
      s("svg", { width: 24, height: 12, viewBox: "0 0 24 12", "aria-hidden": "true" }, mark),
      " ",
      name,
    );
  body.append(
    choice({
      label: "Data",
      value: data,
      choices: Object.keys(sets).map((name) => [name, name]),
      change: (name) => ((data = name), begin()),
    }),
    slider({
      label: "Hidden layers",
      min: 0,
      max: most[0],
      step: 1,
      value: layers,
      change: (value) => ((layers = value), begin()),
    }).node,
    slider({
      label: "Width",
      min: 1,
      max: most[1],
      step: 1,
      value: width,
      format: (value) => `${value} ${value === 1 ? "unit" : "units"}`,
      change: (value) => ((width = value), begin()),
    }).node,
    choice({
      label: "Activation",
      value: activation,
      choices: activations.map((name) => [name, name]),
      change: (name) => ((activation = name), begin()),
    }),
    h("div", { class: "live-row" }, go, few, other),
    h("div", { class: "live-columns" }, picture.node, chart.node),
    h(
      "p",
      { class: "live-row" },
      key("class 1", s("circle", { cx: 12, cy: 6, r: 4, fill: "var(--lt-blue)" })),
      key("class 0", s("rect", { x: 8, y: 2, width: 8, height: 8, fill: "var(--lt-orange)" })),
      key(
        "a unit's sum is zero",
        s("path", {
          d: "M1 6H23",
          stroke: "var(--lt-ink)",
          "stroke-width": 1.5,
          "stroke-dasharray": "5 4",
        }),
      ),
    ),
    readout,
  );
  return begin().then(() => pause);
}

export default live({ draw, answer });
