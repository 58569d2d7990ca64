// What a field is called: those that the product knows by the texts of
// fields.json, contact extras and campaigns by their own names, all others as
// the file called them.
//
// Pages that call it call useFieldTexts(), which loads these texts.

import { useEffect } from 'preact/hooks';
import { has, loadTexts, t } from '../language.js';


export function useFieldTexts() {
  useEffect(() => { loadTexts('fields'); }, []);
}


export function fieldName(field) {
  if (has(`fields.${field}`)) {
    return t(`fields.${field}`);
  }
  const [, name, what] = /^campaign\.(.+?)(?:\.(sent|read|replied|last_at))?$/
    .exec(field) ?? [];

  if (name) {
    return t(`fields.campaign_${what ?? 'of'}`, { name });
  }
  return field.startsWith('extra.') ? field.slice('extra.'.length) : field;
}
