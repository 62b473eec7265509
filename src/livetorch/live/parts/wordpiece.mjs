// Text in pieces of words: WordPiece as livetorch/wordpiece.py cuts it.

/** @typedef {Map<string, number>} Vocabulary the number of each piece */

const LONGEST_WORD = 100;
// Controls, and what Unicode has for private use; a lone half of a pair has no text either.
const DROPPED = /[\ufffd\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const IDEOGRAPHS = [
  "\\u4e00-\\u9fff\\u3400-\\u4dbf\\uf900-\\ufaff",
  "\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}",
];
const IDEOGRAPH = new RegExp(`[${IDEOGRAPHS.join("")}]`, "gu");
const SPACE = /[\t\n\r\p{Z}]/gu;
// All signs of ASCII that are no letter or digit count, $ and + too.
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;

/**
 * The words of a text and its punctuation, in lower case and without accents.
 * @param {string} text
 */
export const wordsOf = (text) =>
  [
    ...text
      .replace(SPACE, " ")
      .replace(DROPPED, "")
      .replace(IDEOGRAPH, " $& ")
      .normalize("NFD")
      .replace(/\p{Mn}/gu, "")
      .replace(PUNCTUATION, " $& "),
  ]
    .map((sign) => sign.toLowerCase())
    .join("")
    .split(" ")
    .filter(Boolean);

/**
 * A vocabulary from its pieces, one a line.
 * @param {string} lines
 * @returns {Vocabulary}
 */
export const vocabularyOf = (lines) =>
  new Map(lines.split("\n").map((piece, number) => [piece, number]));

/**
 * The longest pieces from the left, or the unknown one alone.
 * @param {string} word
 * @param {Vocabulary} vocabulary
 */
export function piecesOf(word, vocabulary) {
  const letters = [...word];
  const pieces = [];
  let start = 0;
  while (start < letters.length && letters.length <= LONGEST_WORD) {
    let end = letters.length;
    const piece = () => (start ? "##" : "") + letters.slice(start, end).join("");
    while (end > start && !vocabulary.has(piece())) end -= 1;
    if (end === start) return ["[UNK]"];
    pieces.push(piece());
    start = end;
  }
  return pieces.length ? pieces : ["[UNK]"];
}

/**
 * A text's pieces without the two at its ends.
 * @param {string} text
 * @param {Vocabulary} vocabulary
 */
export const cut = (text, vocabulary) =>
  wordsOf(text).flatMap((word) => piecesOf(word, vocabulary));

/**
 * The numbers of pieces, [CLS] first and [SEP] last; at most `longest`.
 * @param {string[]} pieces
 * @param {Vocabulary} vocabulary
 * @param {number} longest
 */
export const numbersOf = (pieces, vocabulary, longest) =>
  ["[CLS]", ...pieces.slice(0, longest - 2), "[SEP]"].map((piece) => vocabulary.get(piece) ?? 0);
