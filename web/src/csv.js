// Reads CSV (RFC 4180): rows of cells, no more than `most` of them.

export function parseCsv(text, separator = ',', most = Infinity) {
  const rows = [];
  const pattern = new RegExp(
    `("(?:[^"]|"")*"?|[^${separator}\\r\\n]*)(${separator}|\\r\\n|\\n|\\r|$)`, 'y');
  let row = [];

  while (pattern.lastIndex < text.length && rows.length < most) {
    const [, cell, end] = pattern.exec(text) ?? ['', '', '\n'];

    row.push(cell[0] === '"'
      ? cell.slice(1).replace(/"$/, '').replaceAll('""', '"') : cell);
    if (end !== separator) {
      rows.push(row);
      row = [];
    }
  }
  if (row.length && rows.length < most) {
    rows.push([...row, '']);
  }
  return rows;
}
