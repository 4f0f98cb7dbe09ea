// Files: those of the folder, and what is dropped on the page.

import { ask, upload } from "/static/api.js";
import { el, button, guarded, say, words } from "/static/dom.js";
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
    el("p", {}, el("label", { for: "picker", class: "as-button" }, "Choose files"), picker),
    el("p", { class: "quiet" }, "CSV, TSV, Excel, OpenDocument, YAML, JSON, Parquet, ORSO. Your files are never changed; nothing is sent until you say so."),
  );
  picker.addEventListener("change", () => guarded(() => take([...picker.files])));
  for (const name of ["dragover", "drop"]) drop.addEventListener(name, (event) => event.preventDefault());
  drop.addEventListener("dragover", () => drop.classList.add("over"));
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    drop.classList.remove("over");
    guarded(() => take([...event.dataTransfer.files]));
  });
  const boxes = files.map((file) => el("input", { type: "checkbox", value: file.id, "aria-label": `Choose ${file.name}`, onchange: () => update() }));
  const together = button("Open chosen files together", () => check(boxes.filter((box) => box.checked).map((box) => box.value)), { disabled: true });
  const update = () => {
    together.disabled = !boxes.some((box) => box.checked);
  };
  const rows = files.map((file, at) =>
    el(
      "tr",
      {},
      el("td", {}, boxes[at]),
      el("td", {}, button(file.name, () => check([file.id]), { class: "link" }), file.edited ? el("span", { class: "tag" }, "edited") : null),
      el("td", {}, file.format.toUpperCase()),
      el("td", { class: "number" }, size(file.size)),
      el("td", { class: "wide" }, new Date(file.changed * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })),
    ),
  );
  main.replaceChildren(
    el("h1", {}, "Files"),
    drop,
    el("h2", {}, "In this folder"),
    el("p", { class: "quiet path" }, app.session.folder),
    files.length
      ? el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Files of the folder" }, el("table", { class: "list" }, el("thead", {}, el("tr", {}, el("td", {}), ...["Name", "Kind", "Size"].map((text) => el("th", { scope: "col" }, text)), el("th", { scope: "col", class: "wide" }, "Changed"))), el("tbody", {}, rows)))
      : el("p", {}, "There is no file here that can be imported."),
    el("p", { class: "row" }, files.length > 1 ? together : null, app.session.sandbox || !files.length ? button("Open the sample sheet", sample) : null),
  );
}

async function sample() {
  const file = await ask("POST", "/api/sample", {});
  await check([file.id]);
}

/** @param {File[]} files */
async function take(files) {
  const ids = [];
  for (const file of files) {
    say(`Taking ${file.name} …`);
    ids.push((await upload(file)).id);
  }
  if (ids.length) await check(ids);
}

/** @param {string[]} ids */
async function check(ids) {
  say("Reading …");
  let isOpen = false;
  const opening = open(ids).finally(() => (isOpen = true));
  if (ids.length === 1) await Promise.race([opening, preview(ids[0], () => isOpen)]);
  await opening;
  drawNav();
  say(`${words(app.draft.rows, "row")} read, ${words(app.draft.valid, "valid", "valid")}.`);
  await go("check");
}

/** Show the first rows while all are read. @param {string} id @param {() => boolean} isOver */
async function preview(id, isOver) {
  const first = await ask("GET", `/api/files/${id}/first`).catch(() => ({}));
  if (!first.rows || isOver()) return;
  const main = document.getElementById("main");
  const nothing = () => {};
  const grid = new Grid({ columns: first.columns.map((column) => ({ ...column, use: "" })), editable: false, sheet: first.sheet, source: "First rows" }, { load: async () => ({ ...first, total: first.rows.length }), edit: nothing, select: nothing, command: nothing });
  main.className = "at-check";
  main.replaceChildren(el("h1", {}, "First rows"), el("p", { class: "big", role: "status" }, "Reading and checking the rest …"), el("div", { class: "sheet" }, grid.node));
  app.leave = () => grid.close();
  await grid.reload();
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
