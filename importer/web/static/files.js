// Files: those of the folder, and what is dropped on the page.

import { ask, AskError, upload } from "/static/api.js";
import { el, button, guarded, pQuiet, pRow, say, words } from "/static/dom.js";
import { app, go, open, drawNav } from "/static/app.js";
import { Grid } from "/static/grid.js";

/** @param {HTMLElement} main */
export async function showFiles(main) {
  const { files } = await ask("GET", "/api/files");
  const picker = el("input", { type: "file", multiple: true, id: "picker", class: "hidden-input" });
  const drop = el(
    "div",
    { class: "drop" },
    el("p", { class: "big" }, "Drop your sheet here"),
    el("p", el("label", { for: "picker", class: "as-button" }, "Choose files"), picker),
    pQuiet("CSV, TSV, Excel, OpenDocument, YAML, JSON, Parquet, ORSO. Your files are never changed; nothing is sent until you say so."),
  );
  picker.addEventListener("change", () => guarded(() => take(main, [...picker.files])));
  main.addEventListener("dragover", () => drop.classList.add("over"));
  main.addEventListener("dragleave", () => drop.classList.remove("over"));
  main.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    guarded(() => take(main, [...event.dataTransfer.files]));
  });
  const boxes = files.map((file) => el("input", { type: "checkbox", value: file.id, checked: !!app.goal?.chosen?.includes(file.id), "aria-label": `Choose ${file.name}`, onchange: () => update() }));
  const together = button("Open chosen files together", () => check(main, boxes.filter((box) => box.checked).map((box) => box.value)), { disabled: true });
  const update = () => {
    together.disabled = !boxes.some((box) => box.checked);
  };
  update();
  const rows = files.map((file, at) =>
    el("tr",
      el("td", boxes[at]),
      el("td", button(file.name, () => check(main, [file.id]), { class: "link" }), file.edited ? el("span", { class: "tag" }, "edited") : null),
      el("td", file.format.toUpperCase()),
      el("td", { class: "number" }, size(file.size)),
      el("td", { class: "wide" }, new Date(file.changed * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })),
    ),
  );
  main.replaceChildren(
    el("h1", "Files"),
    drop,
    el("h2", "In this folder"),
    el("p", { class: "quiet path" }, app.session.folder),
    files.length
      ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Files of the folder" }, el("table", { class: "list" }, el("thead", el("tr", el("td"), ...["Name", "Kind", "Size"].map((text) => el("th", { scope: "col" }, text)), el("th", { scope: "col", class: "wide" }, "Changed"))), el("tbody", rows)))
      : el("p", "There is no file here that can be imported."),
    pRow(files.length > 1 ? together : null, app.session.sandbox || !files.length ? button("Open the sample sheet", () => sample(main)) : null),
  );
}

/** @param {HTMLElement} main */
async function sample(main) {
  const file = await ask("POST", "/api/sample", {});
  await check(main, [file.id]);
}

/** Keep what was dropped, and open it all; where one can't be taken, nothing is opened. @param {HTMLElement} main @param {File[]} files */
async function take(main, files) {
  const ids = [];
  const failed = [];
  for (const file of files) {
    say(`Taking ${file.name} …`);
    try {
      await file.slice(0, 1).arrayBuffer();
    } catch {
      failed.push(`${file.name} can't be read. If it is a folder, drop its files.`);
      continue;
    }
    try {
      ids.push((await upload(file)).id);
    } catch (error) {
      if (!error.status) throw error;
      failed.push(error.message);
    }
  }
  if (failed.length) {
    await go("files", { chosen: ids });
    throw new AskError(0, [...failed, ids.length ? "The others are in the list: open them together when you want to." : ""].join(" "));
  }
  if (ids.length) await check(main, ids);
}

/** @param {HTMLElement} main @param {string[]} ids */
async function check(main, ids) {
  say("Reading …");
  const opening = open(ids);
  try {
    if (ids.length === 1) await Promise.race([opening, preview(main, ids[0])]);
    await opening;
  } catch (error) {
    if (main.isConnected) await go("files");
    throw error;
  }
  drawNav();
  say(`${words(app.draft.rows, "row")} read, ${words(app.draft.valid, "valid", "valid")}.`);
  await go("check");
}

/** Show the first rows while all are read. @param {HTMLElement} main @param {string} id */
async function preview(main, id) {
  const first = await ask("GET", `/api/files/${id}/first`).catch(() => ({}));
  if (!first.rows || !main.isConnected) return;
  const nothing = () => {};
  const grid = new Grid({ columns: first.columns.map((column) => ({ ...column, use: "" })), editable: false, sheet: first.sheet, turned: first.turned, source: "First rows" }, { load: async () => ({ ...first, total: first.rows.length }), edit: nothing, select: nothing, command: nothing, isFiltered: nothing });
  main.parentElement.className = "at-check";
  main.replaceChildren(el("h1", "First rows"), el("p", { class: "big", role: "status" }, "Reading and checking the rest …"), el("div", { class: "sheet" }, grid.node));
  app.leave = () => grid.close();
  await grid.reload();
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
