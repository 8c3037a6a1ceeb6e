/** The differences of two texts, by their words. */

/** @typedef {{text: string, isOther: boolean}} Piece */

const WORD = /[\p{L}\p{N}_]+|\s+|./gsu;
// From this many comparisons on, everything between the common ends counts as different.
const MOST = 4_000_000;

/**
 * The pieces of a text, and those in which it differs from another text.
 * @param {string} text
 * @param {string} other
 * @returns {Piece[]}
 */
export function differences(text, other) {
  const one = text.match(WORD) ?? [];
  const two = other.match(WORD) ?? [];
  let start = 0;
  while (start < one.length && start < two.length && one[start] === two[start]) start += 1;
  let end = 0;
  while (end < one.length - start && end < two.length - start && one.at(-1 - end) === two.at(-1 - end)) end += 1;
  const middle = one.slice(start, one.length - end);
  const isCommon = common(middle, two.slice(start, two.length - end));
  /** @type {Piece[]} */
  const pieces = [];
  one.forEach((word, place) => {
    const isOther = place >= start && place < one.length - end && !isCommon[place - start];
    const last = pieces.at(-1);
    if (last && last.isOther === isOther) last.text += word;
    else pieces.push({ text: word, isOther });
  });
  return pieces;
}

/**
 * For each word of a list, whether it is in the longest common sequence with another list.
 * @param {string[]} one
 * @param {string[]} two
 * @returns {boolean[]}
 */
function common(one, two) {
  const found = one.map(() => false);
  if (one.length * two.length > MOST) return found;
  const width = two.length + 1;
  const lengths = new Uint16Array((one.length + 1) * width);
  /** @param {number} row @param {number} column */
  const at = (row, column) => lengths[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = two.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        one[row] === two[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  for (let row = 0, column = 0; row < one.length && column < two.length; ) {
    if (one[row] === two[column]) {
      found[row] = true;
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return found;
}
