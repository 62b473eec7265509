// A language model that writes piece by piece, each rule of sampling and each draw to be seen.
import { button, check } from "../frame/controls.mjs";
import { h, reducedMotion } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { bars, softmax } from "../parts/bars.mjs";
import { decode, encode, piecesOf, visiblePiece } from "../parts/byte_pairs.mjs";
import { drawStrip } from "../parts/draw_strip.mjs";
import { sumOf } from "../parts/lists.mjs";
import { ruleSliders } from "../parts/rule_sliders.mjs";
import { byLikelihood, pick, ruled, uniform } from "../parts/sampling.mjs";
import { prompts } from "../parts/text_fields.mjs";
import { scoresAfter, startOfWindow } from "../parts/token_reading.mjs";

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
const CANDIDATES = 10;

/**
 * What the exported model says, run by onnxruntime in a worker; in the words of write_tokens.py.
 * @param {Question} question
 * @param {Options} options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer(question, options, page) {
  const { tokens, seed, drawn } = question;
  const { context, hottest, cache } = options;
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
  const { scores, read } = await scoresAfter(window, question.cache, cache, page);
  const after = ruled(scores, question);
  const number = uniform(seed, drawn);
  const order = byLikelihood(after);
  const chances = order.map((i) => after[i]);
  return { before: softmax(scores), after, number, next: order[pick(chances, number)], read };
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { merges, hottest } = options;
  const pieces = piecesOf(merges);
  const shown = (/** @type {number} */ token) => visiblePiece(token, pieces);
  /** @type {Rules} */
  const rules = { ...options.rules };
  let seed = 1;
  let cache = true;
  let tokens = encode(options.prompts[0], merges);
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
  let unsaid = ""; // what a stop says, which the answer that it asks for must not speak over
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
      say(unsaid || words());
      unsaid = "";
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
    unsaid = `It wrote: ${decode(tokens.slice(begun), pieces)}`;
    say(unsaid);
    if (current()) unsaid = "";
    else refresh(question());
  };
  const restart = () => {
    stop();
    tokens = encode(prompt.input.value, merges);
    begun = tokens.length;
    unsaid = pace = "";
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
    unsaid = "";
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
  const sliders = ruleSliders(rules, hottest, () => {
    if (!writing) refresh(question()); // who writes takes it for the next piece
  });
  const prompt = prompts(options.prompts, restart);
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
        h("div", { class: "live-row" }, prompt.picks),
        sliders,
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
