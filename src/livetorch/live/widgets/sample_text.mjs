// A model that continues a text, letter by letter, at a temperature of the reader's choice.
import { button, slider } from "../frame/controls.mjs";
import { h, reducedMotion, unique } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { bars, percent, softmax } from "../parts/bars.mjs";

const MOST = 200; // characters at one press
const PACE = 90; // ms between two of them

/** The number in 0 .. 1 that a seed gives after `drawn` others; sample_text.py says how. */
function uniform(seed, drawn) {
  const start = (seed + (drawn + 1) * 0x6d2b79f5) >>> 0;
  const once = Math.imul(start ^ (start >>> 15), start | 1);
  const twice = once ^ (once + Math.imul(once ^ (once >>> 7), once | 61));
  return ((twice ^ (twice >>> 14)) >>> 0) / 2 ** 32;
}

function tempered(scores, temperature) {
  const largest = Math.max(...scores);
  if (temperature > 0) return softmax(scores.map((score) => (score - largest) / temperature));
  return scores.map((_, i) => Number(i === scores.indexOf(largest)));
}

/** The first index at which the probabilities so far add up to more than the number. */
function pick(probabilities, number) {
  let sum = 0;
  const found = probabilities.findIndex((value) => (sum += value) > number);
  return found < 0 ? probabilities.findLastIndex((value) => value > 0) : found; // a hair below 1
}

/** The distribution after the model's scores, and a draw from it: pure, so that it can be tested. */
export function drawn({ scores, temperature, seed, drawn: used }, { characters }) {
  const after = tempered(scores, temperature);
  return { before: softmax(scores), after, next: characters[pick(after, uniform(seed, used))] };
}

/** What the exported model says, run by onnxruntime in a worker; in the words of sample_text.py. */
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
  const { run } = await import(new URL(`runtime.mjs?v=${page.version}`, page.base));
  let state = Float32Array.from(question.state ?? new Array(hidden).fill(0));
  let scores;
  // The file takes one character at a time: what came before is in the state.
  for (const letter of letters) {
    const { logits, ...others } = await run(page, "shakespeare", {
      tokens: { data: BigInt64Array.of(BigInt(characters.indexOf(letter))), dims: [1, 1] },
      state: { data: state, dims: [1, 1, hidden] },
    });
    scores = [...logits.data];
    state = Object.values(others)[0].data;
  }
  return { ...drawn({ ...question, scores }, options), state: [...state] };
}

const HIDDEN = { " ": "space", "\n": "new line" };
const shown = (character) => HIDDEN[character] ?? `“${character}”`;

/** A few lines to write in. */
function lines({ label, value, change }) {
  const id = unique("lines");
  const input = h("textarea", {
    id,
    rows: 2,
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
  });
  input.value = value;
  input.addEventListener("input", () => change(input.value));
  return { node: h("div", { class: "live-field" }, h("label", { for: id }, label), input), input };
}

async function draw({ body, options, ask, say, fail }) {
  const { characters, prompts, hottest } = options;
  const many = Math.min(10, characters.length);
  const rest = characters.length - many;
  let seed = 1;
  let temperature = options.temperature;
  // What was written, and the last piece of it with the state before: enough to go on from here.
  let place = { text: prompts[0], state: null, written: "" };
  let said;
  let writing; // whoever writes now; undefined where nobody does
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
  const show = () => {
    const order = [...said.before.keys()]
      .sort((a, b) => said.before[b] - said.before[a])
      .slice(0, many);
    const rows = order.map((i) => [said.before[i], said.after[i]]);
    const left = [0, 1].map((kind) =>
      Math.max(0, 1 - rows.reduce((sum, row) => sum + row[kind], 0)),
    );
    chart.show(rest ? [...rows, left] : rows, [
      ...order.map((i) => HIDDEN[characters[i]] ?? h("code", {}, characters[i])),
      `${rest} others`,
    ]);
    opening.textContent = prompt.input.value;
    continued.textContent = place.written;
    words.textContent =
      `Likeliest next: ${shown(characters[order[0]])}, ${percent(said.before[order[0]])}. ` +
      `Seed ${seed} draws ${shown(said.next)}.`;
    number.textContent = `Seed ${seed}`;
    go.disabled = once.disabled = false;
  };
  /** What the model says after a place, and for which place and temperature it said so. */
  const asked = async (at) => {
    const heat = temperature;
    const { text, state, written } = at;
    return {
      ...(await ask({ text, state, temperature: heat, seed, drawn: written.length })),
      at,
      heat,
    };
  };
  const current = () => said.at === place && said.heat === temperature;
  const stop = () => {
    clearTimeout(timer);
    if (!writing) return;
    writing = undefined;
    go.textContent = "Write";
    show();
    if (!current()) refresh(place);
    say(`It wrote: ${place.written}`);
  };
  const refresh = latest(
    asked,
    (answer) => {
      if (writing || answer.at !== place) return; // it writes on from elsewhere by now
      fail();
      said = answer;
      show();
      say(words.textContent);
    },
    (error) => {
      go.disabled = once.disabled = true; // nothing to go on from until the prompt is mended
      fail(error);
    },
  );
  const restart = () => {
    stop();
    place = { text: prompt.input.value, state: null, written: "" };
    refresh(place);
  };
  /** Take the drawn character, and ask what may follow it; whether `me` may go on. */
  const step = async (me) => {
    if (!current()) {
      const answer = await asked(place);
      if (writing !== me) return false;
      said = answer;
    }
    const answer = await asked({
      text: said.next,
      state: said.state,
      written: place.written + said.next,
    });
    if (writing !== me) return false;
    said = answer;
    place = answer.at;
    return true;
  };
  const write = async (most) => {
    const me = (writing = {});
    const quiet = reducedMotion() || most === 1; // the text comes as a whole, at the end
    go.textContent = "Stop";
    try {
      for (let i = 0; i < most && (await step(me)); i++) {
        if (quiet) continue;
        show();
        await new Promise((resolve) => (timer = setTimeout(resolve, PACE)));
        if (writing !== me) return;
      }
    } catch (error) {
      if (writing === me) fail(error);
    }
    if (writing === me) stop();
  };
  const prompt = lines({ label: "Prompt", value: prompts[0], change: restart });
  const picks = prompts.map((one) =>
    button(one.trim(), () => {
      prompt.input.value = one;
      restart();
    }),
  );
  const heat = slider({
    label: "Temperature",
    min: 0,
    max: hottest,
    step: 0.1,
    value: temperature,
    format: (value) => value.toFixed(1),
    change: (value) => {
      temperature = value;
      if (!writing) refresh(place); // who writes takes it for the next character
    },
  });
  const go = button("Write", () => (writing ? stop() : write(MOST)));
  const once = button("One character", () => (stop(), write(1)));
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
        h("div", { class: "live-row" }, picks),
        heat.node,
        h("div", { class: "live-row" }, go, once, button("Start over", restart)),
        h("div", { class: "live-row" }, other, number),
        text,
      ),
      h("div", {}, chart.node, words),
    ),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  said = await asked(place);
  show();
  return () => {
    clearTimeout(timer);
    writing = undefined;
  };
}

export default live({ draw, answer });
