// Polynomials of every degree through some points, and what each loses on new ones.
import { check, choice, h, latest, live, s, slider } from "../frame/frame.mjs";
import { plot } from "../parts/plot.mjs";

/** Least squares by Householder reflections, as accurate as torch's lstsq; rows and targets are changed. */
function leastSquares(rows, targets) {
  const width = rows[0].length;
  for (let k = 0; k < width; k++) {
    let length = Math.hypot(...rows.slice(k).map((row) => row[k]));
    if (rows[k][k] > 0) length = -length;
    const v = rows.map((row, i) => (i < k ? 0 : row[k]));
    v[k] -= length;
    const square = v.reduce((sum, value) => sum + value * value, 0);
    if (square === 0) continue;
    const reflect = (get, set) => {
      const along = (2 * v.reduce((sum, value, i) => sum + value * get(i), 0)) / square;
      for (let i = k; i < rows.length; i++) set(i, get(i) - along * v[i]);
    };
    for (let j = k; j < width; j++)
      reflect(
        (i) => rows[i][j],
        (i, value) => (rows[i][j] = value),
      );
    reflect(
      (i) => targets[i],
      (i, value) => (targets[i] = value),
    );
  }
  const weights = new Array(width).fill(0);
  for (let k = width - 1; k >= 0; k--) {
    let rest = targets[k];
    for (let j = k + 1; j < width; j++) rest -= rows[k][j] * weights[j];
    weights[k] = rest / rows[k][k];
  }
  return weights;
}

function fitPolynomial(x, y, degree, strength) {
  const powers = Array.from({ length: degree + 1 }, (_, k) => k);
  const design = x.map((value) => powers.map((k) => value ** k));
  const size = Math.sqrt(x.length * strength);
  // The penalty as more examples, whose targets are 0; the constant is free.
  const penalty = powers.slice(1).map((k) => powers.map((j) => (j === k ? size : 0)));
  return leastSquares([...design, ...penalty], [...y, ...penalty.map(() => 0)]);
}

const heightAt = (weights, x) => weights.reduceRight((sum, weight) => sum * x + weight, 0);
const halfMse = ([x, y], weights) =>
  x.reduce((sum, value, i) => sum + (heightAt(weights, value) - y[i]) ** 2, 0) / x.length / 2;
const places = ([low, high], many) =>
  Array.from({ length: many }, (_, i) => low + ((high - low) * i) / (many - 1));

/** The fitted curve, and the training and validation loss of every degree. */
export function answer(
  { degree, count, strength },
  { train, val, degrees, counts, strengths, ranges, samples },
) {
  const known = Number.isInteger(degree) && degree >= 0 && degree <= degrees;
  if (!known || !counts.includes(count) || !strengths.includes(strength))
    throw new Error("There is no such choice.");
  const part = train.map((values) => values.slice(0, count));
  const fits = Array.from({ length: degrees + 1 }, (_, d) => fitPolynomial(...part, d, strength));
  return {
    curve: places(ranges[0], samples).map((x) => heightAt(fits[degree], x)),
    losses: fits.map((weights) => [halfMse(part, weights), halfMse(val, weights)]),
  };
}

const SIDES = [
  ["train", "blue", "circle"],
  ["val", "orange", "square"],
];
const written = (loss) => (loss < 1000 ? loss.toPrecision(3) : "over 1000");

function mark(axes, shape, [x, y], color, size = 3.5, opacity = 1) {
  const common = { fill: `var(--lt-${color})`, "fill-opacity": opacity };
  const [cx, cy] = [axes.px(x), axes.py(y)];
  return shape === "circle"
    ? s("circle", { cx, cy, r: size, ...common })
    : s("rect", { x: cx - size, y: cy - size, width: 2 * size, height: 2 * size, ...common });
}

function draw({ body, options, ask, say, fail }) {
  const { train, val, degrees, counts, strengths, ranges, samples } = options;
  let [degree, count, strength, fresh] = [options.degree, counts[0], strengths[0], false];
  const picture = plot({
    x: ranges[0],
    y: ranges[1],
    xLabel: "x",
    label: "The points and the fitted polynomial",
  });
  const [behind, marks, line] = [picture.layer(), picture.layer(), picture.layer()];
  const chart = plot({
    x: [-0.5, degrees + 0.5],
    y: ranges[2],
    xLabel: "degree",
    yLabel: "loss",
    label: "The loss for every degree",
  });
  const [here, curves] = [chart.layer(false), chart.layer()];
  const readout = h("p", { class: "live-readout" });
  const pairs = ([x, y], many = x.length) => x.slice(0, many).map((value, i) => [value, y[i]]);

  const show = ({ curve, losses }) => {
    fail();
    behind.replaceChildren(
      ...(fresh
        ? pairs(val).map((point) => mark(picture, "square", point, "orange", 2.2, 0.45))
        : []),
    );
    marks.replaceChildren(
      ...pairs(train, count).map((point) => mark(picture, "circle", point, "blue")),
    );
    const points = places(ranges[0], samples).map((x, i) => [x, curve[i]]);
    line.replaceChildren(
      s("path", {
        d: picture.path(points),
        fill: "none",
        stroke: "var(--lt-ink)",
        "stroke-width": 2,
      }),
    );
    const at = chart.px(degree);
    here.replaceChildren(
      s("path", {
        d: `M${at} 22V212`,
        stroke: "var(--lt-ink)",
        "stroke-width": 1.2,
        "stroke-dasharray": "3 3",
      }),
    );
    curves.replaceChildren(
      ...SIDES.flatMap(([, color, shape], side) => {
        const line = losses.map((pair, d) => [d, pair[side]]);
        const dash = side ? "5 3" : "none";
        return [
          s("path", {
            d: chart.path(line),
            fill: "none",
            stroke: `var(--lt-${color})`,
            "stroke-width": 1.6,
            "stroke-dasharray": dash,
          }),
          ...line
            .filter(([, loss]) => loss <= ranges[2][1])
            .map((point) => mark(chart, shape, point, color)),
        ];
      }),
    );
    const [onTrain, onVal] = losses[degree];
    const best = losses.reduce((least, pair, d) => (pair[1] < losses[least][1] ? d : least), 0);
    const text = `Degree ${degree}: training loss ${written(onTrain)}, validation loss ${written(onVal)}. Lowest on validation: degree ${best}.`;
    readout.textContent = text;
    say(text);
  };
  const update = latest(ask, show, fail);
  const changed = () => update({ degree, count, strength });
  const key = (name, color, shape) => {
    const sign = { px: (v) => v, py: (v) => v };
    return h(
      "span",
      {},
      s(
        "svg",
        { width: 14, height: 12, viewBox: "0 0 14 12", "aria-hidden": "true" },
        mark(sign, shape, [6, 6], color),
      ),
      name,
    );
  };
  body.append(
    slider({
      label: "Degree",
      min: 0,
      max: degrees,
      step: 1,
      value: degree,
      change: (value) => ((degree = value), changed()),
    }).node,
    choice({
      label: "Training points",
      choices: counts.map((c) => [c, String(c)]),
      value: count,
      change: (value) => ((count = value), changed()),
    }),
    choice({
      label: "Weight decay",
      choices: strengths.map((a) => [a, a ? String(a) : "none"]),
      value: strength,
      change: (value) => ((strength = value), changed()),
    }),
    check({
      label: "Show the validation points",
      value: fresh,
      change: (value) => ((fresh = value), changed()),
    }),
    h(
      "div",
      { class: "live-columns" },
      picture.node,
      h(
        "div",
        {},
        chart.node,
        h(
          "p",
          { class: "live-row" },
          key("training loss", "blue", "circle"),
          key("validation loss", "orange", "square"),
        ),
      ),
    ),
    readout,
  );
  return changed();
}

export default live({ draw, answer });
