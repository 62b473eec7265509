// Search by words: BM25 as livetorch/searching.py computes it.

const K1 = 1.2;
const B = 0.75;

/** @param {string} text */
export const searchWords = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/**
 * What each word adds to the texts that have it.
 * @param {string[]} texts
 */
export function wordIndex(texts) {
  /** @type {Map<string, Map<number, number>>} */
  const postings = new Map();
  const lengths = texts.map((text, place) => {
    const words = searchWords(text);
    for (const word of words) {
      const counts = postings.get(word) ?? new Map();
      postings.set(word, counts.set(place, (counts.get(place) ?? 0) + 1));
    }
    return words.length;
  });
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  /**
   * A score for each text, 0 for one without a word of the query; a word counts once.
   * @param {string} query
   */
  const scores = (query) => {
    const made = lengths.map(() => 0);
    for (const word of new Set(searchWords(query))) {
      const counts = postings.get(word) ?? new Map();
      const rarity = Math.log1p((texts.length - counts.size + 0.5) / (counts.size + 0.5));
      for (const [place, count] of counts) {
        const damped = count + K1 * (1 - B + (B * lengths[place]) / mean);
        made[place] += (rarity * count * (K1 + 1)) / damped;
      }
    }
    return made;
  };
  return scores;
}

/**
 * The places of the largest numbers, the largest first; of equal ones the first.
 * @param {number[] | Float32Array} scores
 * @param {number} many
 */
export const largest = (scores, many) =>
  [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, many);
