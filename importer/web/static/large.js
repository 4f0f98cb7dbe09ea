// A file with too many rows to edit here: what is wrong with it, by kind, and the rows about a place.

import { ask, AskError } from "/static/api.js";
import { el, button, guarded, number, options, pQuiet, say, sign, verdict } from "/static/dom.js";
import { app, go } from "/static/app.js";
import { Grid } from "/static/grid.js";

/** @param {HTMLElement} main */
export async function showLarge(main) {
  const draft = app.draft;
  const bad = draft.rows > draft.valid;
  const sheet = el("div", { class: "sheet" });
  const detail = el("div", { class: "detail" });
  let grid = null;
  /** @type {{file: string, sheet: string | null, row: number} | null} */
  let here = null;
  app.leave = () => grid?.close();

  const around = async (file, name, row) => {
    const found = await ask("GET", `/api/drafts/${draft.id}/around?file=${encodeURIComponent(file)}&row=${row}${name ? `&sheet=${encodeURIComponent(name)}` : ""}`);
    const at = found.rows?.findIndex((each) => each[1] === row) ?? -1;
    if (at < 0) throw new AskError(0, `There is no row ${row} below the header of ${file}.`);
    here = { file, sheet: found.sheet, row };
    grid?.close();
    grid = new Grid({ columns: found.columns.map((column) => ({ ...column, use: "" })), editable: false, sheet: found.sheet, source: file }, {
      load: async () => ({ ...found, total: found.rows.length }),
      edit: () => {},
      command: (name) => guarded(() => ["next", "previous"].includes(name) && step(name === "next" ? 1 : -1)),
      isFiltered: () => false,
      select: (chosen, column) => {
        const marks = chosen ? [...(chosen.marks.get(column) ?? []), ...(column >= 0 ? (chosen.marks.get(-1) ?? []) : [])] : [];
        detail.replaceChildren(...marks.map((mark) => el("p", { class: `said mark-${mark.severity}` }, sign(mark.severity), mark.message)));
        if (marks.length) say(marks.map((mark) => mark.message).join(" "));
      },
    });
    sheet.replaceChildren(grid.node);
    await grid.reload();
    const marked = [...(grid.rows.get(at)?.marks ?? [])];
    const [column] = marked.find(([, marks]) => marks.some((mark) => mark.code === kind.value)) ?? marked[0] ?? [0];
    await grid.move(at, column);
    sheet.scrollIntoView({ block: "nearest" });
  };

  const sheets = [...new Set(draft.groups.flatMap((group) => group.places.map((place) => place.sheet)))];
  const order = (one, other) => draft.files.indexOf(one.file) - draft.files.indexOf(other.file) || sheets.indexOf(one.sheet) - sheets.indexOf(other.sheet) || one.row - other.row;

  /** To the next of the rows that are known: the first of each kind. @param {number} way */
  const step = async (way) => {
    const groups = draft.groups.filter((group) => (kind.value ? group.code === kind.value : group.severity !== "n"));
    const places = groups.flatMap((group) => group.places.filter((place) => place.row)).sort((one, other) => way * order(one, other));
    const found = places.find((place) => !here || way * order(place, here) > 0);
    if (found) return around(found.file, found.sheet, found.row);
    return say(groups.some((group) => group.count > group.places.length) ? "No further row is known: only the first of each kind are kept." : "No further row has such an issue.");
  };

  const kind = el("select", { id: "kind" }, options([["", "any error or warning"], ...draft.groups.map((group) => [group.code, group.meaning])]));
  const file = el("select", { id: "file", "aria-label": "File" }, options(draft.files.map((name) => [name, name])));
  const row = el("input", { id: "row", inputmode: "numeric", size: "9", autocomplete: "off" });
  const form = el("form", { class: "tools", onsubmit: (event) => { event.preventDefault(); guarded(() => around(file.value, draft.sheet, Number(row.value.replace(/\D/g, "")) || 0)); } },
    draft.files.length > 1 ? file : null, el("label", { for: "row" }, "Row"), row, el("button", "Go to the row"),
    el("label", { for: "kind" }, "Issue"), kind, button("Next issue", () => step(1), { title: "Alt+Down" }), button("Previous", () => step(-1), { title: "Alt+Up" }), button("Go on: compare", () => go("compare"), { class: bad ? "" : "main", disabled: !draft.valid }));
  main.replaceChildren(
    el("h1", { class: "path" }, draft.files.join(", ")),
    el("p", { id: "counts" }, verdict(draft)),
    pQuiet("This file has too many rows to be edited here. Correct the file itself, or split it. It can be compared and sent as it is."),
    form,
    detail,
    sheet,
    el("h2", "Issues"),
    ...draft.groups.map((group, at) =>
      el("details", { class: `said mark-${group.severity}`, open: at === 0 },
        el("summary", sign(group.severity), `${group.meaning} (${number(group.count)})`),
        group.remedy ? el("p", group.remedy) : null,
        group.places.map((place) => el("p", place.row ? button(place.where, () => around(place.file, place.sheet, place.row), { class: "link" }) : place.where, `: ${place.message}`)),
        group.count > group.places.length ? pQuiet(`and ${number(group.count - group.places.length)} more`) : null,
      ),
    ),
  );
}
