"use strict";
// Rows are data; only what is looked at is drawn. All text goes in as text, never as markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 100, STACKS = 24, WIDTH = 260, HEIGHT = 30, GAP = 3, MARGIN = 8, GROUND = 36, LONGEST = 34;
  const [SEQ, TABLE, ROW, STACK, LAYER, STATUS, RECORD, HTTP, ATTEMPTS, MESSAGE, FORMULA, ORIENTATION, GROUP, FILL, ISSUES, HELD] =
    Array.from({ length: 16 }, (_, n) => n);
  const byId = (id) => document.getElementById(id);
  const text = (n) => (n < 0 ? "" : data.texts[n]);
  const words = (status) => data.statuses[status].replaceAll("_", " ");
  const rehearsal = document.body.dataset.rehearsal === "true";
  const isGood = (row) => data.good[row[STATUS]] || (rehearsal && data.statuses[row[STATUS]] === "not_sent" && !row[HELD]);
  const visible = (shown) => shown.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"));

  function make(name, props, ...children) {
    const node = Object.assign(document.createElement(name), props);
    node.append(...children);
    return node;
  }
  function draw(name, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  }

  // A narrow screen shows each cell below its header's text.
  const listHeaders = (table) => Array.from(table.querySelectorAll("thead th"), (header) => header.textContent);
  function labelled(names, row) {
    Array.from(row.cells).forEach((cell, n) => { if (cell.tagName === "TD" && names[n]) cell.dataset.label = names[n]; });
    return row;
  }
  const headers = listHeaders(byId("table"));
  for (const table of document.querySelectorAll("main table")) {
    for (const row of table.querySelectorAll("tbody tr")) labelled(listHeaders(table), row);
  }

  // --- rows -------------------------------------------------------------------------------------------------------
  const place = (row) => {
    const [source, sheet] = data.tables[row[TABLE]];
    return source + (sheet === null ? "" : ", sheet " + sheet) + (row[ROW] === null ? "" : ", row " + row[ROW]);
  };
  const stackName = (n) => {
    if (n < 0) return "";
    const [label, id] = data.stacks[n];
    return id === null || label === "sample " + id ? label : label + " (sample " + id + ")";
  };
  const haystack = (row) =>
    [place(row), stackName(row[STACK]), text(row[FORMULA]), text(row[ORIENTATION]), text(row[GROUP]), text(row[MESSAGE]),
      words(row[STATUS]), ...row[ISSUES].flatMap((issue) => [data.codes[issue[0]][0], ...issue.slice(1).map(text)])]
      .join("\n").toLowerCase();

  let found = data.rows, first = 0;
  const cache = new Map();
  function filter() {
    const status = byId("status").value, code = byId("code").value;
    const wanted = byId("search").value.trim().toLowerCase();
    found = data.rows.filter((row) => {
      if (status !== "" && row[STATUS] !== Number(status)) return false;
      if (code !== "" && !row[ISSUES].some((issue) => issue[0] === Number(code))) return false;
      if (wanted === "") return true;
      if (!cache.has(row[SEQ])) cache.set(row[SEQ], haystack(row));
      return cache.get(row[SEQ]).includes(wanted);
    });
    first = 0;
    showRows();
  }
  function sayIssue(issue) {
    const [code, severity, meaning] = data.codes[issue[0]];
    const item = make("li", {}, make("strong", { textContent: code, title: meaning }), " (" + severity + ")");
    if (issue[1] >= 0) item.append(", cell ", make("strong", { textContent: visible(text(issue[1])) }));
    if (issue[2] >= 0) item.append(" [" + visible(text(issue[2])) + "]");
    if (issue[3] >= 0) item.append(": ", make("code", { textContent: visible(text(issue[3])) }));
    item.append(" ", visible(text(issue[4])));
    if (issue[5] >= 0) item.append(" Type: ", make("code", { className: "type", textContent: visible(text(issue[5])) }));
    else item.append(" " + data.codes[issue[0]][3]);
    return item;
  }
  function makeRow(row) {
    const said = make("ul", {});
    if (row[MESSAGE] >= 0) said.append(make("li", { textContent: visible(text(row[MESSAGE])) }));
    said.append(...row[ISSUES].map(sayIssue));
    const glyph = isGood(row) ? "✓ " : data.statuses[row[STATUS]] === "unconfirmed" ? "? " : "✗ ";
    const chip = make("span", { className: "chip " + (isGood(row) ? "good" : "bad"), textContent: glyph + words(row[STATUS]) });
    const cell = (content, name) => make("td", { className: name || "" }, content);
    const number = (n) => (n === null ? "" : String(n));
    return labelled(headers, make("tr", {}, cell(visible(place(row)), "place"), cell(visible(stackName(row[STACK]))), cell(number(row[LAYER]), "number"),
      cell(visible(text(row[FORMULA]))), cell(visible(text(row[ORIENTATION]))), cell(visible(text(row[GROUP]))), cell(chip),
      cell(number(row[RECORD]), "number"), cell(said.hasChildNodes() ? said : "")));
  }
  function showRows() {
    const shown = found.slice(first, first + PAGE);
    document.querySelector("#table tbody").replaceChildren(...shown.map(makeRow));
    byId("count").textContent = found.length.toLocaleString("en") + " of " + data.rows.length.toLocaleString("en") + " rows";
    byId("page").textContent = shown.length === 0 ? "" : "rows " + (first + 1).toLocaleString("en") + " to " +
      (first + shown.length).toLocaleString("en");
    byId("back").disabled = first === 0;
    byId("forth").disabled = first + PAGE >= found.length;
  }
  function addOptions(select, names, used) {
    names.forEach((name, n) => {
      if (used.has(n)) byId(select).append(make("option", { value: String(n), textContent: name + " (" + used.get(n).toLocaleString("en") + ")" }));
    });
  }
  const usedStatuses = new Map(), usedCodes = new Map();
  for (const row of data.rows) {
    usedStatuses.set(row[STATUS], (usedStatuses.get(row[STATUS]) || 0) + 1);
    for (const code of new Set(row[ISSUES].map((issue) => issue[0]))) usedCodes.set(code, (usedCodes.get(code) || 0) + 1);
  }
  addOptions("status", data.statuses.map((_, n) => words(n)), usedStatuses);
  addOptions("code", data.codes.map((code) => code[0]), usedCodes);
  byId("status").addEventListener("change", filter);
  byId("code").addEventListener("change", filter);
  let timer = 0;
  byId("search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
  byId("back").addEventListener("click", () => { first = Math.max(0, first - PAGE); showRows(); });
  byId("forth").addEventListener("click", () => { first += PAGE; showRows(); });

  // --- stacks -----------------------------------------------------------------------------------------------------
  const members = data.stacks.map(() => []);
  for (const row of data.rows) if (row[STACK] >= 0) members[row[STACK]].push(row);
  const cut = (said) => (said.length > LONGEST ? said.slice(0, LONGEST - 1) + "…" : said);
  const MOST_BOXES = 60;
  function thin(parts) {
    // of a tall stack: its ends, and whatever isn't in
    if (parts.length <= MOST_BOXES) return parts;
    const ends = Math.floor(MOST_BOXES / 3), shown = [];
    parts.forEach((part, place) => {
      const dull = Array.isArray(part) && isGood(part);
      if (!dull || place < ends || place >= parts.length - ends) shown.push(part);
      else if (shown[shown.length - 1].skipped) shown[shown.length - 1].skipped += 1;
      else shown.push({ skipped: 1 });
    });
    return shown;
  }
  function boxes(rows) {
    const layers = rows.filter((row) => row[LAYER] !== null).sort((a, b) => a[LAYER] - b[LAYER] || a[SEQ] - b[SEQ]);
    const result = [];
    layers.forEach((row, n) => {
      const below = n ? layers[n - 1][LAYER] : row[LAYER] - 1;
      // where rows are left out of the page a position without one says nothing
      if (row[LAYER] > below + 1 && !data.is_cut) {
        result.push(row[LAYER] === below + 2 ? "layer " + (below + 1) + " is missing" : "layers " + (below + 1) + " to " + (row[LAYER] - 1) + " are missing");
      }
      result.push(row);
    });
    return result;
  }
  function drawStack(n) {
    const [, , substrate] = data.stacks[n];
    const parts = thin(boxes(members[n]));
    const height = 2 * MARGIN + GROUND + parts.length * (HEIGHT + GAP), width = WIDTH + 2 * MARGIN;
    const said = parts.map((part) => typeof part === "string" ? part : part.skipped ? part.skipped + " layers not drawn" :
      "layer " + part[LAYER] + " " + (text(part[FORMULA]) || "without a formula") + ", " + (data.good[part[STATUS]] ? "in" : isGood(part) ? "valid" : words(part[STATUS])));
    const svg = draw("svg", { width, height, viewBox: "0 0 " + width + " " + height, role: "img",
      "aria-label": visible("On " + (substrate || "a substrate that is not named") + ", from the substrate up: " + said.join("; ")) });
    let y = height - MARGIN - GROUND;
    const label = (at, words, name) => draw("text", { x: MARGIN + 8, y: at, class: name }, visible(cut(words)));
    svg.append(draw("rect", { x: MARGIN, y, width: WIDTH, height: GROUND, class: "ground" }),
      label(y + 22, "substrate " + (substrate || "(not named)"), "said strong halo"));
    for (const part of parts) {
      y -= HEIGHT + GAP;
      const box = { x: MARGIN, y, width: WIDTH, height: HEIGHT };
      if (part.skipped) {
        svg.append(label(y + 19, "⋮  " + part.skipped + " layers not drawn", "said"));
        continue;
      }
      if (typeof part === "string") {
        svg.append(draw("rect", { ...box, class: "layer gone" }), label(y + 19, part.toUpperCase(), "alarm"));
        continue;
      }
      const what = [part[LAYER], text(part[FORMULA]) || "?", part[ORIENTATION] >= 0 ? "(" + text(part[ORIENTATION]) + ")" : "", text(part[GROUP])]
        .filter((one) => one !== "").join("  ");
      if (isGood(part)) {
        svg.append(draw("rect", { ...box, class: "layer", fill: text(part[FILL]) || "#e8e8e8" }), label(y + 19, what, "said"));
      } else {
        const status = data.statuses[part[STATUS]];
        svg.append(draw("rect", { ...box, class: "layer out " + status }), label(y + 13, what, "said halo"),
          label(y + 26, (status === "unconfirmed" ? "? " : "✗ ") + words(part[STATUS]).toUpperCase(), "alarm halo"));
      }
    }
    return make("figure", {}, svg, make("figcaption", { textContent: visible(stackName(n)) }));
  }
  const order = data.stacks.map((_, n) => n);
  const isOpen = (n) => !members[n].every(isGood);
  order.sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)) || a - b);
  let chosen = order, drawn = 0;
  function moreStacks() {
    const next = chosen.slice(drawn, drawn + STACKS);
    byId("stacks").append(...next.map(drawStack));
    drawn += next.length;
    byId("stacks-more").hidden = drawn >= chosen.length;
    byId("stacks-count").textContent = drawn.toLocaleString("en") + " of " + chosen.length.toLocaleString("en") + " stacks drawn";
  }
  byId("stacks-more").addEventListener("click", moreStacks);
  byId("stacks-open").addEventListener("change", () => {
    chosen = byId("stacks-open").checked ? order.filter(isOpen) : order;
    drawn = 0;
    byId("stacks").replaceChildren();
    moreStacks();
  });
  moreStacks();
  showRows();
})();
