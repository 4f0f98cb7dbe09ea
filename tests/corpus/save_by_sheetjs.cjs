// Saves a workbook by SheetJS: node save_by_sheetjs.cjs BOOK.xlsx FOLDER, with the npm package `xlsx` in NODE_PATH.
const { readFileSync } = require("fs");
const { join } = require("path");
const { read, writeFile } = require("xlsx");

const [source, folder] = process.argv.slice(2);
const book = read(readFileSync(source), { cellNF: true, cellStyles: true });
for (const bookType of ["xlsb", "xlsx", "biff8", "ods"]) {
  const suffix = bookType === "biff8" ? "xls" : bookType;
  writeFile(book, join(folder, `lab_book_sheetjs.${suffix}`), { bookType, compression: true });
}
