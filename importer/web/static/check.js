// Check: the sheet with its marks, issues by code, suggestions, edits, and the stack beside it.

import { ask, AskError, download } from "/static/api.js";
import { all, el, button, guarded, number, options, pQuiet, pRow, picture, say, showAlert, sign, verdict, words } from "/static/dom.js";
import { app, go, open } from "/static/app.js";
import { columnKey, drawSaying, takeOffer } from "/static/columns.js";
import { Grid, nameCell } from "/static/grid.js";
import { showLarge } from "/static/large.js";

/** @param {HTMLElement} main */
export async function showCheck(main) {
  app.draft = await ask("GET", `/api/drafts/${app.draft.id}`).catch(async () => {
    await open(app.files, app.sheet);
    return app.draft;
  });
  if (app.draft.large) return showLarge(main);
  return new Check(main).start();
}

const takeAll = (count) => (count === 1 ? "Take the 1 suggestion" : `Take all ${words(count, "suggestion")}`);

class Check {
  /** @param {HTMLElement} main */
  constructor(main) {
    this.main = main;
    this.kept = app.draft;
    this.path = `/api/drafts/${this.kept.id}`;
    this.table = 0;
    this.onlyBad = false;
    this.code = null;
    this.chain = Promise.resolve();
    this.waiting = 0;
    this.withNotes = false;
    this.counts = el("p", { class: "counts", id: "counts" });
    this.questions = el("div", { class: "strip", role: "region", "aria-label": "Questions about the columns" });
    this.list = el("div", { role: "listbox", class: "issues", tabindex: "0", "aria-label": "Issues by kind. Enter goes to the next place." });
    this.detail = el("div", { class: "detail", id: "detail" });
    this.drawing = el("div", { class: "drawing" });
    this.sheet = el("div", { class: "sheet" });
    this.only = el("input", { type: "checkbox", id: "only", onchange: () => guarded(() => this.filter()) });
    this.buttons = {
      previous: button("Previous", () => this.step(-1), { title: "Alt+Up" }),
      next: button("Next issue", () => this.step(1), { title: "Alt+Down" }),
      undo: button("Undo", () => this.post("undo", {}), { title: "Ctrl+Z" }),
      redo: button("Redo", () => this.post("redo", {}), { title: "Ctrl+Y" }),
      row: button("Delete row", () => this.turnRow()),
      copy: button("Corrected copy", () => this.copy()),
      compare: button("Go on: compare", () => go("compare")),
    };
    this.list.addEventListener("keydown", (event) => this.pressList(event));
  }

  /** The sheet of this view, also when another has been opened meanwhile. */
  get draft() {
    if (app.draft.id === this.kept.id) this.kept = app.draft;
    return this.kept;
  }

  set draft(state) {
    if (app.draft.id === this.kept.id) app.draft = state;
    this.kept = state;
  }

  async start() {
    const tables = this.draft.tables;
    const chooser = el("select", { id: "table", onchange: () => guarded(() => this.openTable(Number(chooser.value))) }, options(tables.map((table, at) => [String(at), table.sheet ? `${table.source}: ${table.sheet}` : table.source])));
    this.chooser = chooser;
    const { previous, next, undo, redo, row, copy, compare } = this.buttons;
    const isLined = tables.every((table) => table.lined);
    this.main.replaceChildren(
      el("h1", { class: "path" }, this.draft.files.join(", ")),
      el("div", { class: "row" }, this.counts, this.unused()),
      el(
        "div",
        { class: "tools", role: "group", "aria-label": "Tools" },
        (this.sheets = el("span", { class: "row", hidden: true })),
        tables.length > 1 ? el("span", { class: "row" }, el("label", { for: "table" }, "Table"), chooser) : null,
        next, previous, el("label", { class: "tick" }, this.only, " Only rows with issues"), isLined ? null : [undo, redo, row], copy, compare,
      ),
      this.questions,
      el("div", { class: "workbench" }, this.sheet, el("aside", { "aria-label": "About this sheet" }, this.detail, this.drawing, el("h2", "Issues"), this.list, this.notes = button("", () => this.turnNotes(), { class: "link" }), this.codeTools = el("div", { class: "row" }))),
    );
    app.leave = () => {
      this.grid?.close();
      return this.chain; // what was typed last is in the sheet before anything else is done with it
    };
    this.offerSheets().catch((error) => showAlert(error.message)); // nothing waits for it
    this.drawState(this.draft);
    await this.openTable(app.goal?.table ?? 0);
    if (app.goal) await this.show(app.goal.table ?? 0, app.goal.position, app.goal.column ?? 0);
    else if (this.draft.groups.some((group) => group.severity !== "n")) await this.step(1, false);
  }

  /** Nothing is left out in silence. */
  unused() {
    const names = [...new Set(this.draft.tables.flatMap((table) => table.columns.filter((column) => ["unused", "ignored"].includes(column.use) && column.header).map((column) => column.header)))];
    return names.length ? pQuiet(`Not sent: ${names.slice(0, 6).join(", ")}${names.length > 6 ? ` and ${names.length - 6} more` : ""}. `, button("Columns", () => go("columns"), { class: "link", "aria-label": "Choose what is sent" })) : "";
  }

  /** A workbook with several sheets: all that hold layers, or one. */
  async offerSheets() {
    if (app.files.length > 1) return;
    const { sheets } = await ask("GET", `/api/files/${app.files[0]}/sheets`);
    if (sheets.length < 2) return;
    const select = el("select", { id: "sheets", onchange: () => guarded(async () => { await open(app.files, select.value || null); await go("check"); }) }, options([["", "All with layers"], ...sheets.map((name) => [name, name])], app.sheet ?? ""));
    this.sheets.replaceChildren(el("label", { for: "sheets" }, "Sheet"), select);
    this.sheets.hidden = false;
  }

  /** @param {number} table */
  async openTable(table) {
    this.grid?.close();
    this.table = table;
    this.chooser.value = String(table);
    this.grid = new Grid(this.draft.tables[table], {
      load: (first, last) => ask("GET", `${this.path}/rows?table=${table}&first=${first}&last=${last}&only_bad=${this.onlyBad}`).then((window) => this.fresh(window)),
      edit: (cells, why) => guarded(() => this.edit({ cells: cells.map(([row, column, text]) => [table, row, column, text]), why })),
      select: (row, column) => this.select(row, column),
      command: (name) => guarded(() => this.command(name)),
      isFiltered: () => this.onlyBad,
    });
    this.sheet.replaceChildren(this.grid.node);
    await this.grid.reload();
    if (!this.grid.total) this.sheet.append(pQuiet(this.onlyBad ? "No row has an error or a warning." : "This table has no rows."));
    this.grid.tell();
  }

  /** Another tab has changed the sheet: see what it is now. @param {any} window */
  fresh(window) {
    if (window.version !== this.draft.version && !this.waiting) queueMicrotask(() => guarded(() => this.catchUp()));
    return window;
  }

  async catchUp() {
    this.draft = await ask("GET", this.path);
    this.drawState(this.draft);
    await this.grid.reload();
    this.grid.tell();
  }

  async filter() {
    this.onlyBad = this.only.checked;
    await this.openTable(this.table);
    say(this.onlyBad ? `${words(this.grid.total, "row")} with issues` : "All rows");
  }

  /** Send something that changes the sheet; one after the other. @param {string} what @param {any} body */
  post(what, body) {
    this.waiting += 1;
    const run = async () => {
      const grid = this.grid;
      const view = grid.inSight();
      try {
        const answer = await ask("POST", `${this.path}/${what}`, { ...body, version: this.draft.version, view: { table: this.table, ...view, only_bad: this.onlyBad } });
        const before = this.draft;
        this.draft = { ...this.draft, ...answer, window: undefined };
        this.drawState(this.draft);
        if (grid === this.grid && this.waiting === 1) grid.renew(answer.window, view.first, view.last);
        say(`${answer.taken ? `${words(answer.taken, "cell")} changed. ` : ""}${this.tellCounts(before)}`);
        return answer;
      } catch (error) {
        if (error.status === 409) await this.catchUp();
        else await grid.reload().catch(() => {}); // what was shown at once isn't so
        throw error;
      } finally {
        this.waiting -= 1;
        if (document.activeElement === document.body) this.grid.focusCell(); // the button that was pressed has gone
      }
    };
    const next = this.chain.then(run, run);
    this.chain = next.catch(() => {});
    return next;
  }

  tellCounts(before) {
    const left = this.draft.rows - this.draft.valid;
    const change = before.rows - before.valid - left;
    return left ? `${words(left, "row")} to correct${change ? ` (${Math.abs(change)} ${change > 0 ? "fewer" : "more"})` : ""}.` : `${all(this.draft.rows, "valid")}.`;
  }

  edit(body) {
    return this.post("edits", { cells: [], delete: [], restore: [], ...body });
  }

  async turnRow() {
    const row = this.grid.current();
    if (!row) return;
    const rows = [];
    const { top, bottom } = this.grid.range();
    for (let index = top; index <= bottom; index += 1) if (this.grid.rows.has(index)) rows.push([this.table, this.grid.rows.get(index).number]);
    await this.edit(row.deleted ? { restore: rows, why: "restored" } : { delete: rows, why: "deleted" });
    this.grid.focusCell();
  }

  /** Of a file that is corrected as a whole. @param {string[] | null} take */
  async fix(take) {
    const { copies } = await ask("POST", `${this.path}/fix`, { take });
    for (const each of copies) download(each.ticket);
    const told = copies.map((each) => `${each.name}: ${words(each.changed, "text")} corrected, ${each.valid} of ${words(each.rows, "row")} valid. ${each.not_taken.length ? `${each.not_taken.length} not taken: ${each.not_taken[0][2]} ` : ""}${each.notes.join(" ")}`).join(" ");
    this.detail.replaceChildren(el("h2", "Corrected copy"), el("p", `${told} Your own file is unchanged.`), button("Open the copy", async () => { await open(copies.map((each) => each.file)); await go("check"); }, { class: "main" }));
    say(told);
  }

  async copy() {
    if (this.draft.tables.some((table) => table.lined)) return this.fix(null);
    const { copies } = await ask("POST", `${this.path}/copy`, {});
    if (!copies.length) return say("Nothing is edited: the file itself is what you need.");
    for (const each of copies) download(each.ticket);
    say(`Written and checked: ${copies.map((each) => [each.name, ...each.notes].join(". ")).join("; ")}. It is in the folder too. Your own file is unchanged.`);
    return undefined;
  }

  /** @param {string} name */
  async command(name) {
    await this.chain;
    if (name === "next" || name === "previous") return this.step(name === "next" ? 1 : -1);
    if (name === "take") return this.takeHere();
    if (name === "too-large") throw new AskError(0, "The pasted block is larger than what is left of the sheet. Nothing was pasted.");
    if (name === "not-loaded") throw new AskError(0, "Some of these rows aren't loaded yet. Scroll there, then paste again.");
    if (name === "undo" ? !this.draft.can_undo : !this.draft.can_redo) return say(`There is nothing to ${name}.`);
    return this.post(name, {});
  }

  async takeHere() {
    const row = this.grid.current();
    const mark = row?.marks.get(this.grid.active.column)?.find((each) => each.suggestion !== null);
    if (!mark) return say("There is no suggestion for this cell.");
    return this.edit({ cells: [[this.table, row.number, this.grid.active.column, mark.suggestion]], why: "taken" });
  }

  /** @param {number} step @param {boolean} [focus] */
  async step(step, focus = true) {
    const { grid } = this;
    const { moves } = grid;
    const row = grid.current();
    const [position, column] = row ? [row.position, grid.active.column] : [-1, -1];
    const at = row && focus ? [position, column] : step > 0 ? [-1, -2] : [1e9, 0];
    const query = `table=${this.table}&row=${at[0]}&col=${at[1]}&step=${step}${this.code ? `&code=${encodeURIComponent(this.code)}` : ""}`;
    const { at: found } = await ask("GET", `${this.path}/next?${query}`);
    if (!found) return say(this.code ? "No row has this issue: it is about the table as a whole." : "There is no error or warning left.");
    if (!this.main.isConnected || (!focus && (grid !== this.grid || moves !== grid.moves))) return undefined; // somebody has gone elsewhere meanwhile
    return this.show(...found, focus);
  }

  /** @param {number} table @param {number} position @param {number} column @param {boolean} [focus] */
  async show(table, position, column, focus = true) {
    if (table !== this.table) await this.openTable(table);
    let index = position;
    if (this.onlyBad) {
      index = [...this.grid.rows].find(([, row]) => row.position === position)?.[0] ?? -1;
      if (index < 0) {
        this.only.checked = false;
        await this.filter();
        index = position;
      }
    }
    await this.grid.move(index, column, { focus });
  }

  drawState(state) {
    const bad = state.rows - state.valid;
    this.counts.replaceChildren(
      ...verdict(state),
      state.edited ? " · edited (kept as you go; your file is unchanged)" : "",
      state.mapping ? ` · columns by ${state.mapping}` : "",
    );
    this.buttons.undo.disabled = !state.can_undo;
    this.buttons.redo.disabled = !state.can_redo;
    this.buttons.copy.disabled = !state.edited && !state.groups.some((group) => group.fixable);
    this.buttons.compare.disabled = !state.valid;
    const isOpen = state.groups.some((group) => group.severity !== "n");
    for (const each of [this.buttons.next, this.buttons.previous]) each.disabled = !isOpen;
    this.buttons.next.className = bad ? "main" : "";
    this.buttons.compare.className = bad ? "" : "main";
    if (!state.groups.some((group) => group.code === this.code)) this.code = null;
    this.drawQuestions(state.groups);
    this.drawList();
  }

  /** What the columns mean is asked where there is something to click; a note only where it asks. @param {any[]} groups */
  drawQuestions(groups) {
    const asked = groups.flatMap((group) => group.places).filter((place) => !place.at && (place.severity === "e" || (place.offers.length && (place.severity === "w" || place.message.includes("?")))));
    this.questions.hidden = !asked.length;
    this.questions.replaceChildren(
      ...asked.slice(0, 3).map((place) => drawSaying(place, async (add) => { await takeOffer(add); await go("check"); })),
      asked.length > 3 || asked.some((place) => !place.offers.length) ? el("p", button(asked.length > 3 ? `${asked.length - 3} more under Columns` : "Look at the columns", () => go("columns"), { class: "link" })) : "",
    );
  }

  shown() {
    return this.draft.groups.filter((group) => this.withNotes || group.severity !== "n" || group.code === this.code);
  }

  turnNotes() {
    this.withNotes = !this.withNotes;
    this.drawList();
  }

  drawList() {
    const groups = this.shown();
    const notes = this.draft.groups.filter((group) => group.severity === "n").length;
    this.list.replaceChildren(
      ...groups.map((group, at) =>
        el(
          "div",
          { role: "option", id: `issue-${at}`, class: `issue mark-${group.severity}`, "aria-selected": String(group.code === this.code), onclick: () => guarded(() => this.choose(group.code, true)) },
          sign(group.severity),
          el("span", { class: "text" }, group.meaning),
          el("span", { class: "number" }, number(group.count)),
        ),
      ),
    );
    if (!groups.length) this.list.replaceChildren(el("div", { role: "option", "aria-selected": "false", class: "issue" }, "Nothing to correct."));
    this.notes.hidden = !notes;
    this.notes.textContent = this.withNotes ? "Hide notes" : `Show ${words(notes, "kind")} of notes`;
    this.drawCode();
  }

  drawCode() {
    const at = this.shown().findIndex((group) => group.code === this.code);
    if (at < 0) this.list.removeAttribute("aria-activedescendant");
    else this.list.setAttribute("aria-activedescendant", `issue-${at}`);
    [...this.list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
    const group = this.shown()[at];
    this.codeTools.replaceChildren(
      ...(group
        ? [
            group.remedy ? el("p", group.remedy) : null,
            group.takeable ? button(takeAll(group.takeable), () => this.post("take", { code: group.code }), { class: "main" }) : null,
            group.fixable ? button(`${takeAll(group.fixable)} in a copy`, () => this.fix([group.code]), { class: "main" }) : null,
            ...group.places.filter((place) => !place.at).map((place) => drawSaying(place, async (add) => { await takeOffer(add); await go("check"); })),
            button("Show all kinds again", () => this.choose(null, false)),
          ].filter(Boolean)
        : []),
    );
  }

  /** @param {string | null} code @param {boolean} move */
  async choose(code, move) {
    this.code = code;
    this.drawCode();
    this.codeTools.scrollIntoView({ block: "nearest" });
    if (move) await this.step(1, false);
  }

  /** @param {KeyboardEvent} event */
  pressList(event) {
    const groups = this.shown();
    if (!groups.length) return;
    const at = groups.findIndex((group) => group.code === this.code);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: groups.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.code = groups[Math.max(0, Math.min(groups.length - 1, to))].code;
      this.drawCode();
      document.getElementById(this.list.getAttribute("aria-activedescendant"))?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && this.code) {
      event.preventDefault();
      guarded(() => this.step(1));
    }
  }

  /** @param {any} row @param {number} column */
  select(row, column) {
    this.buttons.row.textContent = row?.deleted ? "Restore row" : "Delete row";
    this.buttons.row.disabled = !row || !this.grid.table.editable;
    const marks = row && !row.deleted ? [...(row.marks.get(column) ?? []), ...(column >= 0 ? (row.marks.get(-1) ?? []) : [])] : [];
    const head = this.grid.table.columns[column];
    const { source, sheet } = this.grid.table;
    const place = row ? `${sheet && this.draft.tables.length > 1 ? `${sheet}: ` : ""}${nameCell(this.grid.table, row, head)}` : "";
    const same = (mark) => this.draft.groups.find((group) => group.code === mark.code);
    this.detail.replaceChildren(
      el("h2", place || "Choose a cell"),
      head && row ? pQuiet(`${head.header || "(no header)"}: ${["unused", "ignored"].includes(head.use) ? "not sent" : `sent as ${head.use}`}. `, button("Change", () => go("columns", { at: columnKey(source, sheet, head.letter || head.header) }), { class: "link", "aria-label": `Change what ${head.header || head.letter} is sent as` })) : "",
      row?.deleted ? el("p", "Deleted: this row won't be in the copy, and won't be sent.") : null ?? "",
      ...marks.map((mark) =>
        el(
          "div",
          { class: `said mark-${mark.severity}` },
          el("p", sign(mark.severity), mark.message),
          mark.suggestion === null
            ? pQuiet(same(mark)?.remedy ?? "")
            : pRow(
                button(`Take ${mark.suggestion}`, () => this.edit({ cells: [[this.table, row.number, column, mark.suggestion]], why: "taken" }), { class: "main", title: "Alt+Enter" }),
                same(mark)?.takeable > 1 ? button(`Take for all cells with ${row.cells[column]}`, () => this.post("take", { code: mark.code, value: row.cells[column] })) : null,
              ),
        ),
      ),
      row && !marks.length && !row.deleted ? pQuiet("Nothing is wrong here.") : "",
      this.grid.table.editable ? "" : pQuiet(this.grid.table.lined ? "Texts of this kind of file aren't typed here. Take the suggestions in a copy, or correct the file itself and open it again." : "This kind of file can only be looked at here. Correct the file itself, then open it again."),
    );
    if (marks.length) say(`${place}: ${marks.map((mark) => mark.message).join(" ")}`);
    this.drawStack(row).catch((error) => showAlert(error.message));
  }

  /** @param {any} row */
  async drawStack(row) {
    const key = row ? `${this.table}|${row.position}|${this.draft.version}` : "";
    if (key === this.drawn) return;
    this.drawn = key;
    const found = row ? await ask("GET", `${this.path}/stack?table=${this.table}&row=${row.position}`) : {};
    if (key === this.drawn) this.drawing.replaceChildren(...(found.svg ? [el("h2", "Stack"), picture(found)] : []));
  }
}
