// A file with too many rows to edit here: what is wrong with it, by kind, and the rows about a place.

import { ask, AskError } from "/static/api.js";
import { all, el, button, guarded, say, words, GLYPHS, NAMES } from "/static/dom.js";
import { app, go } from "/static/app.js";
import { Grid } from "/static/grid.js";

/** @param {HTMLElement} main */
export async function showLarge(main) {
  const draft = app.draft;
  const bad = draft.rows - draft.valid;
  const sheet = el("div", { class: "sheet" });
  const detail = el("div", { class: "detail" });
  let grid = null;
  app.leave = () => grid?.close();

  const around = async (file, name, row) => {
    const found = await ask("GET", `/api/drafts/${draft.id}/around?file=${encodeURIComponent(file)}&row=${row}${name ? `&sheet=${encodeURIComponent(name)}` : ""}`);
    const at = found.rows?.findIndex((each) => each[1] === row) ?? -1;
    if (at < 0) throw new AskError(0, `There is no row ${row} below the header of ${file}.`);
    grid?.close();
    grid = new Grid({ columns: found.columns.map((column) => ({ ...column, use: "" })), editable: false, sheet: found.sheet, source: file }, {
      load: async () => ({ ...found, total: found.rows.length }),
      edit: () => {},
      command: () => {},
      isFiltered: () => false,
      select: (chosen, column) => {
        const marks = chosen ? [...(chosen.marks.get(column) ?? []), ...(column >= 0 ? (chosen.marks.get(-1) ?? []) : [])] : [];
        detail.replaceChildren(...marks.map((mark) => el("p", { class: `said mark-${mark.severity}` }, `${GLYPHS[mark.severity]} ${mark.message}`)));
        if (marks.length) say(marks.map((mark) => mark.message).join(" "));
      },
    });
    sheet.replaceChildren(grid.node);
    await grid.reload();
    const marked = [...(grid.rows.get(at)?.marks.keys() ?? [])];
    await grid.move(at, marked[0] ?? 0);
    sheet.scrollIntoView({ block: "nearest" });
  };

  const file = el("select", { id: "file", "aria-label": "File" }, draft.files.map((name) => el("option", { value: name }, name)));
  const row = el("input", { id: "row", inputmode: "numeric", size: "9", autocomplete: "off" });
  const form = el("form", { class: "tools", onsubmit: (event) => { event.preventDefault(); guarded(() => around(file.value, draft.sheet, Number(row.value.replace(/\D/g, "")) || 0)); } },
    draft.files.length > 1 ? file : null, el("label", { for: "row" }, "Row"), row, el("button", {}, "Go to the row"), button("Go on: compare", () => go("compare"), { class: bad ? "" : "main", disabled: !draft.valid }));
  main.replaceChildren(
    el("h1", { class: "path" }, draft.files.join(", ")),
    el("p", { id: "counts" }, el("strong", { class: bad ? "bad" : "good" }, bad ? `✖ ${words(bad, "row")} to correct` : `✔ ${all(draft.rows, "valid")}`), bad ? ` · ${draft.valid.toLocaleString("en-GB")} of ${words(draft.rows, "row")} valid` : ""),
    el("p", { class: "quiet" }, "This file has too many rows to be edited here. Correct the file itself, or split it. It can be compared and sent as it is."),
    form,
    detail,
    sheet,
    el("h2", {}, "Issues"),
    ...draft.groups.map((group, at) =>
      el("details", { class: `said mark-${group.severity}`, open: at === 0 },
        el("summary", {}, el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[group.severity]), el("span", { class: "visually-hidden" }, `${NAMES[group.severity]}: `), `${group.meaning} (${group.count.toLocaleString("en-GB")})`),
        group.remedy ? el("p", {}, group.remedy) : null,
        group.places.map((place) => el("p", {}, place.row ? button(place.where, () => around(place.file, place.sheet, place.row), { class: "link" }) : place.where, `: ${place.message}`)),
        group.count > group.places.length ? el("p", { class: "quiet" }, `and ${(group.count - group.places.length).toLocaleString("en-GB")} more`) : null,
      ),
    ),
  );
}
