// Byte pair encoding on a text of the reader's, one merge at a time.
import { button, player } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { encode, merge, piecesOf, splitText } from "../parts/byte_pairs.mjs";
import { lines } from "../parts/text_fields.mjs";

/** @import { Stage } from "../frame/frame.mjs" */
/** @import { Pair } from "../parts/byte_pairs.mjs" */
/**
 * The text at the start, names and texts to pick, and the merges of the plays.
 * @typedef {{ text: string, examples: [string, string][], merges: Pair[], longest: number,
 *   most: number }} Options
 */
/** @typedef {{ text: string }} Question */
/** @typedef {{ merges: Pair[], counts: number[], plays: number[] }} Answer */

const FIRST_MADE = 256;
const SHOWN = 6; // pairs in the table of counts
const PACE = 1100; // ms from merge to merge

/** @param {number[][]} parts */
function countPairs(parts) {
  /** @type {Map<string, { pair: Pair, count: number }>} */
  const found = new Map();
  for (const part of parts) {
    for (let i = 0; i + 1 < part.length; i += 1) {
      const key = `${part[i]},${part[i + 1]}`;
      const known = found.get(key) ?? { pair: [part[i], part[i + 1]], count: 0 };
      known.count += 1;
      found.set(key, known);
    }
  }
  // The most frequent first, and of equals the smaller, as in training.
  return [...found.values()].sort(
    (a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1],
  );
}

/** @param {string} text */
const bytesOf = (text) => splitText(text).map((part) => Array.from(new TextEncoder().encode(part)));

/**
 * The merges of a text while a pair is there twice; in the words of byte_pair_steps.py.
 * @param {Question} question
 * @param {Options} options
 * @returns {Answer}
 */
export function answer({ text }, { longest, most, merges: plays }) {
  if (!text) throw new Error("Write at least one character.");
  if ([...text].length > longest)
    throw new Error(`Only texts of up to ${longest} characters, please.`);
  if (/\p{Surrogate}/u.test(text))
    throw new Error("The text holds half a character, for which UTF-8 has no bytes.");
  let parts = bytesOf(text);
  /** @type {Pair[]} */
  const merges = [];
  const counts = [];
  while (merges.length < most) {
    const first = countPairs(parts).at(0);
    if (!first || first.count < 2) break;
    const made = FIRST_MADE + merges.length;
    parts = parts.map((part) => merge(part, first.pair, made));
    merges.push(first.pair);
    counts.push(first.count);
  }
  return { merges, counts, plays: encode(text, plays) };
}

/** @type {Record<string, string | undefined>} */
const SIGNS = { " ": "␣", "\n": "⏎", "\t": "⇥" };

/**
 * Bytes as a reader can see them: white space as signs; control characters, and bytes beyond ASCII
 * in a piece that is no whole text, as numbers.
 * @param {Iterable<number>} bytes
 */
export function visibleBytes(bytes) {
  const all = Uint8Array.from(bytes);
  const byte = (/** @type {number} */ one) => `⟨${one.toString(16)}⟩`;
  const seen = (/** @type {string} */ sign) =>
    SIGNS[sign] ?? (/\p{Cc}/u.test(sign) ? byte(sign.charCodeAt(0)) : sign);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(all);
    return [...text].map(seen).join("");
  } catch {
    return Array.from(all, (one) => (one < 128 ? seen(String.fromCharCode(one)) : byte(one))).join(
      "",
    );
  }
}

/** @type {(count: number, word: string) => string} */
const many = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/**
 * Pieces in a row, every other one in another color; `fresh` is the token that the last merge made.
 * @param {string} label
 * @param {number[]} tokens
 * @param {Uint8Array[]} pieces
 * @param {number} [fresh]
 */
function cut(label, tokens, pieces, fresh) {
  const shown = tokens.map((token) => visibleBytes(pieces[token]));
  return h(
    "div",
    { class: "live-pieces", role: "img", "aria-label": `${label}: ${shown.join(", ")}` },
    tokens.map((token, i) =>
      h("span", { class: token === fresh ? "live-piece live-fresh" : "live-piece" }, shown[i]),
    ),
  );
}

/** @param {Stage<Options, Question, Answer>} stage */
function draw({ body, options, ask, say, fail }) {
  const playsPieces = piecesOf(options.merges);
  const verdict = h("p", { class: "live-readout" });
  const picture = h("div", {});
  const pairs = h("div", {});
  const made = h("p", { class: "live-made" });
  const plays = h("div", {});
  const steps = h("div", {});
  /** @type {ReturnType<typeof player> | undefined} */
  let control;

  /** @type {(answer: Answer, text: string, step: number) => void} */
  const show = ({ merges, counts }, text, step) => {
    const pieces = piecesOf(merges);
    let parts = bytesOf(text);
    for (let i = 0; i < step; i += 1)
      parts = parts.map((part) => merge(part, merges[i], FIRST_MADE + i));
    const tokens = parts.flat();
    const name = (/** @type {number} */ token) => visibleBytes(pieces[token]);
    const fresh = FIRST_MADE + step - 1;
    picture.replaceChildren(
      cut(many(tokens.length, "piece"), tokens, pieces, step ? fresh : undefined),
    );
    const last = step
      ? `Merge ${step} joined ${name(merges[step - 1][0])} and ${name(merges[step - 1][1])}, ` +
        `counted ${counts[step - 1]} times.`
      : "Before the first merge every byte is a piece.";
    verdict.textContent = `${last} ${many(tokens.length, "piece")} now.`;
    const found = countPairs(parts);
    const next = step < merges.length;
    const rows = found
      .slice(0, SHOWN)
      .map(({ pair, count }, i) =>
        h(
          "tr",
          { class: i === 0 && next ? "live-chosen" : null },
          h(
            "th",
            { scope: "row" },
            h("code", {}, name(pair[0])),
            " + ",
            h("code", {}, name(pair[1])),
          ),
          h("td", {}, count),
          h("td", {}, i === 0 && next ? "next merge" : ""),
        ),
      );
    const columns = h("tr", {}, [
      h("th", { scope: "col" }, "pair"),
      h("th", { scope: "col" }, "times"),
      h("td", {}),
    ]);
    pairs.replaceChildren(
      rows.length
        ? h("table", { class: "live-pairs" }, h("thead", {}, columns), h("tbody", {}, rows))
        : h("p", {}, "No two pieces stand side by side in one part."),
      next || !rows.length
        ? h("p", {}, `${many(found.length, "different pair")} in all.`)
        : h("p", {}, step === options.most ? `It stops at ${step}.` : "No pair is there twice."),
    );
    made.textContent = step
      ? `Made so far: ${merges
          .slice(0, step)
          .map((_, i) => name(FIRST_MADE + i))
          .join("  ")}`
      : "";
    const coming = next
      ? `Next: ${name(found[0].pair[0])} and ${name(found[0].pair[1])}, ${found[0].count} times.`
      : "No pair is left to merge.";
    say(`${verdict.textContent} ${coming}`);
  };

  const update = latest(
    ask,
    (answer, { text }) => {
      fail();
      input.removeAttribute("aria-invalid");
      control?.stop();
      control = player({
        label: "Merges",
        last: answer.merges.length,
        pause: PACE,
        show: (step) => show(answer, text, step),
      });
      steps.replaceChildren(control.node);
      const bytes = new TextEncoder().encode(text).length;
      plays.replaceChildren(
        cut(
          `${many(answer.plays.length, "piece")} by the tokenizer of the plays`,
          answer.plays,
          playsPieces,
        ),
        h(
          "p",
          { class: "live-readout" },
          `${many(answer.plays.length, "piece")} for ${many(bytes, "byte")}, by ` +
            `${options.merges.length} merges that were counted in eight plays.`,
        ),
      );
      control.go(0);
    },
    (error) => {
      input.setAttribute("aria-invalid", "true");
      fail(error);
    },
  );
  const { node, input } = lines({
    label: "Text",
    value: options.text,
    change: (text) => update({ text }),
  });
  const picks = options.examples.map(([name, text]) =>
    button(name, () => {
      input.value = text;
      update({ text });
    }),
  );
  body.append(
    node,
    h("div", { class: "live-row" }, picks),
    steps,
    verdict,
    picture,
    h("div", { class: "live-columns" }, pairs, made),
    h("p", {}, h("strong", {}, "The tokenizer of the plays")),
    plays,
  );
  return update({ text: options.text }).then(() => () => control?.stop());
}

export default live({ draw, answer });
