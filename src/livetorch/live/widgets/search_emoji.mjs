// Search emoji by words and, once the reader asks for the encoder, by meaning.
import { button, field } from "../frame/controls.mjs";
import { h } from "../frame/elements.mjs";
import { latest, live } from "../frame/frame.mjs";
import { runOnPage } from "../onnx/running.mjs";
import { nearestDrawn, nearestMap, projected } from "../parts/nearest_map.mjs";
import { largest, wordIndex } from "../parts/word_index.mjs";
import { cut, numbersOf, vocabularyOf } from "../parts/wordpiece.mjs";

/** @import { Page, Stage } from "../frame/frame.mjs" */
/** @import { Projected } from "../parts/nearest_map.mjs" */
/** @import { Vocabulary } from "../parts/wordpiece.mjs" */
/**
 * `texts` are what is searched, one a line: an emoji, its name, its tags, with tabs between.
 * @typedef {{ texts: string, queries: string[], longest: number, most: number }} Options
 */
/** @typedef {{ text: string, by: "words" | "meaning" }} Question */
/**
 * The first ten, best first, and how much each scores. By meaning also where they lie beside the
 * query, and the pieces of the text, of which only some may be `read`.
 * @typedef {{ places: number[], scores: number[] }} Ranked
 * @typedef {Ranked & Projected & { pieces: string[], read: number }} Near
 */

const SHOWN = 10;
const UNKNOWN = "[UNK]";

/** @type {ReturnType<typeof wordIndex> | undefined} */
let index;
/** @type {Promise<Vocabulary> | undefined} */
let vocabulary;

/** @param {Options} options */
const entries = (options) =>
  options.texts.split("\n").map((line) => {
    const [emoji, name, tags] = line.split("\t");
    return { emoji, name, text: tags ? `${name}: ${tags}` : name };
  });

/**
 * The pieces that the encoder knows; they come as bytes, in a file beside its own.
 * @param {Page} page
 */
async function loadVocabulary(page) {
  const { bytes } = await runOnPage(page, "wordpiece", {
    first: { data: Float32Array.of(0), dims: [1] },
  });
  return vocabularyOf(new TextDecoder().decode(Uint8Array.from(bytes.data)));
}

/**
 * By words, or what the exported encoder says; in the words of search_emoji.py.
 * @param {Question} question
 * @param {Options} options
 * @param {Page} page
 * @returns {Promise<Ranked | Near>}
 */
export async function answer({ text, by }, options, page) {
  const { longest, most } = options;
  if (!text.trim()) throw new Error("Write what you look for.");
  if (text.length > most) throw new Error(`At most ${most} characters, please.`);
  if (by === "words") {
    index ??= wordIndex(entries(options).map((entry) => entry.text));
    const scores = index(text);
    const places = largest(scores, SHOWN).filter((place) => scores[place] > 0);
    return { places, scores: places.map((place) => scores[place]) };
  }
  vocabulary ??= loadVocabulary(page);
  const known = await vocabulary.catch((error) => {
    vocabulary = undefined;
    throw error;
  });
  const pieces = cut(text, known);
  if (pieces.every((piece) => piece === UNKNOWN)) {
    throw new Error("The encoder knows no sign of this, as of emoji alone: say it in words.");
  }
  const ids = numbersOf(pieces, known, longest);
  const { scores, products } = await runOnPage(page, "minilm", {
    ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
  });
  const places = largest(scores.data, SHOWN);
  const rows = Array.from({ length: SHOWN + 1 }, (_, i) =>
    Array.from(products.data.slice(i * (SHOWN + 1), (i + 1) * (SHOWN + 1))),
  );
  return {
    places,
    scores: places.map((place) => scores.data[place]),
    ...projected(rows),
    pieces,
    read: Math.min(pieces.length, longest - 2),
  };
}

/** @param {Stage<Options, Question, Ranked | Near>} stage */
async function draw({ body, options, ask, say, fail, page }) {
  const all = entries(options);
  /** @param {string} label */
  const list = (label) => {
    const node = h("ol", { class: "live-hits", "aria-label": label });
    /** @param {Ranked} ranked */
    const show = ({ places, scores }) =>
      node.replaceChildren(
        ...places.map((place, i) =>
          h(
            "li",
            {},
            h("span", { class: "live-sign" }, all[place].emoji),
            ` ${all[place].name} `,
            h("span", { class: "live-value" }, scores[i].toFixed(2)),
          ),
        ),
      );
    return { node, show };
  };
  const words = list("The first by words");
  const meanings = list("The first by meaning");
  const noWord = h("p", { class: "live-readout" });
  const readout = h("p", { class: "live-readout" });
  const cutting = h("p", { class: "live-readout" });
  const map = nearestMap();
  const drawing = h("div", { class: "live-columns", hidden: true }, map.node, readout);
  const loading = h("div", {});
  let ready = !page; // in a notebook the kernel has the encoder

  const byWords = latest(
    (/** @type {string} */ text) => ask({ text, by: "words" }),
    (ranked) => {
      fail();
      words.show(ranked);
      noWord.textContent = ranked.places.length ? "" : "No name or tag has a word of this.";
      if (!ready) say(`By words, first: ${all[ranked.places[0]]?.name ?? "none"}.`);
    },
    fail,
  );
  /** @param {Near} near */
  const showNear = (near) => {
    const { places, spots, kept, pieces, read } = near;
    meanings.show(near);
    const names = places.map((place) => `${all[place].emoji} ${all[place].name}`);
    map.show(
      spots,
      places.map((place) => all[place].emoji),
      `Your words as a cross, and around it ${names.join(", ")}`,
    );
    const drawn = nearestDrawn(spots);
    readout.textContent =
      `Two numbers for each of these ${spots.length} vectors of 384: they keep ` +
      `${Math.round(kept * 100)} % of the squared distances. By the cosine ${names[0]} is ` +
      `nearest to the cross, in the drawing ${drawn ? names[drawn] : "it is, too"}.`;
    const most = pieces.slice(0, read);
    const left = pieces.length - read;
    cutting.textContent =
      `Read as: ${most.join(" · ")}.` +
      (left ? ` The ${left} pieces after these are not read.` : "") +
      (most.some((piece) => piece.startsWith("##") || piece === UNKNOWN)
        ? " A word in pieces says less to it; it learned from English."
        : "");
    drawing.hidden = false;
    say(`By meaning, first: ${names[0]}.`);
  };
  const byMeaning = latest(
    (/** @type {string} */ text) => ask({ text, by: "meaning" }),
    (near) => showNear(/** @type {Near} */ (near)),
    fail,
  );
  const search = () => {
    byWords(line.input.value);
    if (ready) byMeaning(line.input.value);
  };
  const line = field({
    label: "What do you look for?",
    value: options.queries[0],
    change: search,
    class: "live-long",
  });
  const picks = options.queries.map((query) =>
    button(query, () => {
      line.input.value = query;
      search();
    }),
  );
  /** @param {Page} asked */
  const offer = (asked) => {
    const size = (asked.bytes / 1e6).toFixed(1);
    const load = button(`Load the encoder (${size} MB)`, async () => {
      const bar = h("progress", { "aria-label": "Loading the encoder" });
      asked.progress = (part) => {
        bar.value = part;
      };
      load.disabled = true;
      loading.append(bar);
      try {
        showNear(/** @type {Near} */ (await ask({ text: options.queries[0], by: "meaning" })));
        ready = true;
        loading.replaceChildren();
        search();
      } catch (error) {
        bar.remove();
        load.disabled = false;
        fail(error);
      }
    });
    loading.append(asked.missing ?? load);
  };
  if (page) offer(page);
  const column = (/** @type {string} */ title, /** @type {HTMLElement[]} */ ...nodes) =>
    h("div", {}, h("strong", {}, title), nodes);
  body.append(
    line.node,
    h("div", { class: "live-row" }, picks),
    h(
      "div",
      { class: "live-columns" },
      column("By words: BM25", words.node, noWord),
      column("By meaning: the cosine", loading, meanings.node, cutting),
    ),
    drawing,
  );
  words.show(await ask({ text: options.queries[0], by: "words" }));
  if (!page) showNear(/** @type {Near} */ (await ask({ text: options.queries[0], by: "meaning" })));
}

export default live({ draw, answer });
