/** Texts from requests are hostile: what cannot be seen, or changes what is seen, is shown by its name. */

import { h } from "./dom.js";

const UNSEEN = /^(?:(?![\t\n\r])\p{Cc}|\p{Default_Ignorable_Code_Point}|[\p{Zl}\p{Zp}\ufff9-\ufffb])$/u;

/**
 * The nodes of a text. Each unseen character becomes a mark such as U+202E.
 * @param {string} text
 * @returns {Node[]}
 */
export function visible(text) {
  /** @type {Node[]} */
  const nodes = [];
  let plain = "";
  for (const character of characters(text)) {
    if (UNSEEN.test(character)) {
      if (plain) nodes.push(document.createTextNode(plain));
      plain = "";
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      nodes.push(h("span", { class: "unseen" }, `U+${code}`));
    } else {
      plain += character;
    }
  }
  if (plain) nodes.push(document.createTextNode(plain));
  return nodes;
}

// An emoji may be made of several characters, some of them unseen; so are the digits on keys.
const EMOJI = /[0-9#*]\ufe0f\u20e3|\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*(?:\u200d\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*)*/gu;

/**
 * The characters of a text, and its emojis whole.
 * @param {string} text
 * @returns {string[]}
 */
function characters(text) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(EMOJI)) {
    found.push(...text.slice(from, match.index), match[0]);
    from = match.index + match[0].length;
  }
  return [...found, ...text.slice(from)];
}

/**
 * The parts of a content: its signature, its verification code, and the rest.
 * @param {string} content
 * @param {string | null} code
 * @returns {Node[]}
 */
export function contentNodes(content, code) {
  const signature = /^\s*(【[^【】]+】)|(【[^【】]+】)\s*$/u.exec(content);
  const parts = [];
  if (signature) parts.push({ kind: "signature", text: signature[1] ?? signature[2] ?? "" });
  if (code) parts.push({ kind: "code", text: code });
  /** @type {{kind: string, text: string}[]} */
  let pieces = [{ kind: "", text: content }];
  for (const part of parts) {
    pieces = pieces.flatMap((piece) => (piece.kind ? [piece] : split(piece.text, part)));
  }
  return pieces.flatMap(({ kind, text }) =>
    kind ? [h("span", { class: kind }, ...visible(text))] : visible(text),
  );
}

/**
 * @param {string} text
 * @param {{kind: string, text: string}} part
 */
function split(text, part) {
  const place = text.indexOf(part.text);
  if (place < 0) return [{ kind: "", text }];
  return [
    { kind: "", text: text.slice(0, place) },
    part,
    { kind: "", text: text.slice(place + part.text.length) },
  ];
}
