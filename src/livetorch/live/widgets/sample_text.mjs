// A model that continues a text, letter by letter, at a temperature of the reader's choice.
import { button } from "../frame/controls.mjs";
import { h, reducedMotion } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars, percent } from "../parts/bars.mjs";
import { sumOf } from "../parts/lists.mjs";
import { temperatureSlider } from "../parts/rule_sliders.mjs";
import { drawn } from "../parts/sampling.mjs";
import { prompts } from "../parts/text_fields.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Draw } from "../parts/sampling.mjs" */
/**
 * @typedef {{ characters: string[], prompts: string[], hidden: number, longest: number,
 *   hottest: number, temperature: number }} Options
 */
/**
 * A text to read after a state, and how many characters the seed has drawn already.
 * @typedef {{ text: string, state: number[] | null, temperature: number, seed: number,
 *   drawn: number }} Question
 */
/** @typedef {Draw & { state: number[] }} Answer */
/**
 * What was written, and the last piece of it with the state before: enough to go on from here.
 * @typedef {{ text: string, state: number[] | null, written: string }} Place
 */

const MOST = 200; // characters at one press
const PACE = 90; // ms between two of them

/**
 * What the exported model says, run by onnxruntime in a worker; in the words of sample_text.py.
 * @param {Question} question
 * @param {Options} options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer(question, options, page) {
  const { characters, hidden, longest, hottest } = options;
  const letters = [...question.text];
  if (!letters.length) throw new Error("Write at least one character.");
  if (letters.length > longest)
    throw new Error(`Only prompts of up to ${longest} characters, please.`);
  for (const letter of letters) {
    if (!characters.includes(letter))
      throw new Error(`The text that it learned from has no “${letter}”.`);
  }
  if (!(question.temperature >= 0 && question.temperature <= hottest)) {
    throw new Error(`The temperature goes from 0 to ${hottest}.`);
  }
  /** @type {Float32Array} */
  let state = Float32Array.from(question.state ?? new Array(hidden).fill(0));
  /** @type {number[]} */
  let scores = [];
  // The file takes one character at a time: what came before is in the state.
  for (const letter of letters) {
    const { logits, ...others } = await runOnPage(page, "shakespeare", {
      tokens: { data: BigInt64Array.of(BigInt(characters.indexOf(letter))), dims: [1, 1] },
      state: { data: state, dims: [1, 1, hidden] },
    });
    scores = [...logits.data];
    state = Object.values(others)[0].data;
  }
  return { ...drawn({ ...question, scores }, options), state: [...state] };
}

/** @type {Record<string, string | undefined>} */
const HIDDEN = { " ": "space", "\n": "new line" };
/** @param {string} character */
const shown = (character) => HIDDEN[character] ?? `“${character}”`;

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { characters, hottest } = options;
  const many = Math.min(10, characters.length);
  const rest = characters.length - many;
  let seed = 1;
  let temperature = options.temperature;
  /** @type {Place} */
  let place = { text: options.prompts[0], state: null, written: "" };
  /** @type {Awaited<ReturnType<typeof asked>> | undefined} */
  let known;
  /** @type {object | undefined} */
  let writing; // whoever writes now; undefined where nobody does
  /** @type {number | undefined} */
  let timer;

  const chart = bars({
    caption: "Probability of the next character, before and after dividing by the temperature",
    labels: [...Array(many + (rest ? 1 : 0)).keys()],
    pair: ["before", "after"],
  });
  const words = h("p", { class: "live-readout" });
  const opening = h("span", { class: "live-opening" });
  const continued = h("span", {});
  const text = h("p", { class: "live-written" }, opening, continued);
  const number = h("span", {});
  /** @param {boolean} off */
  const disable = (off) => {
    go.disabled = off;
    once.disabled = off;
  };
  const show = () => {
    if (!known) return;
    const { before, after, next } = known;
    const order = [...before.keys()].sort((a, b) => before[b] - before[a]).slice(0, many);
    const rows = order.map((i) => [before[i], after[i]]);
    const left = [0, 1].map((kind) => Math.max(0, 1 - sumOf(rows.map((row) => row[kind]))));
    chart.show(rest ? [...rows, left] : rows, [
      ...order.map((i) => HIDDEN[characters[i]] ?? h("code", {}, characters[i])),
      `${rest} others`,
    ]);
    opening.textContent = prompt.input.value;
    continued.textContent = place.written;
    words.textContent =
      `Likeliest next: ${shown(characters[order[0]])}, ${percent(before[order[0]])}. ` +
      `Seed ${seed} draws ${shown(next)}.`;
    number.textContent = `Seed ${seed}`;
    disable(false);
  };
  /**
   * What the model says after a place, and for which place and temperature it said so.
   * @param {Place} at
   */
  const asked = async (at) => {
    const heat = temperature;
    const { text, state, written } = at;
    const answer = await ask({ text, state, temperature: heat, seed, drawn: written.length });
    return { ...answer, at, heat };
  };
  /** What is known, where it is of the place and the temperature of now. */
  const current = () => (known?.at === place && known.heat === temperature ? known : undefined);
  let unsaid = ""; // what a stop says, which the answer that it asks for must not speak over
  const stop = () => {
    clearTimeout(timer);
    if (!writing) return;
    writing = undefined;
    go.textContent = "Write";
    show();
    unsaid = `It wrote: ${place.written}`;
    say(unsaid);
    if (current()) unsaid = "";
    else refresh(place);
  };
  const refresh = latest(
    asked,
    (answer) => {
      if (writing || answer.at !== place) return; // it writes on from elsewhere by now
      fail();
      known = answer;
      show();
      say(unsaid || (words.textContent ?? ""));
      unsaid = "";
    },
    (error) => {
      disable(true); // nothing to go on from until the prompt is mended
      fail(error);
    },
  );
  const restart = () => {
    stop();
    unsaid = "";
    place = { text: prompt.input.value, state: null, written: "" };
    refresh(place);
  };
  /**
   * Take the drawn character, and ask what may follow it; whether `me` may go on.
   * @param {object} me
   */
  const step = async (me) => {
    const here = current() ?? (await asked(place));
    if (writing !== me) return false;
    known = here;
    const { next, state } = here;
    const answer = await asked({ text: next, state, written: place.written + next });
    if (writing !== me) return false;
    known = answer;
    place = answer.at;
    return true;
  };
  const write = async (/** @type {number} */ most) => {
    const me = {};
    unsaid = "";
    writing = me;
    const quiet = reducedMotion() || most === 1; // the text comes as a whole, at the end
    go.textContent = "Stop";
    try {
      for (let i = 0; i < most && (await step(me)); i++) {
        if (quiet) continue;
        show();
        await new Promise((resolve) => {
          timer = setTimeout(resolve, PACE);
        });
        if (writing !== me) return;
      }
    } catch (error) {
      if (writing === me) fail(error);
    }
    if (writing === me) stop();
  };
  const prompt = prompts(options.prompts, restart);
  const heat = temperatureSlider({
    value: temperature,
    hottest,
    change: (value) => {
      temperature = value;
      if (!writing) refresh(place); // who writes takes it for the next character
    },
  });
  const go = button("Write", () => (writing ? stop() : write(MOST)));
  const once = button("One character", () => {
    stop();
    return write(1);
  });
  const other = button("Another seed", () => {
    seed += 1;
    restart();
  });
  body.append(
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        { class: "live-stack" },
        prompt.node,
        h("div", { class: "live-row" }, prompt.picks),
        heat.node,
        h("div", { class: "live-row" }, go, once, button("Start over", restart)),
        h("div", { class: "live-row" }, other, number),
        text,
      ),
      h("div", {}, chart.node, words),
    ),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  known = await asked(place);
  show();
  return () => {
    clearTimeout(timer);
    writing = undefined;
  };
}

export default live({ draw, answer });
