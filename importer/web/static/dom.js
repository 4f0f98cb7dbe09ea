// Elements made by hand: text is always text, nothing is ever parsed as markup.

/** An element of what it is (left out where that is nothing special) and what is in it. @param {string} tag @param {...any} kids @returns {any} */
export function el(tag, ...kids) {
  const node = document.createElement(tag);
  const props = kids[0]?.constructor === Object ? kids.shift() : {};
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name in node && typeof value !== "string") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...kids.flat().filter((kid) => kid !== null && kid !== undefined && kid !== false));
  return node;
}

/** @param {string} text @param {() => any} act @param {Record<string, any>} [props] */
export function button(text, act, props = {}) {
  return el("button", { type: "button", ...props, onclick: () => guarded(act) }, text);
}

/** Run something, and show what goes wrong. @param {() => any} act */
export async function guarded(act) {
  try {
    hideAlert();
    return await act();
  } catch (error) {
    showAlert(error.message ?? String(error));
    if (!("status" in error)) console.error(error);
    return undefined;
  }
}

const status = () => document.getElementById("status");
const alertBox = () => document.getElementById("alert");

/** Tell quietly, for those who listen and those who look. @param {string} text */
export function say(text) {
  status().textContent = text;
}

/** @param {string} text */
export function showAlert(text) {
  const box = alertBox();
  box.replaceChildren(el("span", text), el("button", { type: "button", class: "plain", "aria-label": "Close this message", onclick: hideAlert }, "×"));
  box.hidden = false;
}

export function hideAlert() {
  alertBox().hidden = true;
}

/** @param {number} count */
export const number = (count) => count.toLocaleString("en-GB");

/** A paragraph of things beside each other, and one that matters less. @param {...any} kids */
export const pRow = (...kids) => el("p", { class: "row" }, ...kids);
export const pQuiet = (...kids) => el("p", { class: "quiet" }, ...kids);

/** Options of a list, by value and text. @param {[string, string][]} pairs @param {string} [chosen] */
export const options = (pairs, chosen = "") => pairs.map(([value, text]) => el("option", { value, selected: value === chosen }, text));

/** What marks a severity, for those who look and those who listen. @param {"e" | "w" | "n"} severity */
export const sign = (severity) => [
  el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[severity]),
  el("span", { class: "visually-hidden" }, `${NAMES[severity]}: `),
];

/** How many rows are valid. @param {{rows: number, valid: number}} state */
export function verdict({ rows, valid }) {
  const bad = rows - valid;
  return [
    el("strong", { class: bad ? "bad" : "good" }, bad ? `✖ ${words(bad, "row")} to correct` : `✔ ${all(rows, "valid")}`),
    bad ? ` · ${number(valid)} of ${words(rows, "row")} valid` : "",
  ];
}

/** @param {number} count @param {string} one @param {string} [many] */
export function words(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** All rows, in words. @param {number} count @param {string} what */
export function all(count, what) {
  return count === 1 ? `The 1 row is ${what}` : `All ${words(count, "row")} ${what}`;
}

/** An image of a drawing, as a blob: nothing in it can run. @param {{svg: string, words: string, label: string}} drawing */
export function picture(drawing) {
  const address = URL.createObjectURL(new Blob([drawing.svg], { type: "image/svg+xml" }));
  const image = el("img", { src: address, alt: drawing.words, class: "stack", onload: () => URL.revokeObjectURL(address) });
  return el("figure", el("figcaption", drawing.label), image);
}

export const GLYPHS = { e: "✖", w: "▲", n: "●" };
export const NAMES = { e: "error", w: "warning", n: "note" };
