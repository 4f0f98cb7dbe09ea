// The sheet: an ARIA grid that holds in the document only the rows in sight, and their marks.

import { el, GLYPHS, NAMES } from "/static/dom.js";

const HEIGHT = 26;
const BLOCK = 100;
const SPARE = 8;
const RANK = { e: 0, w: 1, n: 2 };

/**
 * @typedef {{position: number, number: number, cells: string[], edited: Set<number>, deleted: boolean, marks: Map<number, any[]>}} Row
 * @typedef {{load: (first: number, last: number) => Promise<any>, edit: (cells: [number, number, string][], why: string) => any,
 *   select: (row: Row | undefined, column: number) => void, command: (name: string) => any}} Owner
 */

export class Grid {
  /** @param {any} table @param {Owner} owner */
  constructor(table, owner) {
    this.table = table;
    this.owner = owner;
    this.rows = new Map();
    this.blocks = new Set();
    this.total = 0;
    this.active = { row: 0, column: 0 };
    this.anchor = null;
    this.editor = null;
    this.epoch = 0;
    this.pool = new Map();
    this.widths = [];
    this.touched = false;
    this.head = el("div", { class: "grid-head", role: "row", "aria-rowindex": "1" });
    this.body = el("div", { class: "grid-body", role: "rowgroup" });
    this.node = el(
      "div",
      { class: "grid", role: "grid", "aria-label": table.sheet ? `Sheet ${table.sheet} of ${table.source}` : table.source, "aria-multiselectable": "true", "aria-readonly": String(!table.editable) },
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
      if (event.target === this.node) this.focus();
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
    this.epoch += 1;
    this.rows.clear();
    this.blocks.clear();
    this.keep(window, first, last);
    this.measure();
    this.draw();
    this.tell();
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
    for (let block = first; block < last; block += BLOCK) this.blocks.add(block);
    this.total = window.total;
    if (!this.widths.length && window.rows.length) this.measure();
    this.node.setAttribute("aria-rowcount", String(this.total + 1));
    this.body.style.height = `${this.total * HEIGHT}px`;
    this.active.row = Math.max(0, Math.min(this.active.row, this.total - 1));
  }

  /** @param {{first: number, last: number}} wanted */
  async need({ first, last }) {
    const missing = [];
    for (let block = first; block < last; block += BLOCK) {
      if (!this.blocks.has(block) && (block < this.total || !this.blocks.size)) missing.push(block);
    }
    if (!missing.length) return;
    const [from, to, epoch] = [missing[0], missing.at(-1) + BLOCK, this.epoch];
    missing.forEach((block) => this.blocks.add(block));
    try {
      const window = await this.owner.load(from, to);
      if (epoch === this.epoch) this.keep(window, from, to);
    } catch (error) {
      missing.forEach((block) => this.blocks.delete(block));
      throw error;
    }
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
      el("div", { role: "columnheader", class: "corner", "aria-colindex": "1" }, this.table.lined ? "line" : "row"),
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
    if (hadFocus && !this.body.contains(document.activeElement)) this.focusCell();
    const wanted = this.inSight();
    this.need(wanted).then(() => this.rows.size && this.drawMissing(), () => {});
  }

  drawMissing() {
    for (const [index, node] of this.pool) if (node.dataset.state === "loading" && this.rows.has(index)) this.drawRow(index);
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
    const text = column < 0 ? String(row.number) : row.cells[column];
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
  async move(row, column, { extend = false, focus = true } = {}) {
    if (this.editor) this.endEdit(true);
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
    else if (cell.offsetLeft + cell.offsetWidth > this.node.scrollLeft + this.node.clientWidth) this.node.scrollLeft = cell.offsetLeft + cell.offsetWidth - this.node.clientWidth;
  }

  cellNode() {
    return this.pool.get(this.active.row)?.children[this.active.column + 1];
  }

  focusCell() {
    this.cellNode()?.focus({ preventScroll: true });
  }

  focus() {
    this.reveal();
    this.draw();
    this.focusCell();
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
    this.touched = true;
    this.move(at.row, at.column, { extend: event.shiftKey });
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (this.editor) return;
    this.touched = true;
    const { row, column } = this.active;
    const page = Math.max(1, Math.floor(this.node.clientHeight / HEIGHT) - 2);
    const far = event.ctrlKey || event.metaKey;
    const extend = event.shiftKey;
    const act = () => {
      if (event.altKey) {
        if (event.key === "ArrowDown") return this.owner.command("next");
        if (event.key === "ArrowUp") return this.owner.command("previous");
        if (event.key === "Enter") return this.owner.command("take");
        return false;
      }
      if (far && event.key.toLowerCase() === "z") return this.owner.command(event.shiftKey ? "redo" : "undo");
      if (far && event.key.toLowerCase() === "y") return this.owner.command("redo");
      switch (event.key) {
        case "ArrowDown": return this.move(far ? this.total - 1 : row + 1, column, { extend });
        case "ArrowUp": return this.move(far ? 0 : row - 1, column, { extend });
        case "ArrowRight": return this.move(row, far ? this.table.columns.length : column + 1, { extend });
        case "ArrowLeft": return this.move(row, far ? 0 : column - 1, { extend });
        case "PageDown": return this.move(row + page, column, { extend });
        case "PageUp": return this.move(row - page, column, { extend });
        case "Home": return this.move(far ? 0 : row, 0, { extend });
        case "End": return this.move(far ? this.total - 1 : row, this.table.columns.length - 1, { extend });
        case "Enter": case "F2": return this.beginEdit();
        case "Delete": case "Backspace": return this.empty();
        case "Escape": this.anchor = null; return this.draw();
        default:
          return event.key.length === 1 && !far ? this.beginEdit(event.key) : false;
      }
    };
    if (act() !== false) event.preventDefault();
  }

  /** @param {string} [start] */
  beginEdit(start) {
    const row = this.current();
    const { column } = this.active;
    if (!this.table.editable || !row || row.deleted || column < 0) return false;
    const input = el("input", { class: "editor", "aria-label": `${this.table.columns[column].header}, row ${row.number}`, spellcheck: "false", autocomplete: "off" });
    input.value = start ?? row.cells[column];
    const cell = this.cellNode();
    cell.replaceChildren(input);
    this.editor = input;
    input.focus();
    if (start === undefined) input.select();
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      const end = { Enter: [1, 0], Tab: [0, event.shiftKey ? -1 : 1], Escape: [0, 0] }[event.key];
      if (!end) return;
      event.preventDefault();
      this.endEdit(event.key !== "Escape");
      this.move(this.active.row + end[0], this.active.column + end[1]);
    });
    input.addEventListener("blur", () => this.editor === input && this.endEdit(true));
    return true;
  }

  /** @param {boolean} keep */
  endEdit(keep) {
    const [input, row, { row: index, column }] = [this.editor, this.current(), this.active];
    this.editor = null;
    const node = this.pool.get(index);
    if (node) node.dataset.state = "";
    const text = input.value;
    if (row) this.drawRow(index);
    if (keep && row && text !== row.cells[column]) this.owner.edit([[row.number, column, text]], "typed");
  }

  empty() {
    const cells = [];
    const { top, bottom, left, right } = this.range();
    if (!this.table.editable || this.active.column < 0) return false;
    for (let index = top; index <= bottom; index += 1) {
      const row = this.rows.get(index);
      for (let column = left; row && !row.deleted && column <= right; column += 1) if (row.cells[column]) cells.push([row.number, column, ""]);
    }
    if (cells.length) this.owner.edit(cells, "emptied");
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
    const lines = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
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
    this.owner.edit(cells, "pasted");
  }
}
