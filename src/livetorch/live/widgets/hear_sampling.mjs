// A tone and its samples: the tone that the samples show, drawn, and heard at a press.
import { button, choice, slider } from "../frame/controls.mjs";
import { h, s } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { loudspeaker } from "../parts/loudspeaker.mjs";
import { plot } from "../parts/plot.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Moment } from "../parts/loudspeaker.mjs" */
/**
 * The rates to choose from, the highest tone, how much is drawn; tone and rate of the start.
 * @typedef {{ rates: number[], highest: number, milliseconds: number } & Question} Options
 */
/** @typedef {{ hertz: number, rate: number }} Question */
/** @typedef {{ shown: number, sign: number, samples: number[] }} Answer */

const [LOWEST, STEP] = [50, 50];
/** How long a tone is, and one that rises over all, in seconds. */
const [ONE, RISE] = [1.2, 6];

/**
 * The tone below half the rate that has the samples of another.
 * @param {number} hertz
 * @param {number} rate
 */
export const shownTone = (hertz, rate) => Math.min(hertz % rate, rate - (hertz % rate));

/**
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ hertz, rate }, { rates, highest, milliseconds }) {
  if (!rates.includes(rate)) throw new Error("The rate is 8000, 4000 or 2000 samples a second.");
  if (!Number.isInteger(hertz) || hertz <= 0 || hertz > highest)
    throw new Error(`The tone is a whole number of hertz, from 1 to ${highest}.`);
  const count = Math.floor((milliseconds * rate) / 1000) + 1;
  return {
    shown: shownTone(hertz, rate),
    sign: hertz % rate > rate / 2 ? -1 : 1,
    samples: Array.from({ length: count }, (_, j) =>
      Math.sin((2 * Math.PI * ((hertz * j) % rate)) / rate),
    ),
  };
}

/**
 * What the samples say of a tone that rises evenly: up to half the rate, down to 0, up again.
 * @param {number} from
 * @param {number} to
 * @param {number} rate
 * @param {number} seconds
 * @returns {Moment[]}
 */
export function folded(from, to, rate, seconds) {
  const turns = [];
  for (let hertz = rate / 2; hertz < to; hertz += rate / 2) if (hertz > from) turns.push(hertz);
  return [from, ...turns, to].map((hertz) => [
    ((hertz - from) / (to - from)) * seconds,
    shownTone(hertz, rate),
  ]);
}

const inHertz = (/** @type {number} */ hertz) => `${hertz.toLocaleString("en")} Hz`;

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const { highest, milliseconds } = options;
  let { hertz, rate } = options;
  const speaker = loudspeaker();
  /** @type {number | undefined} */
  let rising;

  const waves = plot({
    x: [0, milliseconds],
    y: [-1.2, 1.2],
    xLabel: "milliseconds",
    height: 210,
    grid: false,
    label: "The tone, its samples, and the tone that the samples show",
  });
  const [tone, shownLine] = ["grey", "blue"].map((color) =>
    s("path", { fill: "none", stroke: `var(--lt-${color})`, "stroke-width": 1.6 }),
  );
  const dots = s("g", {});
  waves.layer().append(tone, shownLine, dots);
  const map = plot({
    x: [0, highest],
    y: [0, 4400],
    xLabel: "tone (Hz)",
    yLabel: "what the samples show (Hz)",
    height: 230,
    label: "The tone that the samples show, for each tone",
  });
  const zigzag = s("path", { fill: "none", stroke: "var(--lt-grey)", "stroke-width": 1.8 });
  const here = s("circle", { r: 6, fill: "var(--lt-orange)", stroke: "var(--lt-ink)" });
  map.layer(false).append(zigzag, here);
  const readout = h("p", { class: "live-readout" });
  const playing = h("p", { class: "live-readout" });

  /**
   * @param {number} of the wave's hertz
   * @param {number} sign
   */
  const wave = (of, sign) =>
    waves.path(
      Array.from({ length: 601 }, (_, i) => {
        const time = (i / 600) * milliseconds;
        return [time, sign * Math.sin((2 * Math.PI * of * time) / 1000)];
      }),
    );
  const update = latest(
    ask,
    (/** @type {Answer} */ { shown, sign, samples }, question) => {
      fail();
      tone.setAttribute("d", wave(question.hertz, 1));
      shownLine.setAttribute("d", wave(shown, sign));
      dots.replaceChildren(
        ...samples.map((value, j) =>
          s("circle", {
            cx: waves.px((1000 * j) / question.rate),
            cy: waves.py(value),
            r: 4,
            fill: "var(--lt-orange)",
          }),
        ),
      );
      here.setAttribute("cx", String(map.px(question.hertz)));
      here.setAttribute("cy", String(map.py(shown)));
      const same = shown === question.hertz;
      readout.textContent = `${question.rate.toLocaleString("en")} samples a second of ${inHertz(
        question.hertz,
      )} show ${same ? "that tone" : shown ? inHertz(shown) : "no tone at all"}.`;
      say(readout.textContent);
    },
    fail,
  );
  const moved = () => {
    zigzag.setAttribute(
      "d",
      map.path(folded(0, highest, rate, highest).map(([at, shown]) => [at, shown])),
    );
    return update({ hertz, rate });
  };
  const bar = slider({
    label: "Tone",
    min: LOWEST,
    max: highest,
    step: STEP,
    value: hertz,
    format: inHertz,
    change: (value) => {
      hertz = value;
      moved();
    },
  });
  const silence = () => {
    clearInterval(rising);
    rising = undefined;
    playing.textContent = "";
    quiet.disabled = true;
  };
  /**
   * @param {string} text
   * @param {Moment[]} moments
   */
  const play = (text, moments) => {
    try {
      speaker.tone(moments, silence);
    } catch (error) {
      fail(error);
      return;
    }
    playing.textContent = `Playing ${text}.`;
    quiet.disabled = false;
  };
  const one = (/** @type {number} */ of) =>
    of
      ? play(inHertz(of), [
          [0, of],
          [ONE, of],
        ])
      : fail(new Error("All samples are 0: there is no tone to hear."));
  /**
   * @param {string} text
   * @param {Moment[]} moments
   */
  const rise = (text, moments) => {
    play(text, moments);
    if (quiet.disabled) return;
    const start = performance.now();
    rising = setInterval(() => {
      const part = Math.min(1, (performance.now() - start) / 1000 / RISE);
      hertz = Math.round((LOWEST + part * (highest - LOWEST)) / STEP) * STEP;
      bar.value = hertz;
      moved();
    }, 100);
  };
  const quiet = button("Stop", () => speaker.stop(), { disabled: true });
  body.append(
    choice({
      label: "Samples a second:",
      value: rate,
      choices: options.rates.map((value) => [value, value.toLocaleString("en")]),
      change: (value) => {
        speaker.stop();
        rate = value;
        moved();
      },
    }),
    bar.node,
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        {},
        waves.node,
        h("p", { class: "live-note" }, "Grey: the tone. Blue: what its samples (orange) show."),
      ),
      map.node,
    ),
    readout,
    h(
      "div",
      { class: "live-row" },
      button("Play the tone", () => one(hertz)),
      button("Play what the samples show", () => one(shownTone(hertz, rate))),
    ),
    h(
      "div",
      { class: "live-row" },
      button("Play a rising tone", () =>
        rise("a tone that rises", [
          [0, LOWEST],
          [RISE, highest],
        ]),
      ),
      button("Play what its samples show", () =>
        rise("what the samples of a rising tone show", folded(LOWEST, highest, rate, RISE)),
      ),
      quiet,
    ),
    playing,
  );
  moved();
  return () => speaker.stop();
}

export default live({ draw, answer });
