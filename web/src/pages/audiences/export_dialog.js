// From the question whether to export to the link: the export is followed while
// the dialog is open, and goes on without it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob } from '../../events.js';
import { dateTime, number, t } from '../../language.js';
import { useReasons } from '../../reasons.js';
import { useResource } from '../../resource.js';
import { Dialog, Note, ProblemNote, Progress, toast } from '../../ui/index.js';
import { CopyButton } from '../../ui/copy_button.js';

const over = ['done', 'failed', 'expired', 'revoked'];


// Where the link goes, in words; me is null while nobody knows.
export function MailNote({ me }) {
  return me && html`<p>${me.mail === 'smtp' && me.email
    ? t('audiences.export_mail', { email: me.email })
    : me.mail === 'smtp' ? t('audiences.export_no_address')
      : t('audiences.export_no_mail')}</p>`;
}


function Question({ item, me }) {
  return html`
    <p>${t('audiences.export_text', { name: item.name, count: item.count ?? 0 })}</p>
    <${MailNote} me=${me} />
    <p class="quiet">${t('audiences.export_hours', { count: me?.link_hours ?? 48 })}</p>`;
}


function Result({ made, me }) {
  return html`<${Note} kind="good" role="status">
    <p><strong>${t('audiences.export_done', { count: made.rows })}</strong></p>
    ${made.without_phone > 0 && html`<p>
      ${t('audiences.export_without_phone', { count: made.without_phone })}</p>`}
    ${made.refused_opt_in > 0 && html`<p>
      ${t('audiences.export_refused', { count: made.refused_opt_in })}</p>`}
    <p>${t('audiences.export_until', { at: dateTime(made.expires_at) })}
      ${me?.mail === 'smtp' && me.email
        && ` ${t('audiences.export_mailed', { email: me.email })}`}</p>
    <p class="inline"><a class="button" href=${made.url} download>
        ${t('audiences.download')}</a>
      <${CopyButton} text=${new URL(made.url, location.href).href}
        label=${t('audiences.copy_link')} /></p>
  <//>`;
}


function Failed({ made }) {
  const reason = useReasons();

  return html`<${Note} kind="bad" role="alert">
    <p>${t(`audiences.export_${made.state}`)}</p>
    ${made.error && html`<p class="small">${reason(made.error)}</p>`}
  <//>`;
}


// The export with the job that makes it, from its beginning to its end.
function useExport(item, onDone) {
  const [state, setState] = useState({});
  const stop = useRef(null);

  useEffect(() => () => stop.current?.(), []);

  function follow(made) {
    setState({ made });
    onDone({ item });
    stop.current = followJob(made.job, async (job) => {
      if (['done', 'dead', 'cancelled'].includes(job.state)) {
        const now = await api.get(`/v1/exports/${made.id}`)
          .catch((problem) => setState({ problem }));

        if (now) {
          setState({ made: now });
          onDone({ item });
        }
      } else {
        setState({ made, job });
      }
    });
  }

  async function start() {
    setState({ starting: true });
    await api.post(`/v1/audiences/${item.id}/exports`, {})
      .then(follow, (problem) => setState({ problem }));
  }

  return [state, start];
}


export function ExportDialog({ item, onClose, onDone }) {
  const { data: me } = useResource((options) =>
    api.get('/v1/me', {}, options), []);
  const [{ starting, made, job, problem }, start] = useExport(item, onDone);
  const ended = made && over.includes(made.state);

  function close() {
    if (made && !ended) {
      toast(t('audiences.export_goes_on'));
    }
    onClose();
  }

  const footer = made && made.state !== 'failed'
    ? html`<button type="button" class="secondary" onClick=${close}>
        ${t('common.close')}</button>`
    : html`
      <button type="button" class="secondary" onClick=${close}>
        ${t('common.no')}</button>
      <button type="button" aria-busy=${!!starting} disabled=${!!starting}
        onClick=${start}>${problem || made ? t('common.again')
          : t('common.yes_continue')}</button>`;

  return html`<${Dialog} title=${t('audiences.export_title')} onClose=${close}
    footer=${footer}>
    ${!made && html`<${Question} item=${item} me=${me} />`}
    ${made && !ended && html`<${Progress} label=${t('audiences.export_running')}
      value=${job?.state === 'running' ? job.progress : undefined}
      note=${job?.state === 'running' ? number(job.progress, { style: 'percent' })
        : t('audiences.export_waiting')} />
      <p class="quiet">${t('audiences.export_may_close')}</p>`}
    ${ended && (made.state === 'done'
      ? html`<${Result} made=${made} me=${me} />`
      : html`<${Failed} made=${made} />`)}
    ${problem && html`<${ProblemNote} problem=${problem} />`}
  <//>`;
}
