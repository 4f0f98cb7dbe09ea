// Compare: what the server has already, what would be new or changed, and the tick before anything is sent.

import { ask, AskError } from "/static/api.js";
import { el, button, guarded, number, options, pQuiet, pRow, say, words } from "/static/dom.js";
import { drawRow, tellJob } from "/static/answers.js";
import { app, go, drawNav, keep, refreshSession, watchJob } from "/static/app.js";

const MEANINGS = [
  ["create", "New", "will be stored", "good"],
  ["update", "Changed", "on the server with other content; will be changed", "warn"],
  ["unchanged", "Same", "on the server already; nothing to do", ""],
  ["conflict", "Differs", "on the server with other content; left as it is", "warn"],
  ["invalid", "To correct", "has an error; won't be sent", "bad"],
  ["blocked", "Blocked", "a lower layer of its stack isn't stored", "bad"],
];

/** @param {HTMLElement} main */
export async function showCompare(main) {
  await refreshSession();
  const { job } = app.session;
  const isBusy = job && !job.done;
  if (isBusy && job.kind !== "plan") return main.replaceChildren(el("h1", "Compare"), el("p", "A run is still going on. When it has ended, the sheet can be compared."), el("p", button("Show it", () => { app.run = job.run || app.run; return go("answers"); }, { class: "main" })));
  if (isBusy) return begin(main, null);
  if (!app.session.has_key) return askKey(main);
  if (!app.plan) return begin(main, "fail");
  const run = await ask("GET", `/api/runs/${app.plan}`).catch(() => null);
  if (!run || run.begun || run.stale || run.mode !== "plan") return begin(main, "fail");
  return draw(main, run);
}

/** @param {HTMLElement} main */
function askKey(main) {
  const address = el("input", { id: "address", type: "url", size: "40", autocomplete: "off", spellcheck: "false" });
  address.value = app.session.address;
  const key = el("input", { id: "key", type: "password", size: "40", autocomplete: "off" });
  const form = el(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        const text = key.value;
        key.value = "";
        guarded(async () => {
          await ask("POST", "/api/key", { key: text, address: address.value });
          await go("compare");
        });
      },
    },
    el("p", el("label", { for: "address" }, "Address"), el("br"), address),
    el("p", el("label", { for: "key" }, "API key"), el("br"), key),
    pQuiet("The key stays in this program's memory. It is never written down, and forgotten when you close."),
    el("p", el("button", { class: "main" }, "Compare with the server")),
  );
  main.replaceChildren(el("h1", "Compare with the server"), form);
  key.focus();
}

/** @param {HTMLElement} main @param {string | null} onExisting null to look on at a comparison that goes on */
async function begin(main, onExisting) {
  const state = el("p", { class: "big", role: "status" }, "Comparing with the server …");
  const stop = button("Stop", () => ask("POST", "/api/job/stop", {}));
  main.replaceChildren(el("h1", "Compare"), state, el("p", stop));
  let last;
  try {
    const begun = onExisting === null ? { copies: [] } : await ask("POST", "/api/runs", { draft: app.draft.id, version: app.draft.version, on_existing: onExisting });
    if (begun.copies.length) say(`Corrected copy: ${begun.copies.join(", ")}`);
    const isShown = await watchJob(main, (view) => {
      last = view;
      state.textContent = tellJob(view).text;
    });
    if (!isShown) return;
    if (last?.fault) throw new AskError(0, last.fault);
  } catch (error) {
    main.replaceChildren(el("h1", "Compare"), el("p", "Nothing was sent."), pRow(button("Try again", () => go("compare"), { class: "main" }), app.session.sandbox ? null : button("Use another key or address", () => askKey(main))));
    throw error;
  }
  const run = await ask("GET", `/api/runs/${last.result.run}`);
  if (!main.isConnected) return;
  if (onExisting === null && (run.stale || run.draft !== app.draft.id)) return begin(main, "fail"); // it was of another sheet
  app.plan = run.id;
  keep();
  await draw(main, run);
}

/** @param {HTMLElement} main @param {any} run */
async function draw(main, run) {
  const differences = await ask("GET", `/api/runs/${run.id}/differences?first=0&last=200`);
  const [{ files }, ...found] = await Promise.all([
    ask("GET", "/api/files"),
    ...["invalid", "blocked"].filter((step) => run.steps[step]).map((step) => ask("GET", `/api/runs/${run.id}/rows?status=step:${step}&first=0&last=50`)),
  ]);
  const known = new Map(files.map((file) => [file.name, file.id]));
  const stopped = found.flatMap(({ rows }) => rows);
  const isBare = stopped.some((row) => row.codes.includes("missing-substrate"));
  const isReal = !app.session.sandbox;
  const tick = el("input", { type: "checkbox", id: "agree", onchange: () => { send.disabled = !tick.checked; } });
  const where = isReal ? run.address : "the sandbox";
  const send = button(`Send ${words(run.send.rows, "row")} in ${words(run.send.stacks, "stack")} to ${where}`, () => apply(run), { class: `main big ${isReal ? "real" : "sandbox"}`, disabled: true });
  const existing = el(
    "select",
    { id: "existing", onchange: () => guarded(() => begin(main, existing.value)) },
    options([["fail", "Leave it, and list it as a conflict"], ["skip", "Leave it, and count it as done"], ["update", "Change it to what the file says"]], run.on_existing),
  );
  main.replaceChildren(
    el("h1", "Compare"),
    el("p", { class: "quiet path" }, `${run.inputs.join(", ")} with ${run.address}`),
    el(
      "ul",
      { class: "tiles" },
      [...MEANINGS, ...Object.keys(run.steps).filter((step) => !MEANINGS.some(([known]) => known === step)).map((step) => [step, step, "", ""])].filter(([step]) => run.steps[step]).map(([step, name, meaning, kind]) =>
        el("li", { class: `tile ${kind}` }, el("strong", number(run.steps[step])), el("span", name), el("small", meaning)),
      ),
    ),
    run.new_targets.count
      ? el("p", el("strong", `${words(run.new_targets.count, "new target material")}: `), run.new_targets.names.join(", "), run.new_targets.count > run.new_targets.names.length ? " …" : "")
      : "",
    run.steps.conflict || run.steps.update || run.on_existing !== "fail" ? pRow(el("label", { for: "existing" }, "If the server has other content for a layer"), existing) : "",
    differences.total ? drawDifferences(differences) : "",
    stopped.length ? el("details", { class: "stopped", open: !run.send.rows }, el("summary", `${words((run.steps.invalid ?? 0) + (run.steps.blocked ?? 0), "row")} won't be sent: see why`), el("ol", { class: "answers" }, stopped.map((row) => drawRow(run, row, known)))) : "",
    isBare && app.draft && !app.draft.large ? el("p", "The same substrate in all rows? ", button("Say which", () => go("columns", { add: "substrate" }))) : "",
    run.send.rows
      ? el("div", { class: `agree ${isReal ? "real" : "sandbox"}` }, el("p", el("label", { class: "tick" }, tick, isReal ? ` I have looked at this. It goes to the real server ${run.address}.` : " I have looked at this. It goes to the sandbox, for practice.")), el("p", send))
      : el("p", { class: "big" }, "There is nothing to send."),
    pRow(button("Back to the sheet", () => go("check")), button("Compare again", () => begin(main, existing.value))),
  );
}

function drawDifferences({ total, rows }) {
  return el("section",
    el("h2", `${words(total, "row differs", "rows differ")}`),
    el(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Differences" },
      el(
        "table",
        { class: "list differ" },
        el("thead", el("tr", ["Row", "Sample", "Layer", "Field", "On the server", "In your file"].map((text, at) => el("th", { scope: "col", class: at ? "" : "wide" }, text)))),
        el("tbody",
          rows.flatMap((row) => row.fields.map(([field, there, here], at) => el("tr", el("td", { class: "wide" }, at ? "" : String(row.row)), el("td", at ? "" : String(row.sample)), el("td", at ? "" : String(row.layer)), el("td", field), el("td", el("del", there || "(nothing)")), el("td", el("ins", here || "(nothing)"))))),
        ),
      ),
    ),
    total > rows.length ? pQuiet(`and ${total - rows.length} more`) : null,
  );
}

/** @param {any} run */
async function apply(run) {
  await ask("POST", `/api/runs/${run.id}/apply`, { rows: run.send.rows, stacks: run.send.stacks, address: run.address });
  app.run = run.id;
  app.plan = null;
  drawNav();
  await go("answers");
}
