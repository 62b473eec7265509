// How much faster many processes are, for a model, a batch and links of the reader's.
import { check, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { plot } from "../parts/plot.mjs";

/** For 1 to 64 processes, how many times as many examples a second; the formula is the chapter's. */
export function answer({ milliseconds, megabytes, bandwidth, growing }, { processes, latency }) {
  const known = [milliseconds, megabytes, bandwidth].every(
    (number) => Number.isFinite(number) && number > 0,
  );
  if (!known) throw new Error("Times, sizes and speeds must be numbers above 0.");
  const compute = milliseconds / 1e3;
  const found = Array.from({ length: processes }, (_, i) => {
    const P = i + 1;
    const exchange =
      (2 * ((P - 1) / P) * megabytes * 1e6) / (bandwidth * 1e9) + 2 * (P - 1) * latency;
    return growing ? (P * compute) / (compute + exchange) : compute / (compute / P + exchange);
  });
  return { speed_ups: found };
}

const timesText = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));

/** What the curve says, in a sentence: the best number of processes, and the first half of it. */
export function verdict(speedUps) {
  const best = speedUps.reduce((top, value, i) => (value > speedUps[top] ? i : top), 0);
  const last = speedUps.length - 1;
  const most = `${timesText(speedUps[best])} times as fast`;
  if (best === 0) return "More processes only make it slower: stay with one.";
  if (best === last)
    return `${last + 1} processes: ${most}, ${Math.round((100 * speedUps[last]) / (last + 1))} % of the ideal.`;
  return `Best with ${best + 1} processes: ${most}. With ${last + 1}: ${timesText(speedUps[last])} times.`;
}

function draw({ body, options, ask, say, fail }) {
  const question = { ...options.start };
  const many = options.processes;
  const chart = plot({
    x: [0, many],
    y: [0, many],
    xLabel: "processes",
    yLabel: "speed-up",
    label: "Speed-up against the number of processes",
  });
  const ideal = Array.from({ length: many }, (_, i) => [i + 1, i + 1]);
  chart.layer().append(
    s("path", {
      d: chart.path(ideal),
      fill: "none",
      stroke: "var(--lt-ink)",
      "stroke-width": 1.2,
      "stroke-dasharray": "5 3",
    }),
  );
  chart
    .layer()
    .append(s("text", { x: chart.px(30), y: chart.py(40), "text-anchor": "end" }, "ideal"));
  const curve = chart.layer(false);
  const readout = h("p", { class: "live-readout" });
  const show = ({ speed_ups: speedUps }) => {
    fail();
    const points = speedUps.map((value, i) => [i + 1, value]);
    const top = speedUps.indexOf(Math.max(...speedUps));
    curve.replaceChildren(
      s("path", {
        d: chart.path(points),
        fill: "none",
        stroke: "var(--lt-blue)",
        "stroke-width": 2.2,
      }),
      s("circle", {
        cx: chart.px(top + 1),
        cy: chart.py(speedUps[top]),
        r: 4.5,
        fill: "var(--lt-orange)",
      }),
    );
    readout.textContent = verdict(speedUps);
    say(readout.textContent);
  };
  const update = latest(ask, show, fail);
  const changed = (name, value) => {
    question[name] = value;
    return update({ ...question });
  };
  const pick = (label, name, values, unit) =>
    slider({
      label,
      min: 0,
      max: values.length - 1,
      step: 1,
      value: values.indexOf(question[name]),
      format: (i) => `${values[i]} ${unit}`,
      change: (i) => changed(name, values[i]),
    }).node;
  body.append(
    pick("Step alone", "milliseconds", options.milliseconds, "ms"),
    pick("Gradient", "megabytes", options.megabytes, "MB"),
    pick("Links", "bandwidth", options.bandwidths, "GB/s"),
    check({
      label: "A full batch for each process",
      value: question.growing,
      change: (on) => changed("growing", on),
    }),
    chart.node,
    readout,
  );
  return changed("growing", question.growing);
}

export default live({ draw, answer });
