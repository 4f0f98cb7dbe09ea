// Columns: what each header is taken for and why; what is chosen here is kept as the mapping file.

import { ask } from "/static/api.js";
import { el, button, number, options, pQuiet, pRow, say, sign, words } from "/static/dom.js";
import { app, drawNav, go } from "/static/app.js";

const KINDS = [
  ["constants", "is always"],
  ["defaults", "is, where the cell is blank,"],
  ["templates", "is put together as"],
];
/** What a column is found by, from its cells. @param {string} source @param {string | null} sheet @param {string} name */
export const columnKey = (source, sheet, name) => [source, sheet, name].join("|");
let serial = 0;
const fresh = (name) => `${name}-${(serial += 1)}`;

/** @param {HTMLElement} main */
export async function showColumns(main) {
  new Columns(main).draw(await ask("GET", `/api/drafts/${app.draft.id}/mapping`));
  if (app.goal?.add) main.querySelector("#add-field")?.click();
  const wanted = [...main.querySelectorAll(".column")].find((each) => each.dataset.at === app.goal?.at);
  wanted?.scrollIntoView({ block: "center" });
  wanted?.querySelector("select").focus({ preventScroll: true });
}

/** Write a rule that an issue offers. @param {any} add */
export async function takeOffer(add) {
  accept(await ask("PUT", `/api/drafts/${app.draft.id}/mapping`, { add: [add] }));
}

function accept(view) {
  if (view.draft.id !== app.draft.id) return view; // another sheet was opened meanwhile
  app.draft = view.draft;
  app.plan = null;
  app.pending = false;
  drawNav();
  say(`Kept in ${view.mapping}. ${number(app.draft.valid)} of ${words(app.draft.rows, "row")} valid.`);
  return view;
}

/** What an issue of a column says, with a button for each thing that can be done. @param {any} said @param {(add: any) => any} take */
export function drawSaying(said, take) {
  return el(
    "div",
    { class: `said mark-${said.severity}` },
    el("p", sign(said.severity), said.message),
    said.offers.length ? pRow(said.offers.map((offer) => button(offer.label, () => take(offer.add)))) : null,
  );
}

/** @param {string} label @param {[string, string][]} pairs @param {string} chosen @param {(value: string) => void} tell */
function choose(label, pairs, chosen, tell) {
  const select = el("select", { "aria-label": label, onchange: () => tell(select.value) }, options(pairs, chosen));
  return select;
}

/** @param {string} label @param {string} text @param {(text: string) => void} tell @param {Record<string, any>} [props] */
function type(label, text, tell, props = {}) {
  const input = el("input", { "aria-label": label, spellcheck: "false", autocomplete: "off", ...props, oninput: () => tell(input.value) });
  input.value = text;
  return input;
}

class Columns {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.main = main;
    this.path = `/api/drafts/${app.draft.id}/mapping`;
  }

  /** @param {any} view */
  draw(view) {
    if (!this.main.isConnected) return;
    this.view = view;
    this.titles = new Map(view.fields.map(([name, title]) => [name, `${title} (${name})`]));
    this.choices = new Map();
    this.made = null;
    this.order = null;
    this.use = button("Use these columns", () => this.apply(), { class: "main" });
    this.on = button("Go on: check", () => (app.pending ? this.apply().then(() => go("check")) : go("check")));
    this.state = el("span", { class: "quiet" });
    this.mark(false);
    const isOne = view.tables.length === 1;
    this.main.replaceChildren(
      el("h1", "Columns"),
      el("p", "What each column of your sheet is sent as. Change what is wrong. Your choice is kept in ", el("code", view.writes), ", beside your file. The command line uses it too."),
      ...view.tables.map((table) => this.drawTable(table, isOne)),
      this.drawMade(),
      pRow("Layers are counted", choose("Layers are counted", [["", "as the header says, else from the substrate up"], ["bottom-up", "from the substrate up"], ["top-down", "from the top down"], ["rows-bottom-up", "by the order of the rows, from the substrate up"], ["rows-top-down", "by the order of the rows, from the top down"]], view.order, (order) => { this.order = order; this.mark(true); })),
      this.drawText(),
      el("p", { class: "row sticky" }, this.use, this.on, this.state),
    );
  }

  /** @param {boolean} isPending */
  mark(isPending) {
    app.pending = isPending;
    this.use.disabled = !isPending;
    this.on.className = isPending ? "" : "main";
    this.state.textContent = isPending ? "Changed, not used yet" : "";
  }

  drawTable(table, isOne) {
    const name = table.sheet ? `${table.source}: ${table.sheet}` : table.source;
    return el(
      "section",
      { "aria-label": name },
      isOne && !table.sheet ? null : el("h2", { class: "path" }, name),
      table.says.map((said) => drawSaying(said, (add) => this.apply([add]))),
      el("div", table.columns.map((column) => this.drawColumn(column, table))),
    );
  }

  change(column, what) {
    const { choice: use, values, split, stack, element } = column;
    this.choices.set(column.key, { use, values, split, stack, element, ...this.choices.get(column.key), ...what, header: column.key });
    this.mark(true);
  }

  drawColumn(column, { source, sheet }) {
    const id = fresh("use");
    const more = el("div");
    const option = (value, text, props = {}) => el("option", { value, selected: column.choice === value, ...props }, text);
    const found = column.choice !== "auto" ? "As its header says" : column.sent ? this.word(column.use) : "Not sent";
    const select = el(
      "select",
      { id, onchange: () => { this.change(column, { use: select.value }); this.drawMore(column, select.value, more); } },
      option("auto", found),
      el("optgroup", { label: "A field" }, this.view.fields.map(([field, , what]) => option(field, this.word(field), { title: what }))),
      el("optgroup", { label: "Something else" }, option("ignore", "Don't send"), column.letter ? [option("split", "Several fields in one cell"), option("stack", "A whole stack in one cell"), option("element", "Amount of an element")] : null),
    );
    const fill = el("input", { type: "checkbox", checked: column.fill_down, onchange: () => this.change(column, { fill_down: fill.checked }) });
    this.drawMore(column, column.choice, more);
    const why = column.why[0].toUpperCase() + column.why.slice(1);
    return el(
      "div",
      { role: "group", "aria-labelledby": `${id}-name`, "data-at": columnKey(source, sheet, column.letter || column.header), class: `column ${column.sent ? "" : "unused"}` },
      el("div",
        el("p", { id: `${id}-name`, class: "name" }, column.letter ? el("span", { class: "letter" }, column.letter) : null, ` ${column.header || "(no header)"}`),
        el("p", { class: "samples" }, column.samples.length ? column.samples.join(" · ") : "no text"),
      ),
      el("div",
        el("p", { class: "pair" }, el("label", { for: id }, "Sent as"), select),
        column.letter ? el("label", { class: "tick" }, fill, " Blank cells take the text above") : null,
        more,
      ),
      el("div", pQuiet(`${column.sent ? "" : "Not sent. "}${why}.`), column.says.map((said) => drawSaying(said, (add) => this.apply([add])))),
    );
  }

  word(use) {
    return this.titles.get(use) ?? use;
  }

  /** What a choice needs besides. */
  drawMore(column, use, box) {
    const now = { ...column, ...this.choices.get(column.key) };
    const kinds = {
      split: () => this.drawSplit(column, now.split),
      stack: () => this.drawStack(column, now.stack),
      element: () => pRow("Element", type(`Element of ${column.header}`, now.element ?? "", (text) => this.change(column, { element: text.trim() }), { size: "3", maxlength: "2", placeholder: "Ba" })),
    };
    const isField = this.titles.has(use) || (use === "auto" && column.field && column.letter);
    const drawn = kinds[use] ? kinds[use]() : isField && column.words.length ? this.drawWords(column, now.values) : "";
    box.replaceChildren(drawn);
  }

  drawWords(column, values) {
    const given = { ...values };
    return el(
      "details",
      { open: Object.keys(values).length > 0 },
      el("summary", "Replace words of this column"),
      pQuiet("Type what a word stands for, e.g. SrTiO3 beside STO."),
      [...new Set([...column.words, ...Object.keys(values)])].map((word) =>
        el("p", { class: "row word" }, el("span", { class: "path" }, word), type(`${word} stands for`, given[word] ?? "", (text) => { given[word] = text; this.change(column, { values: { ...given } }); })),
      ),
    );
  }

  drawSplit(column, split) {
    const now = { separator: split?.separator ?? "/", fields: [...(split?.fields ?? ["", ""])] };
    const box = el("div");
    const tell = () => this.change(column, { split: { separator: now.separator, fields: [...now.fields] } });
    const resize = (fields) => { now.fields = fields; tell(); draw(); };
    const draw = () =>
      box.replaceChildren(
        pRow("Cut at", type(`Separator in ${column.header}`, now.separator, (text) => { now.separator = text; tell(); }, { size: "4" })),
        ...now.fields.map((field, at) => pRow(`Part ${at + 1}`, choose(`Part ${at + 1} of ${column.header}`, [["", "not used"], ...this.titles], field, (chosen) => { now.fields[at] = chosen; tell(); }))),
        pRow(button("One more part", () => resize([...now.fields, ""])), now.fields.length > 2 ? button("One part fewer", () => resize(now.fields.slice(0, -1))) : ""),
      );
    draw();
    if (!split) tell();
    return box;
  }

  drawStack(column, stack) {
    const now = stack ?? { separator: "/", order: "bottom-up", lowest: "layer" };
    const tell = (what) => { Object.assign(now, what); this.change(column, { stack: { ...now } }); };
    if (!stack) tell({});
    return el("div",
      pRow("Layers separated by", type(`Separator in ${column.header}`, now.separator, (separator) => tell({ separator }), { size: "4" })),
      pRow("The first", choose(`The first in ${column.header}`, [["bottom-up", "is the lowest"], ["top-down", "is the top"]], now.order, (order) => tell({ order }))),
      pRow("The lowest", choose(`The lowest in ${column.header}`, [["layer", "is layer 1"], ["substrate", "is the substrate"]], now.lowest, (lowest) => tell({ lowest }))),
    );
  }

  /** Fields that have no column: the same in all rows, for blank cells, or put together. */
  drawMade() {
    const lines = this.view.made.map((each) => [...each]);
    const box = el("div");
    const tell = () => { this.made = lines.filter(([, , text]) => text); this.mark(true); };
    const draw = () =>
      box.replaceChildren(
        ...lines.map((line, at) => {
          const set = (part) => (value) => { line[part] = value; tell(); };
          return pRow(
            choose(`Field ${at + 1} without a column`, [...this.titles], line[1], set(1)),
            choose(`How field ${at + 1} is filled`, KINDS, line[0], set(0)),
            type(`Text of field ${at + 1}`, line[2], set(2), { placeholder: "e.g. SrTiO3 or {Run}-{Piece}", size: "28" }),
            button("Remove", () => { lines.splice(at, 1); tell(); draw(); }, { "aria-label": `Remove field ${at + 1}` }),
          );
        }),
      );
    draw();
    const used = new Set(this.view.tables.flatMap((table) => table.columns.map((column) => column.field)));
    const first = ["substrate", ...this.titles.keys()].find((field) => !used.has(field)) ?? "substrate";
    const add = button("Add a field", () => { lines.push(["constants", first, ""]); draw(); box.lastChild.firstChild.focus(); }, { id: "add-field" });
    return el(
      "section",
      { "aria-label": "Fields without a column" },
      el("h2", "Not in any column?"),
      pQuiet("Say it once here: for example that every substrate is SrTiO3, or that the sample's name is put together from {Run} and {Piece}."),
      box,
      el("p", add),
    );
  }

  /** The mapping file itself: all that it can say. */
  drawText() {
    const area = el("textarea", { id: "mapping-text", rows: "10", spellcheck: "false", autocomplete: "off" });
    area.value = this.view.text.trim() === "{}" ? "" : this.view.text;
    return el("details",
      el("summary", "The mapping file as text"),
      pQuiet("For all that has no button here: rules for single sheets or files, names of materials, labels above the table."),
      el("p", el("label", { for: "mapping-text" }, this.view.writes), area),
      el("p", button("Use this text", async () => this.draw(accept(await ask("PUT", `${this.path}/text`, { text: area.value || "{}" }))))),
    );
  }

  /** @param {any[]} [add] */
  async apply(add = []) {
    this.draw(accept(await ask("PUT", this.path, { columns: [...this.choices.values()], order: this.order, made: this.made, add })));
    document.getElementById("main").focus();
    scrollTo(0, 0);
  }
}
