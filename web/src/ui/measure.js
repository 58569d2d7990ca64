// Progress of work, and shares as bars.  Their widths are set on the element's
// style by script, which the policy allows, and never by an attribute.

import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { percent } from '../language.js';


// value is 0 to 1; without one nobody knows how far it is.
export function Progress({ label, value, note }) {
  const id = useId();

  return html`<div class="progress">
    <div class="progress-label"><span id=${id}>${label}</span>
      <span class="quiet">${note}</span></div>
    <progress aria-labelledby=${id} max="1"
      ...${value === undefined ? {} : { value }}></progress>
  </div>`;
}


function Fill({ share, kind }) {
  const fill = useRef(null);

  useLayoutEffect(() => {
    fill.current.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
  }, [share]);

  return html`<i ref=${fill} class="bar-${kind}"></i>`;
}


// A share as a bar with its figure; base is the share to hold it against.
export function Bar({ share, base, label }) {
  return html`<span class="bar">
    <span class="bar-track" aria-hidden="true">
      <${Fill} share=${share} kind="own" />
      ${base !== undefined && html`<${Fill} share=${base} kind="base" />`}
    </span>
    <span class="bar-figure">${label ?? percent(share)}</span>
  </span>`;
}
