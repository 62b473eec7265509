// Text in pieces: byte pair encoding as livetorch/tokenizers.py applies it.

/** @typedef {[number, number]} Pair two tokens that are merged into one */

const NUM_BYTES = 256;
// White space by Unicode; JavaScript's own class of it has one sign more and one less.
const SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const PIECE = new RegExp(
  "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+" +
    `| ?[^${SPACE}\\p{L}\\p{N}]+|[${SPACE}]+(?![^${SPACE}])|[${SPACE}]+`,
  "gu",
);

/**
 * The pieces in which pairs are merged, by the rule of GPT-2; joined they are the text.
 * @param {string} text
 */
export const splitText = (text) => text.match(PIECE) ?? [];

/**
 * Tokens with `made` in place of each pair, from the left: a a a becomes made a.
 * @param {number[]} tokens
 * @param {Pair} pair
 * @param {number} made
 */
export function merge(tokens, pair, made) {
  const merged = [];
  for (let place = 0; place < tokens.length; place += 1) {
    const found = tokens[place] === pair[0] && tokens[place + 1] === pair[1];
    merged.push(found ? made : tokens[place]);
    if (found) place += 1;
  }
  return merged;
}

/**
 * A text's tokens: the earliest merge that fits goes first.
 * @param {string} text
 * @param {Pair[]} merges
 */
export function encode(text, merges) {
  const rank = new Map(merges.map((pair, i) => [String(pair), i]));
  return splitText(text).flatMap((piece) => {
    let tokens = Array.from(new TextEncoder().encode(piece));
    for (;;) {
      const ranks = tokens
        .slice(1)
        .map((token, i) => rank.get(`${tokens[i]},${token}`) ?? Infinity);
      const first = Math.min(Infinity, ...ranks);
      if (first === Infinity) return tokens;
      tokens = merge(tokens, merges[first], NUM_BYTES + first);
    }
  });
}

/**
 * The bytes of each token.
 * @param {Pair[]} merges
 */
export function piecesOf(merges) {
  const pieces = Array.from({ length: NUM_BYTES }, (_, byte) => [byte]);
  for (const [first, second] of merges) pieces.push([...pieces[first], ...pieces[second]]);
  return pieces.map((bytes) => Uint8Array.from(bytes));
}

/**
 * The text of tokens; bytes that are no whole character of UTF-8 become �.
 * @param {number[]} tokens
 * @param {Uint8Array[]} pieces
 */
export function decode(tokens, pieces) {
  const bytes = tokens.flatMap((token) => Array.from(pieces[token]));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

/**
 * A token's text, with signs for what cannot be seen; else its bytes as hex numbers.
 * @param {number} token
 * @param {Uint8Array[]} pieces
 */
export function visiblePiece(token, pieces) {
  const text = decode([token], pieces).replaceAll(" ", "·").replaceAll("\n", "↵");
  if (!/[\p{Cc}\ufffd]/u.test(text)) return text;
  const bytes = [...pieces[token]]; // no text, or none that can be seen
  return bytes.map((byte) => `x${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(" ");
}
