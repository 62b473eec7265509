// A sentence whose words can be switched off, and what a bag of words makes of the others.
import { button } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { bars, percent } from "../parts/bars.mjs";
import { lines } from "../parts/text_fields.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/**
 * @typedef {{ weights: Record<string, number>, bias: number, examples: string[],
 *   classes: [string, string], longest: number }} Options
 */
/** @typedef {{ text: string, off: number[] }} Question places of the words that are off */
/**
 * @typedef {{ words: string[], weights: (number | null)[], sum: number,
 *   probability: number }} Answer
 */

/**
 * The sum of the weights of the words that are on; in the words of weigh_words.py.
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ text, off }, { weights: known, bias, longest }) {
  if (!text.trim()) throw new Error("Write at least one word.");
  if ([...text].length > longest)
    throw new Error(`Only texts of up to ${longest} characters, please.`);
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
  if (!words.length)
    throw new Error("There is no word in it. Emoji and signs have no weight here.");
  const weights = words.map((word) => (Object.hasOwn(known, word) ? known[word] : null));
  if (weights.every((weight) => weight === null))
    throw new Error("It knows none of these words. It has learned from English alone.");
  const sum = weights.reduce(
    (/** @type {number} */ total, weight, place) =>
      off.includes(place) ? total : total + (weight ?? 0),
    bias,
  );
  return { words: [...words], weights, sum, probability: 1 / (1 + Math.exp(-sum)) };
}

/**
 * A number with its sign: a true minus, and no sign for what is shown as zero.
 * @param {number} value
 */
export function signed(value) {
  const text = Math.abs(value).toFixed(1);
  if (text === "0.0") return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const { examples, classes, bias } = options;
  /** @type {Set<number>} */
  let off = new Set();
  let text = examples[0]; // what the words on the screen are of

  const tiles = h("div", { class: "live-words", role: "group", "aria-label": "Words" });
  const chart = bars({ caption: "Probability of each class", labels: [...classes].reverse() });
  const verdict = h("p", { class: "live-readout" });
  /** @type {HTMLButtonElement[]} */
  let switches = [];

  /** @type {(answer: Answer) => void} */
  const build = ({ words, weights }) => {
    switches = words.map((word, place) => {
      const weight = weights[place];
      const side =
        weight === null || weight === 0 ? "" : weight > 0 ? " live-for" : " live-against";
      return h(
        "button",
        {
          type: "button",
          class: `live-button live-word${side}`,
          disabled: weight === null,
          onclick: () => {
            if (!off.delete(place)) off.add(place);
            update({ text, off: [...off] });
          },
        },
        word,
        h("span", { class: "live-weight" }, weight === null ? "unknown" : signed(weight)),
      );
    });
    tiles.replaceChildren(...switches);
  };
  /** @type {(answer: Answer, question: Question) => void} */
  const show = (answer, question) => {
    if (question.text === input.value) {
      fail();
      input.removeAttribute("aria-invalid");
    } // else the line holds what cannot be read, and the words of before are pressed
    if (question.text !== text || !switches.length) {
      text = question.text;
      off = new Set(question.off);
      build(answer);
    }
    switches.forEach((node, place) => {
      if (answer.weights[place] !== null)
        node.setAttribute("aria-pressed", String(!question.off.includes(place)));
    });
    const { probability, sum } = answer;
    chart.show([probability, 1 - probability]);
    const count = answer.weights.filter((weight) => weight !== null).length;
    const on = count - question.off.length;
    verdict.textContent =
      `${on} of ${count} known words are on. Their weights and the bias, ${signed(bias)}, add up ` +
      `to ${signed(sum)}: ${classes[1]} with ${percent(probability)}.`;
    say(verdict.textContent);
  };
  const update = latest(ask, show, (error) => {
    input.setAttribute("aria-invalid", "true");
    fail(error);
  });
  /** @param {string} chosen */
  const start = (chosen) => update({ text: chosen, off: [] });
  const { node, input } = lines({ label: "Sentence", value: text, change: start });
  const picks = examples.map((example, place) =>
    button(`Example ${place + 1}`, () => {
      input.value = example;
      start(example);
    }),
  );
  const all = button("All words on", () => {
    off = new Set();
    update({ text, off: [] });
  });
  body.append(
    node,
    h("div", { class: "live-row" }, picks, all),
    h("p", {}, "Press a word to switch it off or on. Its number is its weight."),
    tiles,
    chart.node,
    verdict,
  );
  return start(text);
}

export default live({ draw, answer });
