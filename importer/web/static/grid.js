// The sheet: an ARIA grid that holds in the document only the rows in sight, and their marks.

import { el, GLYPHS, NAMES } from "/static/dom.js";

const HEIGHT = 26;
const BLOCK = 100;
const SPARE = 8;
const RANK = { e: 0, w: 1, n: 2 };

/**
 * @typedef {{position: number, number: number, cells: string[], edited: Set<number>, deleted: boolean, marks: Map<number, any[]>}} Row
 * @typedef {{load: (first: number, last: number) => Promise<any>, edit: (cells: [number, number, string][], why: string) => any,
 *   select: (row: Row | undefined, column: number) => void, command: (name: string) => any, isFiltered: () => boolean}} Owner
 */

/** What a cell is called in its own sheet; without a column, what the row is called. */
export function nameCell(table, row, column) {
  const name = nameRow(table, row);
  if (!column) return `${table.turned ? "Column" : "Row"} ${name}`;
  if (table.lined) return `Line ${name}, ${column.header}`;
  return `Cell ${table.turned ? name + column.letter : column.letter + name}`;
}

/** What a row is called in its sheet: in a turned table it is a column there. */
function nameRow(table, row) {
  if (!table.turned) return String(row.number);
  let name = "";
  for (let left = row.number; left > 0; left = Math.floor((left - 1) / 26)) name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  return name;
}

export class Grid {
  /** @param {any} table @param {Owner} owner */
  constructor(table, owner) {
    this.table = table;
    this.owner = owner;
    this.rows = new Map();
    this.blocks = new Map();
    this.total = 0;
    this.active = { row: 0, column: 0 };
    this.anchor = null;
    this.editor = null;
    this.epoch = 0;
    this.moves = 0;
    this.busy = 0;
    this.queue = [];
    this.late = null;
    this.pool = new Map();
    this.widths = [];
    this.head = el("div", { class: "grid-head", role: "row", "aria-rowindex": "1" });
    this.body = el("div", { class: "grid-body", role: "rowgroup" });
    this.node = el(
      "div",
      { class: "grid", role: "grid", tabindex: "-1", "aria-label": table.sheet ? `Sheet ${table.sheet} of ${table.source}` : table.source, "aria-multiselectable": "true", "aria-readonly": String(!table.editable) },
      el("div", { role: "rowgroup", class: "grid-top" }, this.head),
      this.body,
    );
    this.node.setAttribute("aria-colcount", String(table.columns.length + 1));
    this.node.addEventListener("scroll", () => this.draw(), { passive: true });
    this.node.addEventListener("keydown", (event) => this.press(event));
    this.node.addEventListener("pointerdown", (event) => this.point(event));
    this.node.addEventListener("dblclick", (event) => this.pointed(event) && this.beginEdit());
    this.node.addEventListener("copy", (event) => this.copy(event));
    this.node.addEventListener("cut", (event) => this.copy(event) && this.empty());
    this.node.addEventListener("paste", (event) => this.paste(event));
    this.node.addEventListener("focusin", (event) => {
      if (event.target === this.node && !this.resting) this.focus();
    });
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.node);
  }

  close() {
    this.watcher.disconnect();
  }

  /** Forget all rows, and show those in sight anew. */
  async reload() {
    this.epoch += 1;
    this.rows.clear();
    this.blocks.clear();
    await this.need(this.inSight());
    this.draw();
  }

  /** The blocks in sight: what an edit is answered with. */
  inSight() {
    const first = Math.floor(this.node.scrollTop / HEIGHT);
    const count = Math.ceil((this.node.clientHeight || 600) / HEIGHT);
    return { first: Math.floor(first / BLOCK) * BLOCK, last: Math.ceil((first + count + SPARE) / BLOCK) * BLOCK };
  }

  /** Take rows that came with an answer; all others are out of date. @param {any} window @param {number} first @param {number} last */
  renew(window, first, last) {
    this.late = null;
    if (this.editor && this.owner.isFiltered()) {
      this.late = [window, first, last]; // the row that is typed in may have another place now, or none
      return;
    }
    const position = this.current()?.position;
    this.epoch += 1;
    this.rows.clear();
    this.blocks.clear();
    this.keep(window, first, last);
    const at = this.owner.isFiltered() ? window.rows.findIndex((row) => row[0] === position) : -1;
    if (at >= 0 && first + at !== this.active.row) {
      this.active.row = first + at;
      this.anchor = null;
    }
    this.measure();
    this.draw();
    this.tell();
  }

  /** Go somewhere; keys that come meanwhile wait for it, so that none is lost or meant for another cell. @param {any} doing */
  async hold(doing) {
    this.busy += 1;
    try {
      return await doing;
    } finally {
      this.busy -= 1;
      while (this.queue.length && !this.busy) this.queue.shift()();
    }
  }

  /** @param {() => any} act */
  later(act) {
    if (this.busy) this.queue.push(act);
    else act();
  }

  /** @param {any} window @param {number} first @param {number} last */
  keep(window, first, last) {
    const byPosition = new Map();
    window.rows.forEach(([position, number, cells, edited, deleted], at) => {
      const row = { position, number, cells, edited: new Set(edited), deleted: !!deleted, marks: new Map() };
      byPosition.set(position, row);
      this.rows.set(first + at, row);
    });
    for (const [position, column, severity, code, message, suggestion, can] of window.marks) {
      const marks = byPosition.get(position).marks;
      if (!marks.has(column)) marks.set(column, []);
      marks.get(column).push({ severity, code: window.texts[code], message: window.texts[message], suggestion: can ? window.texts[suggestion] : null });
    }
    for (let block = first; block < last; block += BLOCK) this.blocks.set(block, null);
    this.total = window.total;
    if (!this.widths.length && window.rows.length) this.measure();
    this.node.setAttribute("aria-rowcount", String(this.total + 1));
    this.body.style.height = `${this.total * HEIGHT}px`;
    this.active.row = Math.max(0, Math.min(this.active.row, this.total - 1));
  }

  /** Wait until rows are there, also those that were asked for already. @param {{first: number, last: number}} wanted */
  async need(wanted) {
    let epoch;
    do {
      ({ epoch } = this);
      await Promise.all(this.load(wanted));
    } while (epoch !== this.epoch);
  }

  /** Ask for the blocks that are missing; what is waited for of each. @param {{first: number, last: number}} wanted */
  load({ first, last }) {
    const wanted = [];
    for (let block = first; block < last; block += BLOCK) if (block < this.total || !this.blocks.size) wanted.push(block);
    const missing = wanted.filter((block) => !this.blocks.has(block));
    if (missing.length) {
      const [from, to, epoch] = [missing[0], missing.at(-1) + BLOCK, this.epoch];
      const isOurs = () => epoch === this.epoch;
      const loading = this.owner.load(from, to).then(
        (window) => isOurs() && this.keep(window, from, to),
        (error) => {
          if (isOurs()) missing.forEach((block) => this.blocks.delete(block));
          throw error;
        },
      );
      for (const block of missing) this.blocks.set(block, loading);
    }
    return wanted.map((block) => this.blocks.get(block));
  }

  measure() {
    const shown = [...this.rows.values()].slice(0, 200);
    this.widths = this.table.columns.map(({ header }, column) =>
      Math.max(8, this.widths[column] ?? 0, Math.min(34, 3 + Math.max(1.25 * header.length + 2, ...shown.map((row) => (row.cells[column] ?? "").length)))),
    );
    const columns = `7ch ${this.widths.map((width) => `${width}ch`).join(" ")}`;
    this.node.style.setProperty("--columns", columns);
    this.node.style.setProperty("--width", `${7 + this.widths.reduce((sum, width) => sum + width, 0)}ch`);
    this.head.replaceChildren(
      el("div", { role: "columnheader", class: "corner", "aria-colindex": "1" }, this.table.lined ? "line" : this.table.turned ? "column" : "row"),
      ...this.table.columns.map(({ letter, header, use }, column) =>
        el(
          "div",
          { role: "columnheader", "aria-colindex": String(column + 2), class: ["unused", "ignored"].includes(use) ? "unused" : "" },
          el("span", { class: "letter" }, letter),
          ` ${header || "(no header)"}`,
        ),
      ),
    );
  }

  draw() {
    const first = Math.max(0, Math.floor(this.node.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(this.total, Math.ceil((this.node.scrollTop + this.node.clientHeight) / HEIGHT) + SPARE);
    const hadFocus = this.body.contains(document.activeElement) && !this.editor;
    for (const [index, node] of this.pool) {
      if ((index < first || index >= last) && !(this.editor && index === this.active.row)) {
        node.remove();
        this.pool.delete(index);
      }
    }
    for (let index = first; index < last; index += 1) this.drawRow(index);
    if (document.activeElement === this.node || (hadFocus && !this.body.contains(document.activeElement))) this.focusCell();
    const wanted = this.inSight();
    this.need(wanted).then(() => this.rows.size && this.drawMissing(), () => {});
  }

  drawMissing() {
    for (const [index, node] of this.pool) if (node.dataset.state === "loading" && this.rows.has(index)) this.drawRow(index);
    if (document.activeElement === this.node) this.focusCell();
    if (this.pool.size < Math.min(this.total, Math.ceil(this.node.clientHeight / HEIGHT))) this.draw();
  }

  /** @param {number} index */
  drawRow(index) {
    const row = this.rows.get(index);
    let node = this.pool.get(index);
    const isActive = index === this.active.row;
    const state = row ? `${this.epoch}|${isActive ? this.active.column : ""}|${this.rangeKey(index)}` : "loading";
    if (node && node.dataset.state === state) return;
    if (this.editor && isActive) return;
    const refocus = node?.contains(document.activeElement);
    if (!node) {
      node = el("div", { role: "row", class: "grid-row", "aria-rowindex": String(index + 2) });
      node.style.transform = `translateY(${index * HEIGHT}px)`;
      this.pool.set(index, node);
      this.body.append(node);
    }
    node.dataset.state = state;
    node.dataset.index = String(index);
    node.className = `grid-row${row?.deleted ? " deleted" : ""}`;
    node.replaceChildren(...(row ? [this.drawCell(row, index, -1), ...row.cells.map((_, column) => this.drawCell(row, index, column))] : [el("div", { role: "gridcell", class: "quiet" }, "…")]));
    if (refocus && isActive) this.focusCell();
  }

  /** @param {Row} row @param {number} index @param {number} column */
  drawCell(row, index, column) {
    const marks = row.marks.get(column) ?? [];
    const severity = marks.reduce((worst, mark) => (worst === null || RANK[mark.severity] < RANK[worst] ? mark.severity : worst), null);
    const isActive = index === this.active.row && column === this.active.column;
    const text = column < 0 ? nameRow(this.table, row) : row.cells[column];
    const chosen = column >= 0 && this.inRange(index, column);
    const said = [row.deleted ? "This row is deleted." : "", row.edited.has(column) ? "Edited." : "", ...marks.map((mark) => `${NAMES[mark.severity]}: ${mark.message}`)].filter(Boolean).join(" ");
    return el(
      "div",
      {
        role: column < 0 ? "rowheader" : "gridcell",
        class: ["cell", severity ? `mark-${severity}` : "", row.edited.has(column) ? "edited" : "", chosen ? "chosen" : ""].filter(Boolean).join(" "),
        tabindex: isActive ? "0" : "-1",
        "aria-colindex": String(column + 2),
        "aria-selected": column < 0 ? null : String(isActive || chosen),
        "aria-invalid": severity === "e" ? "true" : null,
        "aria-description": said || null,
        title: said || null,
        "data-column": String(column),
      },
      severity ? el("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[severity]) : null,
      text,
    );
  }

  rangeKey(index) {
    if (!this.anchor) return "";
    const { top, bottom, left, right } = this.range();
    return index >= top && index <= bottom ? `${left}-${right}` : "";
  }

  range() {
    const from = this.anchor ?? this.active;
    const columns = [Math.max(0, from.column), Math.max(0, this.active.column)];
    return { top: Math.min(from.row, this.active.row), bottom: Math.max(from.row, this.active.row), left: Math.min(...columns), right: Math.max(...columns) };
  }

  inRange(index, column) {
    if (!this.anchor) return false;
    const { top, bottom, left, right } = this.range();
    return index >= top && index <= bottom && column >= left && column <= right;
  }

  /** Go to a cell. @param {number} row @param {number} column @param {{extend?: boolean, focus?: boolean}} [how] */
  move(row, column, how) {
    return this.hold(this.moveTo(row, column, how));
  }

  async moveTo(row, column, { extend = false, focus = true } = {}) {
    if (this.editor) this.endEdit(true);
    this.moves += 1;
    this.anchor = extend ? (this.anchor ?? { ...this.active }) : null;
    this.active = { row: Math.max(0, Math.min(row, this.total - 1)), column: Math.max(-1, Math.min(column, this.table.columns.length - 1)) };
    this.reveal();
    this.draw();
    // Before anything is waited for: the next key or paste may come at once, and it means this cell.
    if (focus) this.focusCell();
    await this.need(this.inSight());
    this.draw();
    if (focus) this.focusCell();
    this.tell();
  }

  reveal() {
    const top = this.active.row * HEIGHT;
    const head = this.head.offsetHeight;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + HEIGHT + head > this.node.scrollTop + this.node.clientHeight) this.node.scrollTop = top + HEIGHT + head - this.node.clientHeight + 14;
    const cell = this.cellNode() ?? this.head.children[this.active.column + 1];
    if (!cell || this.active.column < 0) return;
    const label = this.head.children[0].offsetWidth;
    if (cell.offsetLeft - label < this.node.scrollLeft) this.node.scrollLeft = cell.offsetLeft - label;
    else if (cell.offsetLeft + cell.offsetWidth > this.node.scrollLeft + this.node.clientWidth) this.node.scrollLeft = Math.min(cell.offsetLeft - label, cell.offsetLeft + cell.offsetWidth - this.node.clientWidth);
  }

  cellNode() {
    return this.pool.get(this.active.row)?.children[this.active.column + 1];
  }

  /** The sheet itself is focused while the cell isn't there yet. */
  focusCell() {
    this.resting = true;
    (this.current() && this.cellNode() ? this.cellNode() : this.node).focus({ preventScroll: true });
    this.resting = false;
  }

  focus() {
    this.reveal();
    this.draw();
    if (this.current()) this.focusCell();
  }

  tell() {
    this.owner.select(this.current(), this.active.column);
  }

  /** @returns {Row | undefined} */
  current() {
    return this.rows.get(this.active.row);
  }

  /** @param {PointerEvent | MouseEvent} event */
  pointed(event) {
    const cell = /** @type {HTMLElement} */ (event.target).closest(".cell");
    const row = cell?.closest(".grid-row");
    return row ? { row: Number(row.dataset.index), column: Number(cell.dataset.column) } : null;
  }

  /** @param {PointerEvent} event */
  point(event) {
    if (/** @type {HTMLElement} */ (event.target).tagName === "INPUT") return;
    const at = this.pointed(event);
    if (!at) return;
    event.preventDefault();
    this.move(at.row, at.column, { extend: event.shiftKey });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (this.editor) return;
    const act = this.choose(event);
    if (!act) return;
    event.preventDefault();
    this.later(act);
  }

  /** What a key does, once it is its turn; null for what isn't ours. @param {KeyboardEvent} event @returns {(() => any) | null} */
  choose({ key, altKey, shiftKey: extend, ctrlKey, metaKey }) {
    const far = ctrlKey || metaKey;
    const command = (name) => () => this.hold(this.owner.command(name));
    if (altKey) return { ArrowDown: command("next"), ArrowUp: command("previous"), Enter: command("take") }[key] ?? null;
    if (far && key.toLowerCase() === "z") return command(extend ? "redo" : "undo");
    if (far && key.toLowerCase() === "y") return command("redo");
    const page = Math.max(1, Math.floor(this.node.clientHeight / HEIGHT) - 2);
    const last = this.table.columns.length - 1;
    const to = {
      ArrowDown: ({ row, column }) => [far ? this.total - 1 : row + 1, column],
      ArrowUp: ({ row, column }) => [far ? 0 : row - 1, column],
      ArrowRight: ({ row, column }) => [row, far ? last : column + 1],
      ArrowLeft: ({ row, column }) => [row, far ? 0 : column - 1],
      PageDown: ({ row, column }) => [row + page, column],
      PageUp: ({ row, column }) => [row - page, column],
      Home: ({ row }) => [far ? 0 : row, 0],
      End: ({ row }) => [far ? this.total - 1 : row, last],
    }[key];
    if (to) return () => this.move(...to(this.active), { extend });
    if (key === "Escape") return () => { if (this.editor) this.leaveEditor(key); this.anchor = null; this.draw(); };
    if (!this.table.editable) return null;
    if (key === "Enter" || key === "F2") return () => (this.editor ? this.leaveEditor(key, extend) : this.beginEdit());
    if (key === "Delete" || key === "Backspace") return () => (this.editor ? this.insert("") : this.empty());
    if (key.length !== 1 || far) return null;
    return () => (this.editor ? this.insert(key) : this.beginEdit(key));
  }

  /** @param {string} text */
  insert(text) {
    this.editor.setRangeText(text, this.editor.selectionStart, this.editor.selectionEnd, "end");
  }

  /** @param {string} [start] */
  beginEdit(start) {
    const row = this.current();
    const { column } = this.active;
    if (!this.table.editable || !row || row.deleted || column < 0) return;
    const input = el("input", { class: "editor", "aria-label": `${this.table.columns[column].header}, row ${nameRow(this.table, row)}`, spellcheck: "false", autocomplete: "off" });
    input.value = start ?? row.cells[column];
    this.cellNode().replaceChildren(input);
    this.editor = input;
    this.typing = { number: row.number, column, was: row.cells[column] };
    input.focus();
    if (start === undefined) input.select();
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (this.leaveEditor(event.key, event.shiftKey)) event.preventDefault();
    });
    input.addEventListener("blur", () => this.editor === input && this.endEdit(true));
  }

  /** @param {string} key @param {boolean} isBack */
  leaveEditor(key, isBack) {
    const end = { Enter: [1, 0], Tab: [0, isBack ? -1 : 1], Escape: [0, 0] }[key];
    if (!end) return false;
    this.endEdit(key !== "Escape");
    this.move(this.active.row + end[0], this.active.column + end[1]);
    return true;
  }

  /** @param {boolean} keep */
  endEdit(keep) {
    const { editor, late, typing: { number, column, was } } = this;
    this.editor = this.late = null;
    const text = editor.value;
    const node = this.pool.get(this.active.row);
    if (node) node.dataset.state = "";
    if (keep && text !== was) this.change([[number, column, text]], "typed");
    else if (late) this.renew(...late);
    else this.draw();
  }

  /** Show new texts at once; their marks come with the answer. @param {[number, number, string][]} cells @param {string} why */
  change(cells, why) {
    const rows = new Map([...this.rows.values()].map((row) => [row.number, row]));
    for (const [number, column, text] of cells) {
      const row = rows.get(number);
      if (row) row.cells[column] = text;
      row?.edited.add(column);
    }
    for (const node of this.pool.values()) node.dataset.state = "";
    this.draw();
    this.owner.edit(cells, why);
  }

  empty() {
    const cells = [];
    const { top, bottom, left, right } = this.range();
    if (!this.table.editable || this.active.column < 0) return false;
    for (let index = top; index <= bottom; index += 1) {
      const row = this.rows.get(index);
      for (let column = left; row && !row.deleted && column <= right; column += 1) if (row.cells[column]) cells.push([row.number, column, ""]);
    }
    if (cells.length) this.change(cells, "emptied");
    return true;
  }

  /** @param {ClipboardEvent} event */
  copy(event) {
    if (this.editor) return false;
    const { top, bottom, left, right } = this.range();
    const lines = [];
    for (let index = top; index <= bottom; index += 1) lines.push((this.rows.get(index)?.cells ?? []).slice(left, right + 1).join("\t"));
    event.clipboardData.setData("text/plain", lines.join("\n"));
    event.preventDefault();
    return true;
  }

  /** @param {ClipboardEvent} event */
  paste(event) {
    if (this.editor || !this.table.editable) return;
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain");
    this.later(() => this.put(text));
  }

  /** Put a block of texts in, from the cell on. @param {string} block */
  put(block) {
    if (this.editor) return this.insert(block);
    const lines = block.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
    const cells = [];
    let { top, left } = this.range();
    const one = lines.length === 1 && lines[0].length === 1 && this.anchor;
    const bottom = one ? this.range().bottom : top + lines.length - 1;
    const right = one ? this.range().right : left + Math.max(...lines.map((line) => line.length)) - 1;
    if (bottom >= this.total || right >= this.table.columns.length) return this.owner.command("too-large");
    for (let index = top; index <= bottom; index += 1) {
      const row = this.rows.get(index);
      if (!row) return this.owner.command("not-loaded");
      const texts = one ? Array(right - left + 1).fill(lines[0][0]) : lines[index - top];
      texts.forEach((text, at) => cells.push([row.number, left + at, text]));
    }
    return this.change(cells, "pasted");
  }
}
