// The names of a file's columns, read here before it is sent: whether one says
// who has agreed.  What the server makes of the file counts, not this.

import { parseCsv } from '../../csv.js';

const enough = 256 * 1024;


// Whichever the line has more of, as the server sees it, or as a first line
// "sep=;" says.
function separatorOf(line) {
  return line.split(';').length > line.split(',').length ? ';' : ',';
}


// By the mark that a file in UTF-16 begins with.
function encodingOf([first, second]) {
  return first === 0xff && second === 0xfe ? 'utf-16le'
    : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}


// null of what is blank, or no text, and will be refused as that.
export async function readHeader(file) {
  const bytes = new Uint8Array(await file.slice(0, enough).arrayBuffer());
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);

  if (text.trim() === '' || text.includes('\0')) {
    return null;
  }

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
