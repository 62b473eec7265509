// Where a reader of dates looks before each sign that it writes, head by head.
import { button, check, choice, field, slider } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { attentionMap, headName, weightsOf } from "../parts/attention_map.mjs";
import { percent, softmax } from "../parts/bars.mjs";
import { letterTiles, shownLetter } from "../parts/letter_tiles.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/**
 * @typedef {{ examples: string[], characters: string[], digits: string[], heads: number,
 *   written: number, longest: number }} Options
 */
/** @typedef {{ text: string, heads: number[] }} Question a date, and which heads are on */
/**
 * Letters read, signs written and their chances; scores and weights (heads, signs, places).
 * @typedef {{ letters: string[], written: string, chances: number[], scores: number[][][],
 *   weights: number[][][] }} Answer
 */

/**
 * A flat list as tables of rows.
 * @param {Float32Array} data
 * @param {number} rows of a table
 * @param {number} columns
 */
function tables(data, rows, columns) {
  const size = rows * columns;
  return Array.from({ length: data.length / size }, (_, table) =>
    Array.from({ length: rows }, (_, row) => [
      ...data.slice(table * size + row * columns, table * size + (row + 1) * columns),
    ]),
  );
}

/**
 * What the exported model says, run by onnxruntime in a worker; in the words of
 * attention_explorer.py.
 * @param {Question} question
 * @param {Options} options
 * @param {Page} page
 * @returns {Promise<Answer>}
 */
export async function answer({ text, heads }, { characters, digits, written, longest }, page) {
  const letters = [...text.toLowerCase()];
  if (!letters.length) throw new Error("Write a date.");
  if (letters.length > longest)
    throw new Error(`Only dates of up to ${longest} characters, please.`);
  const strange = letters.find((letter) => !characters.includes(letter));
  if (strange) throw new Error(`No date that it learned from has “${strange}”.`);
  const tokens = new BigInt64Array(longest);
  for (const [i, letter] of letters.entries()) tokens[i] = BigInt(characters.indexOf(letter) + 1);
  const signs = new BigInt64Array(written);
  /** @type {number[]} */
  const chances = [];
  /** @type {Awaited<ReturnType<typeof runOnPage>> | undefined} */
  let outputs;
  // What comes out at a place depends on the signs before it alone, so the last run has all.
  for (let place = 0; place < written; place++) {
    outputs = await runOnPage(page, "dates", {
      tokens: { data: tokens, dims: [1, longest] },
      signs: { data: signs.slice(), dims: [1, written] },
      heads: { data: Float32Array.from(heads), dims: [heads.length] },
    });
    const start = place * digits.length;
    const logits = [...outputs.logits.data.slice(start, start + digits.length)];
    const best = logits.indexOf(Math.max(...logits));
    signs[place] = BigInt(best);
    chances.push(softmax(logits)[best]);
  }
  const { scores, weights } = /** @type {NonNullable<typeof outputs>} */ (outputs);
  return {
    letters,
    written: [...signs].map((sign) => digits[Number(sign)]).join(""),
    chances,
    scores: tables(scores.data, written, longest),
    weights: tables(weights.data, written, longest),
  };
}

/**
 * Where one sign looks, in words: three characters at most.
 * @param {Answer} answer
 * @param {number[]} on
 * @param {number} sign
 * @param {number} head
 */
export function looked({ letters, written, chances, weights }, on, sign, head) {
  const start = `Sign ${sign + 1} is “${written[sign]}”, ${percent(chances[sign])}.`;
  if (head < 0 && !on.some(Boolean)) return `${start} No head is on.`;
  const row = weightsOf({ weights, on }, head)[sign].slice(0, letters.length);
  const seen = [...row.keys()]
    .sort((a, b) => row[b] - row[a])
    .slice(0, 3)
    .filter((i, rank) => !rank || row[i] >= 0.05)
    .map((i) => `“${shownLetter(letters[i])}” at ${i + 1} (${percent(row[i])})`);
  const who = head < 0 ? "On average it" : `Head ${head + 1}`;
  return `${start} ${who} looks at ${seen.join(", ")}.`;
}

/** @param {Stage<Options, Question, Answer>} stage */
async function draw({ body, options, ask, say, fail }) {
  const { examples, heads, written: length, longest } = options;
  const on = new Array(heads).fill(1);
  let head = -1;
  let before = "";
  /** @type {Answer | undefined} */
  let known;

  const date = h("p", { class: "live-date" });
  const change = h("p", { class: "live-changed" });
  const words = h("p", { class: "live-readout" });
  const view = choice({
    label: "Show",
    choices: [-1, ...on.keys()].map((one) => [one, headName(one)]),
    value: head,
    change: (one) => lookAt(sign.value - 1, one),
  });
  const map = attentionMap({
    places: longest,
    signs: length,
    heads,
    pickSign: (one) => lookAt(one, head),
    pickHead: (one) => {
      view.querySelectorAll("input")[one + 1].checked = true;
      lookAt(sign.value - 1, one);
    },
  });
  const sign = slider({
    label: "Sign",
    min: 1,
    max: length,
    step: 1,
    value: Math.min(4, length), // the last digit of a year
    format: (place) => `${place} of ${length}`,
    change: (place) => lookAt(place - 1, head),
  });
  /**
   * @param {number} place
   * @param {number} one
   */
  function lookAt(place, one) {
    if (!known) return;
    head = one;
    sign.value = place + 1;
    map.show({ ...known, on, sign: place, head });
    for (const [i, mark] of [...date.children].entries())
      mark.classList.toggle("live-chosen", i === place);
    words.textContent = looked(known, on, place, head);
    say(`It writes ${known.written}. ${change.textContent} ${words.textContent}`);
  }
  const show = (/** @type {Answer} */ answer) => {
    fail();
    known = answer;
    const { written, letters } = answer;
    const different = [...written].map((one, i) => Boolean(before) && one !== before[i]);
    date.replaceChildren(
      ...[...written].map((one, i) => h("span", { class: different[i] ? "live-new" : null }, one)),
    );
    const same = different.every((one) => !one);
    change.textContent = !before ? "" : same ? "As before." : `Before: ${before}.`;
    before = written;
    tiles.show(letters);
    lookAt(sign.value - 1, head);
  };
  const update = latest(ask, show, fail);
  const changed = () => update({ text: line.input.value, heads: [...on] });
  const line = field({ label: "Date", value: examples[0], change: changed, style: "width:20em" });
  /** @param {string} text */
  const put = (text) => {
    line.input.value = text;
    return changed();
  };
  const tiles = letterTiles({
    label: "Characters to move: arrow keys go along them, with Shift they move one",
    change: (letters) => put(letters.join("")),
  });
  const switches = on.map((_, i) =>
    check({
      label: String(i + 1),
      value: true,
      change: (is) => {
        on[i] = Number(is);
        return changed();
      },
    }),
  );
  body.append(
    line.node,
    h(
      "div",
      { class: "live-row" },
      "Or: ",
      examples.map((example) => button(example, () => put(example))),
    ),
    tiles.node,
    h(
      "div",
      { class: "live-columns" },
      h(
        "div",
        { class: "live-stack" },
        date,
        change,
        h("fieldset", { class: "live-choice" }, h("legend", {}, "Heads on"), switches),
        view,
        sign.node,
        words,
      ),
      map.node,
    ),
  );
  // The first answer brings the runtime; a page that cannot have it must say so.
  show(await ask({ text: examples[0], heads: [...on] }));
}

export default live({ draw, answer });
