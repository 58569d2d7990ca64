// The names of a file's columns, read here before it is sent: whether one says
// who has agreed.  What the server makes of the file counts, not this.

import { parseCsv } from '../../csv.js';

const enough = 256 * 1024;


// Whichever the line has more of, as the server sees it, or as a first line
// "sep=;" says.
function separatorOf(line) {
  return line.split(';').length > line.split(',').length ? ';' : ',';
}


export async function readHeader(file) {
  const bytes = await file.slice(0, enough).arrayBuffer();
  const text = new TextDecoder().decode(bytes);
  const said = /^sep=([;,])\r?\n/i.exec(text);
  const rest = said ? text.slice(said[0].length) : text;
  const separator = said?.[1] ?? separatorOf(rest.split(/\r?\n/, 1)[0]);

  return parseCsv(rest, separator, 1)[0] ?? [];
}


// "Opt-in" in any spelling of case, blank, hyphen or underscore.
export function hasConsent(columns) {
  return columns.some((name) => {
    const words = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
      .split(/[^\p{L}\p{N}]+/u).filter(Boolean).join(' ');

    return words === 'opt in' || words === 'optin';
  });
}
