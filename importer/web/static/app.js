// The page's frame: which step is shown, what is open, which server it is about.

import { ask, AskError, follow, takeToken } from "/static/api.js";
import { el, button, guarded, showAlert, say } from "/static/dom.js";
import { showFiles } from "/static/files.js";
import { showColumns } from "/static/columns.js";
import { showCheck } from "/static/check.js";
import { showCompare } from "/static/compare.js";
import { showAnswers, showRuns } from "/static/answers.js";

const KEPT = "layer-importer.place";
const STEPS = [
  ["files", "Files", showFiles, () => true],
  ["columns", "Columns", showColumns, () => app.draft !== null && !app.draft.large],
  ["check", "Check", showCheck, () => app.draft !== null],
  ["compare", "Compare", showCompare, () => app.draft !== null],
  ["answers", "Answers", showAnswers, () => app.run !== null],
  ["runs", "Earlier runs", showRuns, () => true],
];

/** What all steps share. */
export const app = {
  /** @type {any} */ session: null,
  /** @type {any} */ draft: null,
  /** @type {string | null} */ run: null,
  /** @type {string | null} */ plan: null,
  /** @type {string[]} */ files: [],
  /** @type {string | null} */ sheet: null,
  step: "files",
  /** Something was chosen that isn't used yet. */ pending: false,
  /** @type {any} */ goal: null,
  /** What ends with the step that is shown. @type {() => any} */ leave: () => {},
};

/** Go to a step. @param {string} step @param {any} [goal] */
export async function go(step, goal = null) {
  if (app.pending && !confirm("What you changed here isn't used yet. Leave it all the same?")) return;
  app.pending = false;
  const { leave } = app;
  app.leave = () => {};
  await leave();
  if (app.step !== step) say("");
  app.step = step;
  app.goal = goal;
  keep();
  drawNav();
  const main = document.getElementById("main");
  const [, name, show] = STEPS.find((each) => each[0] === step);
  document.title = `${name} – Layer importer`;
  main.className = `at-${step}`;
  const box = el("div", { class: "step-box" }, el("p", { class: "quiet" }, "Loading …"));
  main.replaceChildren(box); // what comes late is drawn where nobody looks any more
  await guarded(async () => {
    try {
      await show(box);
    } catch (error) {
      if (box.textContent === "Loading …") box.replaceChildren(el("h1", name), el("p", { class: "row" }, button("Try again", () => go(step, goal)), button("Go to Files", () => go("files"), { class: "main" })));
      throw error;
    }
  });
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
}

/** Follow a job until it has ended or the step is left; tell whether the step is still shown. @param {HTMLElement} box @param {(view: any) => void} tell */
export async function watchJob(box, tell) {
  const gone = new AbortController();
  app.leave = () => gone.abort();
  if (!box.isConnected) return false;
  try {
    await follow(tell, gone.signal);
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
  return !gone.signal.aborted;
}

/** Remember where we are, for a reload. */
export function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify({ step: app.step, files: app.files, sheet: app.sheet, run: app.run, plan: app.plan }));
}

/** Open files. @param {string[]} files @param {string | null} [sheet] */
export async function open(files, sheet = null) {
  app.draft = await ask("POST", "/api/drafts", { files, sheet });
  Object.assign(app, { files, sheet });
  app.plan = null;
  if (app.draft.left_out) showAlert(`${app.draft.left_out} of your earlier edits don't fit the file any more and were left out.`);
  keep();
}

export async function refreshSession() {
  app.session = await ask("GET", "/api/session");
  drawServer();
}

export function drawNav() {
  const nav = document.getElementById("nav");
  const held = document.activeElement?.closest("#nav button")?.textContent;
  nav.replaceChildren(
    ...STEPS.map(([key, name, , can]) =>
      button(name, () => go(key), { class: "step", disabled: !can(), "aria-current": key === app.step ? "page" : null }),
    ),
  );
  if (held) [...nav.children].find((each) => each.textContent === held)?.focus();
}

function drawServer() {
  const { sandbox, address, has_key } = app.session;
  const kind = sandbox ? "sandbox" : "real";
  const text = sandbox ? "Sandbox: practice only" : has_key ? `Real server: ${address}` : "No key yet";
  document.getElementById("server").replaceChildren(
    el("span", { class: `badge ${has_key ? kind : "none"}` }, text),
    button("Close", close, { class: "plain" }),
  );
}

async function close() {
  const busy = app.session.job && !app.session.job.done;
  if (busy && !confirm("Something is still running. It will stop at a safe point. Close?")) return;
  await ask("POST", "/api/close", {});
  app.leave();
  document.getElementById("nav").replaceChildren();
  document.getElementById("server").replaceChildren();
  document.getElementById("main").replaceChildren(el("h1", "Closed"), el("p", "You can close this tab. Start again with layer-importer ui."));
}

async function begin() {
  if (!takeToken()) {
    document.getElementById("main").replaceChildren(
      el("h1", "Open the page by its own address"),
      el("p", "layer-importer ui shows an address that ends in a long code. Copy all of it into your browser."),
    );
    return;
  }
  try {
    await refreshSession();
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
    app.run = kept.run ?? null;
    app.plan = kept.plan ?? null;
    const plan = app.plan;
    let lost = "";
    if (kept.files?.length) await open(kept.files, kept.sheet).catch((error) => { lost = error.message; });
    app.plan = plan;
    const job = app.session.job;
    if (job && !job.done && job.run) {
      app.run = job.run;
      return await go("answers");
    }
    const wanted = STEPS.find((each) => each[0] === kept.step);
    await go(wanted && wanted[3]() ? kept.step : "files");
    if (lost) showAlert(lost);
  } catch (error) {
    const old = error instanceof AskError && error.status === 401;
    if (old) sessionStorage.clear();
    document.getElementById("main").replaceChildren(
      el("h1", old ? "This address is an old one" : "The importer doesn't answer"),
      el("p", old ? "Open the address that layer-importer ui shows now." : error.message),
    );
  }
}

for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault()); // a file beside the drop zone must not replace the page
window.addEventListener("unhandledrejection", (event) => showAlert(String(event.reason?.message ?? event.reason)));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
say("");
begin();
