// A language model that writes piece by piece, each rule of sampling and each draw to be seen.
import { button, check, slider } from "../frame/controls.mjs";
import { h, reducedMotion } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { bars, softmax } from "../parts/bars.mjs";
import { decode, encode, piecesOf } from "../parts/byte_pairs.mjs";
import { drawStrip } from "../parts/draw_strip.mjs";
import { sumOf } from "../parts/lists.mjs";
import { byLikelihood, pick, ruled, uniform } from "../parts/sampling.mjs";
import { lines } from "../parts/text_fields.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Pair } from "../parts/byte_pairs.mjs" */
/** @import { Rules } from "../parts/sampling.mjs" */
/**
 * `cache` are the layers, heads of keys and features of a head.
 * @typedef {{ prompts: string[], merges: Pair[], context: number, cache: number[],
 *   hottest: number, rules: Rules }} Options
 */
/**
 * The whole text so far, and how many of its tokens the seed has drawn.
 * @typedef {Rules & { tokens: number[], cache: boolean, seed: number, drawn: number }} Question
 */
/**
 * @typedef {{ before: number[], after: number[], number: number, next: number,
 *   read: number }} Answer
 */

const MOST = 200; // pieces at one press
const COUNTS = [1, 2, 3, 5, 10, 20, 50, 100]; // what top-k may keep
const CANDIDATES = 10;

/**
 * What the page has read last, and what the model keeps of it.
 * @type {{ window: number[], keep: boolean, keys: Float32Array, values: Float32Array,
 *   scores: number[], read: number } | undefined}
 */
let last;

/**
 * The first token that the model reads: where they no longer fit the context, its older half is
 * left out.
 * @param {number} count
 * @param {number} context
 */
function startOfWindow(count, context) {
  const step = context + 1 - Math.max(1, Math.floor(context / 2));
  return Math.max(0, Math.ceil((count - context) / step)) * step;
}

/**
 * What may follow a window, and how many of its tokens had to be read for that.
 * @param {number[]} window
 * @param {boolean} keep
 * @param {Options} options
 * @param {Page} page
 */
async function scoresAfter(window, keep, { cache }, page) {
  const begins = last?.window.every((token, i) => token === window[i]);
  const before = begins && last?.keep === keep ? last : undefined;
  const known = before?.window.length ?? 0;
  if (before && known === window.length) return before; // asked again, under other rules
  const seen = keep && known < window.length ? known : 0;
  const fresh = window.slice(seen);
  const [layers, heads, features] = cache;
  const dims = [layers, 1, heads, seen, features];
  const { logits, keys, values } = await runOnPage(page, "plays", {
    tokens: { data: BigInt64Array.from(fresh, BigInt), dims: [1, fresh.length] },
    past_keys: { data: before && seen ? before.keys : new Float32Array(0), dims },
    past_values: { data: before && seen ? before.values : new Float32Array(0), dims },
  });
  const scores = [...logits.data];
  last = { window, keep, keys: keys.data, values: values.data, scores, read: fresh.length };
  return last;
}

/**
 * What the exported model says, run by onnxruntime in a worker; in the words of write_tokens.py.
 * @param {Question} question
 * @param {Options} options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer(question, options, page) {
  const { tokens, seed, drawn } = question;
  const { context, hottest } = options;
  if (!tokens.length) throw new Error("Write at least one character.");
  if (tokens.length - drawn > context) {
    throw new Error(
      `The model looks back on ${context} pieces, and this prompt has ` +
        `${tokens.length - drawn}: leave out its beginning.`,
    );
  }
  if (!(question.temperature >= 0 && question.temperature <= hottest)) {
    throw new Error(`The temperature goes from 0 to ${hottest}.`);
  }
  const window = tokens.slice(startOfWindow(tokens.length, context));
  const { scores, read } = await scoresAfter(window, question.cache, options, page);
  const after = ruled(scores, question);
  const number = uniform(seed, drawn);
  const order = byLikelihood(after);
  const chances = order.map((i) => after[i]);
  return { before: softmax(scores), after, number, next: order[pick(chances, number)], read };
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { prompts, merges, hottest } = options;
  const pieces = piecesOf(merges);
  const shown = (/** @type {number} */ token) => {
    const text = decode([token], pieces).replaceAll(" ", "·").replaceAll("\n", "↵");
    if (!/[\p{Cc}\ufffd]/u.test(text)) return text;
    const bytes = [...pieces[token]]; // no text, or none that can be seen
    return bytes.map((byte) => `x${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(" ");
  };
  /** @type {Rules} */
  const rules = { ...options.rules };
  let seed = 1;
  let cache = true;
  let tokens = encode(prompts[0], merges);
  let begun = tokens.length; // tokens of the prompt
  let read = 0; // by the model, for this text
  let pace = "";
  /** @type {{ key: string, answer: Answer } | undefined} */
  let known;
  /** @type {object | undefined} */
  let writing; // whoever writes now; undefined where nobody does

  const chart = bars({
    caption: "Probability of the next piece, as the model says and after the rules",
    labels: [...Array(CANDIDATES + 1).keys()],
    pair: ["model", "after"],
  });
  const strip = drawStrip();
  const count = h("p", { class: "live-readout" });
  const opening = h("span", { class: "live-opening" });
  const continued = h("span", {});
  const newest = h("mark", { class: "live-newest" });
  const text = h("p", { class: "live-written" }, opening, continued, newest);
  const number = h("span", {});

  const question = () => ({ ...rules, tokens, cache, seed, drawn: tokens.length - begun });
  const asked = async (now = question()) => ({
    key: JSON.stringify(now),
    answer: await ask(now),
  });
  const current = () => (known?.key === JSON.stringify(question()) ? known : undefined);
  const showText = () => {
    const end = Math.max(begun, tokens.length - 1);
    opening.textContent = decode(tokens.slice(0, begun), pieces);
    continued.textContent = decode(tokens.slice(begun, end), pieces);
    newest.textContent = decode(tokens.slice(end), pieces);
  };
  const show = () => {
    if (!known) return;
    const { before, after, next, number: drawnNumber } = known.answer;
    const all = byLikelihood(before);
    const order = all.slice(0, CANDIDATES);
    const rows = order.map((i) => [before[i], after[i]]);
    const others = all.slice(CANDIDATES);
    const left = [before, after].map((chances) => sumOf(others.map((i) => chances[i])));
    chart.show(
      [...rows, left],
      [...order.map((i) => h("code", {}, shown(i))), `${others.length} others`],
    );
    const parts = byLikelihood(after)
      .filter((i) => after[i] > 0)
      .map((i) => ({ name: `“${shown(i)}”`, probability: after[i], drawn: i === next }));
    strip.show(parts, drawnNumber);
    const leftIn = parts.length === 1 ? "1 piece" : `${parts.length} pieces`;
    const many = tokens.length - begun;
    count.textContent =
      `${leftIn} of ${after.length} can be drawn. Written: ${many}${pace}. ` +
      `Read by the model for this text: ${read}.`;
    number.textContent = `Seed ${seed}`;
    showText();
    for (const one of [go, once]) one.disabled = false;
  };
  const words = () => `Likeliest next: ${shown(byLikelihood(known?.answer.before ?? [])[0])}.`;
  const refresh = latest(
    asked,
    (answer) => {
      if (writing || answer.key !== JSON.stringify(question())) return; // it is elsewhere by now
      fail();
      known = answer;
      if (tokens.length === begun) read = answer.answer.read;
      show();
      say(words());
    },
    (error) => {
      for (const one of [go, once]) one.disabled = true; // nothing to go on from until it is mended
      fail(error);
    },
  );
  const stop = () => {
    if (!writing) return;
    writing = undefined;
    go.textContent = "Write";
    show();
    if (!current()) refresh(question());
    say(`It wrote: ${decode(tokens.slice(begun), pieces)}`);
  };
  const restart = () => {
    stop();
    tokens = encode(prompt.input.value, merges);
    begun = tokens.length;
    pace = "";
    refresh(question());
  };
  /**
   * Take the drawn piece, and ask what may follow it; whether `me` may go on.
   * @param {object} me
   */
  const step = async (me) => {
    const here = current() ?? (await asked());
    if (writing !== me) return false;
    tokens = [...tokens, here.answer.next];
    known = await asked();
    read += known.answer.read;
    return writing === me;
  };
  const write = async (/** @type {number} */ most) => {
    const me = {};
    writing = me;
    const quiet = reducedMotion() || most === 1; // the text comes as a whole, at the end
    go.textContent = "Stop";
    const started = performance.now();
    try {
      for (let i = 1; i <= most && (await step(me)); i++) {
        if (most > 1) {
          pace = `, ${Math.round((1000 * i) / (performance.now() - started))} a second`;
        }
        if (quiet) continue;
        show();
        await new Promise((resolve) => setTimeout(resolve));
        if (writing !== me) return;
      }
    } catch (error) {
      if (writing === me) fail(error);
    }
    if (writing === me) stop();
  };
  /**
   * A slider for a rule that may be off.
   * @param {string} label
   * @param {(number | null)[]} values
   * @param {"topK" | "topP" | "minP"} rule
   * @param {(value: number) => string} format
   */
  const cut = (label, values, rule, format) =>
    slider({
      label,
      min: 0,
      max: values.length - 1,
      step: 1,
      value: Math.max(0, values.indexOf(rules[rule])),
      format: (i) => (values[i] === null ? "off" : format(/** @type {number} */ (values[i]))),
      change: (i) => {
        rules[rule] = values[i];
        if (!writing) refresh(question()); // who writes takes it for the next piece
      },
    }).node;
  const heat = slider({
    label: "Temperature",
    min: 0,
    max: hottest,
    step: 0.1,
    value: rules.temperature,
    format: (value) => value.toFixed(1),
    change: (value) => {
      rules.temperature = value;
      if (!writing) refresh(question());
    },
  });
  const shares = [...Array(19).keys()].map((i) => (i + 1) / 20);
  const prompt = lines({ label: "Prompt", value: prompts[0], change: restart });
  const picks = prompts.map((one) =>
    button(one.trim(), () => {
      prompt.input.value = one;
      restart();
    }),
  );
  const go = button("Write", () => (writing ? stop() : write(MOST)));
  const once = button("One piece", () => {
    stop();
    return write(1);
  });
  const other = button("Another seed", () => {
    seed += 1;
    restart();
  });
  const keep = check({
    label: "Keep keys and values (cache)",
    value: cache,
    change: (on) => {
      cache = on;
      restart();
    },
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
        cut("Top-k", [null, ...[...COUNTS].reverse()], "topK", String),
        cut("Top-p", [null, ...[...shares].reverse()], "topP", (value) => value.toFixed(2)),
        cut("Min-p", [null, ...shares], "minP", (value) => value.toFixed(2)),
        keep,
      ),
      h("div", {}, chart.node),
    ),
    strip.node,
    h("div", { class: "live-row" }, go, once, button("Start over", restart), other, number),
    count,
    text,
    h("p", { class: "live-note" }, "In a piece, · is a space and ↵ a new line."),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  known = await asked();
  read = known.answer.read;
  show();
  return () => {
    writing = undefined;
  };
}

export default live({ draw, answer });
