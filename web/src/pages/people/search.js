// What somebody typed into the one field in which people are looked for.

const enough = 8;             // digits of a phone or a document


function digitsOf(text) {
  return text.replace(/\D/g, '');
}


// [{ by: 'phone' | 'email' | 'taxDocument' | 'name', value }], to be tried in
// this order until somebody is found; none: everybody is meant.
export function readSearch(typed) {
  const text = typed.trim();
  const digits = digitsOf(text);

  if (text === '') {
    return [];
  }
  if (text.includes('@')) {
    return [{ by: 'email', value: text }];
  }
  if (digits.length < enough || /\p{L}{3}/u.test(text)) {
    return [{ by: 'name', value: text }];
  }

  const phone = { by: 'phone', value: text };
  const document = { by: 'taxDocument', value: text };
  const written = /^\d{3}\.\d{3}\.\d{3}-?\d{2}$|[/\p{L}]/u.test(text);

  if (text.startsWith('+') || /[()]/.test(text)) {
    return [phone];
  }
  return written || digits.length === 14 ? [document, phone] : [phone, document];
}
