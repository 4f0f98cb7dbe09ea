// Columns: what each header is taken for and why; what is chosen here is kept as the mapping file.

import { ask } from "/static/api.js";
import { el, button, say, words } from "/static/dom.js";
import { app, go } from "/static/app.js";

/** Without what it says to write in a file: here there is a control for it. @param {string} text */
const plain = (text) => text.replace(/\s[^.?!]*`.*$/s, "");
const MARKS = { error: "✖", warning: "▲", note: "●" };

/** @param {HTMLElement} main */
export async function showColumns(main) {
  draw(main, await ask("GET", `/api/drafts/${app.draft.id}/mapping`));
}

/** @param {HTMLElement} main @param {any} view */
function draw(main, view) {
  const choices = new Map();
  const order = el("select", { id: "order", onchange: () => changed() }, [["", "From the substrate up, unless the header says otherwise"], ["bottom-up", "From the substrate up"], ["top-down", "From the top down"]].map(([value, text]) => el("option", { value, selected: value === view.order }, text)));
  const save = button("Use these columns", () => apply(main, choices, order.value), { class: "main", disabled: true });
  const changed = () => {
    save.disabled = false;
  };
  const tables = view.tables.map((table) => drawTable(table, view, choices, changed));
  main.replaceChildren(
    el("h1", {}, "Columns"),
    el("p", {}, "What each column of your sheet is sent as. Change what is wrong; your choice is kept in ", el("code", {}, view.writes), ", which the command line uses too."),
    ...tables,
    el("p", { class: "row" }, el("label", { for: "order" }, "Layers are counted"), order),
    el("p", { class: "row sticky" }, save, button("Go on: check", () => go("check"))),
    view.text ? el("details", {}, el("summary", {}, `The mapping in use (${view.mapping})`), el("pre", { tabindex: "0" }, view.text)) : "",
  );
}

function drawTable(table, view, choices, changed) {
  const name = table.sheet ? `${table.source}: ${table.sheet}` : table.source;
  return el(
    "section",
    { "aria-label": name },
    el("h2", { class: "path" }, name),
    ...table.issues.map(([severity, text]) => el("p", { class: `said mark-${severity[0]}` }, `${MARKS[severity]} ${text}`)),
    el(
      "div",
      { class: "cards" },
      table.columns.map((column) => drawColumn(column, view, choices, changed)),
    ),
  );
}

function drawColumn(column, view, choices, changed) {
  const id = `use-${Math.random().toString(36).slice(2)}`;
  const choice = choices.get(column.header) ?? { header: column.header, use: column.choice, values: { ...column.values }, fill_down: column.fill_down };
  const note = () => {
    choices.set(column.header, choice);
    changed();
  };
  const select = el(
    "select",
    {
      id,
      onchange: () => {
        choice.use = select.value;
        values.hidden = !view.fields.includes(choice.use);
        note();
      },
    },
    el("option", { value: "auto", selected: choice.use === "auto" }, `As found: ${column.choice === "auto" ? column.use : "by its header"}`),
    view.fields.map((field) => el("option", { value: field, selected: choice.use === field }, field)),
    el("option", { value: "ignore", selected: choice.use === "ignore" }, "Don't send"),
  );
  const fill = el("input", { type: "checkbox", checked: choice.fill_down, onchange: () => { choice.fill_down = fill.checked; note(); } });
  const values = el(
    "details",
    { hidden: !view.fields.includes(choice.use) },
    el("summary", {}, "Words in this column"),
    el("p", { class: "quiet" }, "Write what a text stands for, for example SrTiO3 beside STO."),
    column.words.map((word) => {
      const input = el("input", { "aria-label": `${word} stands for`, spellcheck: "false", oninput: () => { choice.values[word] = input.value; note(); } });
      input.value = choice.values[word] ?? "";
      return el("p", { class: "row word" }, el("span", { class: "path" }, word), input);
    }),
  );
  return el(
    "fieldset",
    { class: `card ${column.sent ? "" : "unused"}` },
    el("legend", {}, column.letter ? el("span", { class: "letter" }, column.letter) : null, ` ${column.header || "(no header)"}`),
    el("p", { class: "samples" }, column.samples.length ? column.samples.join(" · ") : "no text"),
    el("p", {}, el("label", { for: id }, "Sent as "), select),
    el("p", { class: "quiet" }, `${column.use}: ${column.why}.`),
    column.near && column.choice === "auto" && !column.sent
      ? el("p", {}, button(`Use as ${column.near}`, () => { select.value = column.near; select.dispatchEvent(new Event("change")); select.focus(); }))
      : null,
    column.issues.map(([severity, text]) => el("p", { class: `said mark-${severity[0]}` }, el("span", { "aria-hidden": "true" }, `${MARKS[severity]} `), plain(text))),
    column.letter ? el("label", { class: "tick" }, fill, " Blank cells take the text above") : null,
    column.words.length ? values : null,
  );
}

async function apply(main, choices, order) {
  const view = await ask("PUT", `/api/drafts/${app.draft.id}/mapping`, { columns: [...choices.values()], order });
  app.draft = view.draft;
  app.plan = null;
  draw(main, view);
  say(`Kept in ${view.mapping}. ${words(app.draft.valid, "row")} of ${app.draft.rows} valid.`);
  main.querySelector("h1").scrollIntoView();
}
