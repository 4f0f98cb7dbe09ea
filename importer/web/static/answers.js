// Answers: progress while a run goes on, one answer for every row, reports; and the runs before.

import { ask, download } from "/static/api.js";
import { all as allRows, el, button, guarded, number, options, pQuiet, pRow, picture, say, showAlert, words } from "/static/dom.js";
import { app, drawNav, go, keep, open, refreshSession, watchJob } from "/static/app.js";

const PAGE = 100;
const STATUS = {
  created: ["✔", "Created", "good"], updated: ["✔", "Updated", "good"], unchanged: ["✔", "Unchanged", "good"],
  conflict: ["▲", "Conflict", "warn"], invalid: ["✖", "Invalid", "bad"], refused: ["✖", "Refused", "bad"],
  failed: ["✖", "Failed", "bad"], unconfirmed: ["?", "Unconfirmed", "bad"], not_sent: ["○", "Not sent", "warn"],
};
/** What goes on, and what is counted. @type {Record<string, [string, string]>} */
const PHASES = {
  starting: ["Starting", ""], reading: ["Reading the file", "row"], listing: ["Checking what is already on the server", "layer"],
  plan: ["Comparing stacks", "stack"], sending: ["Sending", "row"], settling: ["Checking rows in doubt", ""],
  verify: ["Comparing with the server", "stack"], undo: ["Putting stacks back", "stack"], report: ["Writing the report", "row"],
};
const HEADS = { verify: "Verifying", undo: "Undoing" };

/** A job in one line, and how far it is: done of total, 0 where that isn't known. */
export function tellJob(view) {
  const [name, one] = PHASES[view.phase];
  const done = Object.values(view.counts).reduce((sum, count) => sum + count, 0);
  const [at, total] = view.progress ?? (view.phase === "sending" && view.rows ? [done, view.rows] : [view.read, 0]);
  const count = total ? `: ${number(at)} of ${words(total, one)}` : at && one && !view.progress && view.phase !== "sending" ? `: ${words(at, one)} so far` : "";
  return { text: view.stopping ? "Stopping: finishing the requests in progress" : name + count, done: Math.min(at, total), total };
}

/** @param {HTMLElement} main */
export async function showAnswers(main) {
  await refreshSession();
  const job = app.session.job;
  if (job && !job.done && job.run === app.run) await watch(main);
  else await draw(main);
}

/** Show a job until it has ended. @param {HTMLElement} main */
async function watch(main) {
  const bar = el("progress", { "aria-label": "How far it is" });
  const phase = el("p", { class: "big" }, "Starting …");
  const counts = el("ul", { class: "tiles" });
  const pause = el("p", { class: "said mark-w", hidden: true });
  const notes = el("ul", { class: "quiet" });
  const stop = button("Stop", async () => { await ask("POST", "/api/job/stop", {}); stop.disabled = true; say("Finishing the requests in progress, starting no new ones."); });
  const head = el("h1", HEADS[app.session.job?.kind] ?? "Sending");
  main.replaceChildren(head, phase, bar, counts, pause, pRow(stop, el("span", { class: "quiet" }, "Stopping is safe: you can go on later. You may reload this page.")), notes);
  let last;
  let told = 0;
  const isShown = await watchJob(main, (view) => {
    last = view;
    const { text, done, total } = tellJob(view);
    head.textContent = HEADS[view.kind] ?? "Sending";
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    phase.textContent = text;
    counts.replaceChildren(...Object.entries(view.counts).map(([status, count]) => tile(status, count)));
    pause.hidden = !view.pause;
    if (view.pause) pause.textContent = `Waiting ${Math.ceil(view.pause.seconds)} s: ${view.pause.reason}`;
    notes.append(...view.notes.map((text) => el("li", text)));
    if (Date.now() - told > 5000) {
      told = Date.now();
      say(phase.textContent);
    }
  });
  if (!isShown) return;
  await refreshSession();
  await draw(main, last);
}

function tile(status, count) {
  const [glyph, name, kind] = STATUS[status];
  return el("li", { class: `tile ${kind}` }, el("strong", number(count)), el("span", `${glyph} ${name}`));
}

/** @param {HTMLElement} main @param {any} [job] */
async function draw(main, job) {
  const [run, { files }] = await Promise.all([ask("GET", `/api/runs/${app.run}`), ask("GET", "/api/files")]).catch((error) => {
    if (error.status === 422) app.run = null;
    drawNav();
    keep();
    throw error;
  });
  const known = new Map(files.map((file) => [file.name, file.id]));
  const todo = ["failed", "unconfirmed"].reduce((sum, status) => sum + (run.counts[status] ?? 0), 0) + (run.begun ? run.send.rows : 0);
  const rowsBox = el("div");
  const state = { status: Object.keys(run.counts).find((status) => !["created", "updated", "unchanged"].includes(status)) ?? "", first: 0 };
  const filters = el("div", { class: "row", role: "group", "aria-label": "Show rows by answer" });
  const show = async () => {
    const found = await ask("GET", `/api/runs/${run.id}/rows?status=${state.status}&first=${state.first}&last=${state.first + PAGE}`);
    filters.replaceChildren(
      ...Object.entries(run.counts).map(([status, count]) => button(`${STATUS[status][0]} ${STATUS[status][1]} ${number(count)}`, () => pick(status), { "aria-pressed": String(state.status === status), class: `filter ${STATUS[status][2]}` })),
      button("All", () => pick(""), { "aria-pressed": String(state.status === ""), class: "filter" }),
    );
    rowsBox.replaceChildren(
      el("ol", { class: "answers", start: String(state.first + 1) }, found.rows.map((row) => drawRow(run, row, known))),
      pRow(state.first ? button("Earlier rows", () => page(-PAGE)) : null, found.total > state.first + PAGE ? button("More rows", () => page(PAGE)) : null, el("span", { class: "quiet" }, words(found.total, "row"))),
    );
  };
  const pick = (status) => { Object.assign(state, { status, first: 0 }); return show(); };
  const page = (step) => { state.first += step; return show(); };
  const good = ["created", "updated", "unchanged"].reduce((sum, status) => sum + (run.counts[status] ?? 0), 0);
  const all = Object.values(run.counts).reduce((sum, count) => sum + count, 0);
  const verdict = run.undone ? `Undone: ${run.undone} of ${words(run.stacks, "stack")} put back` : run.rehearsal ? "Nothing was sent" : good === all ? `✔ ${allRows(all, "stored")}` : `${number(good)} of ${words(all, "row")} stored; ${number(all - good)} need attention`;
  main.replaceChildren(
    el("h1", verdict),
    el("p", { class: "quiet path" }, [run.inputs.join(", "), run.address, new Date(run.at * 1000).toLocaleString("en-GB")].filter(Boolean).join(" · ")),
    job?.result?.counts ? el("p", { class: "said mark-n" }, `Verified now: ${Object.entries(job.result.counts).map(([name, count]) => `${count} ${name}`).join(", ")}.`) : "",
    ...(job?.result?.faults ?? []).map(([stack, layer, text]) => el("p", { class: "said mark-e" }, `✖ ${stack}, layer ${layer}: ${text}`)),
    ...(job?.fault ? [] : (job?.result?.refused ?? [])).map(([stack, text]) => el("p", { class: "said mark-w" }, `▲ ${stack}: ${text}`)),
    run.blocked ? el("p", { class: "said mark-n" }, run.blocked) : "",
    pRow(
      todo && !run.undone ? button(`Go on: ${words(todo, "row")} left`, () => begin(main, run, "resume", {}), { class: "main", disabled: !!run.blocked }) : null,
      run.begun && good ? button("Verify", () => begin(main, run, "verify", {}), { disabled: !!run.blocked }) : null,
      run.mode === "plan" && !run.begun ? button("Look at this plan again", () => { app.plan = run.id; return app.draft ? go("compare") : go("files"); }, { disabled: !app.draft }) : null,
      run.changed_stacks && !run.undone ? button("Undo this run …", () => askUndo(main, run), { disabled: !!run.blocked, id: "undo-run" }) : null,
    ),
    drawReports(run),
    filters,
    rowsBox,
  );
  if (job?.fault) showAlert(job.fault);
  await show();
  say(verdict);
  keep();
}

function drawReports(run) {
  const kinds = run.reports.filter(([suffix]) => ![".part"].includes(suffix));
  const names = { ".html": "Web page (.html)", ".xlsx": "Excel, your sheet with marks (.xlsx)", ".csv": "Table (.csv)", ".jsonl": "JSON lines (.jsonl)", ".parquet": "Parquet (.parquet)" };
  const select = el("select", { id: "report" }, options(kinds.map(([suffix]) => [suffix, names[suffix] ?? suffix]), ".xlsx"));
  return pRow(el("label", { for: "report" }, "Report"), select, button("Download", () => write(run, select.value)));
}

/** @param {any} run @param {string} suffix */
async function write(run, suffix) {
  say("Writing the report …");
  const { ticket } = await ask("POST", `/api/runs/${run.id}/report`, { suffix }).catch((error) => {
    say("No report was written.");
    throw error;
  });
  download(ticket);
  say("The report is written.");
}

export function drawRow(run, row, known) {
  const [glyph, name, kind] = STATUS[row.status];
  const file = known.get(original(row.source)) ?? known.get(row.source);
  const place = `${row.source}${row.sheet ? `, ${row.sheet}` : ""}, ${row.cell ?? `row ${row.row}`}`;
  const drawing = el("div");
  return el(
    "li",
    { class: `answer ${kind}` },
    el("p", { class: "head" }, el("strong", `${glyph} ${name}`), ` ${row.sample ?? "no sample"}, layer ${row.layer ?? "?"}`, row.formula ? el("span", { class: "path" }, ` ${row.formula}${row.orientation ? ` (${row.orientation})` : ""}`) : ""),
    el("p", row.message),
    el(
      "p",
      { class: "row quiet" },
      el("span", { class: "path" }, place, row.record ? ` · record ${row.record}` : ""),
      file ? button("Go to the cell", () => back(row, file), { class: "link", "aria-label": `Go to the cell: ${place}` }) : null,
      row.layer === null ? null : button("Stack", async () => { const found = await ask("GET", `/api/runs/${run.id}/stack?seq=${row.seq}`); drawing.replaceChildren(found.svg ? picture(found) : "No stack."); }, { class: "link", "aria-label": `Draw the stack of ${row.sample}` }),
    ),
    drawing,
  );
}

/** The file that a corrected copy is of: its rows have the same numbers. @param {string} name */
const original = (name) => name.replace(/\.corrected(-\d+)?(?=\.[^.]+$)/, "");

/** Go from an answer to its cell. */
async function back(row, file) {
  const own = original(row.source);
  if (!app.draft?.files.includes(own)) await open([file]);
  const table = app.draft.tables.findIndex((each) => [own, row.source].includes(each.source) && (each.sheet ?? null) === (row.sheet ?? null));
  const { position } = await ask("GET", `/api/drafts/${app.draft.id}/place?table=${Math.max(0, table)}&row=${row.row}`);
  const { columns, turned } = app.draft.tables[Math.max(0, table)];
  const [, letters, digits] = row.cell?.match(/^([A-Z]+)(\d+)/) ?? [];
  const column = Math.max(0, columns.findIndex((each) => each.letter === (turned ? digits : letters)));
  await go("check", { table: Math.max(0, table), position, column });
}

/** @param {HTMLElement} main @param {any} run @param {string} what @param {any} body */
async function begin(main, run, what, body) {
  await ask("POST", `/api/runs/${run.id}/${what}`, body);
  await watch(main);
}

/** @param {HTMLElement} main @param {any} run */
function askUndo(main, run) {
  const input = el("input", { id: "stacks", inputmode: "numeric", size: "6", autocomplete: "off" });
  const form = el(
    "form",
    { class: "agree real", onsubmit: (event) => { event.preventDefault(); guarded(() => begin(main, run, "undo", { stacks: Number(input.value) || 0 })); } },
    el("p", el("strong", `Undo puts ${words(run.changed_stacks, "stack")} at ${run.address} back to what was there before.`), " Layers that this run created are taken away again."),
    pRow(el("label", { for: "stacks" }, `Type ${run.changed_stacks} to undo`), input, el("button", "Undo"), button("Keep everything", () => form.remove())),
  );
  document.getElementById("undo-run").closest("p").after(form);
  input.focus();
}

/** @param {HTMLElement} main */
export async function showRuns(main) {
  const { runs } = await ask("GET", "/api/runs");
  main.replaceChildren(
    el("h1", "Earlier runs"),
    runs.length
      ? el("ol", { class: "answers" }, runs.map(drawRun))
      : el("p", "Nothing was compared or sent from this folder yet."),
  );
}

function drawRun(run) {
  const kinds = { plan: "Compared or sent", import: "Sent", "dry-run": "Dry run" };
  return el(
    "li",
    { class: "answer" },
    el("p", { class: "head" }, button(run.name, () => { app.run = run.id; return go("answers"); }, { class: "link path", disabled: !!run.fault })),
    pQuiet(run.fault || `${kinds[run.mode] ?? run.mode} on ${new Date(run.at * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}${run.undone ? ` · ${words(run.undone, "stack")} undone` : ""}`),
    pRow(Object.entries(run.counts).map(([status, count]) => el("span", { class: `tag ${STATUS[status][2]}` }, `${STATUS[status][0]} ${STATUS[status][1]} ${count}`))),
  );
}
