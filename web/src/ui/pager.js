// The end of a list that has more: a button, pressed by itself when it comes
// into view.  more is useList's.

import { useEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';
import { t } from '../language.js';


export function Pager({ more, loading }) {
  const end = useRef(null);
  const next = useRef(more);

  next.current = more;
  useEffect(() => {
    if (!end.current) {
      return undefined;
    }
    const watcher = new IntersectionObserver(([entry]) =>
      entry.isIntersecting && next.current?.(), { rootMargin: '300px' });

    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [!!more]);

  return more ? html`<div class="pager" ref=${end}>
    <button type="button" class="secondary" aria-busy=${loading}
      onClick=${more}>${t('common.more')}</button></div>` : null;
}
