// From the question whether to export to the link: the export is followed while
// the dialog is open, and goes on without it.  Title, text and buttons are those
// of its state, which is also said: asked, running, ready, failed, or over where
// the link has gone meanwhile.

import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { dateTime, percent, t } from '../../language.js';
import { useReasons } from '../../reasons.js';
import { useResource } from '../../resource.js';
import { CopyButton, Dialog, Icon, Note, ProblemNote, Progress, toast }
  from '../../ui/index.js';

const stages = { queued: 'running', running: 'running', done: 'ready',
  failed: 'failed', expired: 'over', revoked: 'over' };


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
  return html`<${Note} kind="good">
    <p><strong>${t('audiences.export_done', { count: made.rows })}</strong></p>
    ${made.without_phone > 0 && html`<p>
      ${t('audiences.export_without_phone', { count: made.without_phone })}</p>`}
    ${made.refused_opt_in > 0 && html`<p>
      ${t('audiences.export_refused', { count: made.refused_opt_in })}</p>`}
    <p>${t('audiences.export_until', { at: dateTime(made.expires_at) })}
      ${me?.mail === 'smtp' && me.email
        && ` ${t('audiences.export_mailed', { email: me.email })}`}</p>
  <//>`;
}


function Failed({ made }) {
  const reason = useReasons();

  return html`<${Note} kind=${made.state === 'failed' ? 'bad' : 'warn'}>
    <p>${t(`audiences.export_${made.state}`)}</p>
    ${made.error && html`<p class="small">${reason(made.error)}</p>`}
  <//>`;
}


// The export with the job that makes it, from its beginning to its end.
function useExport(item, onDone) {
  const [state, setState] = useState({});
  const stop = useRef(null);

  useEffect(() => () => stop.current?.(), []);

  async function look(made) {
    await api.get(`/v1/exports/${made.id}`)
      .then((now) => { setState({ made: now }); onDone({ item }); },
        (problem) => setState({ made, problem }));
  }

  function follow(made) {
    setState({ made });
    onDone({ item });
    stop.current = followJob(made.job, (job) => (hasEnded(job) ? look(made)
      : setState({ made, job })));
  }

  async function start() {
    setState({ starting: true });
    await api.post(`/v1/audiences/${item.id}/exports`, {})
      .then(follow, (problem) => setState({ problem }));
  }

  return [state, () => (state.problem && state.made ? look(state.made) : start())];
}


// What can be done at each stage.
function Buttons({ stage, made, starting, problem, onStart, onClose }) {
  const asks = stage === 'asked' || stage === 'failed' || problem;

  return html`
    ${stage === 'ready' && html`<${CopyButton} label=${t('audiences.copy_link')}
      text=${new URL(made.url, location.href).href} />`}
    <button type="button" class="secondary" onClick=${onClose}>
      ${t(stage === 'asked' ? 'common.no' : 'common.close')}</button>
    ${stage === 'ready' && html`<a class="button" href=${made.url} download>
      <${Icon} name="download" size="18" />${t('audiences.download')}</a>`}
    ${asks && html`<button type="button" aria-busy=${!!starting}
      disabled=${!!starting} onClick=${onStart}>
      ${t(problem || made ? 'common.again' : 'common.yes_continue')}</button>`}`;
}


export function ExportDialog({ item, onClose, onDone }) {
  const { data: me } = useResource((options) =>
    api.get('/v1/me', {}, options), []);
  const [{ starting, made, job, problem }, start] = useExport(item, onDone);
  const stage = made ? stages[made.state] : 'asked';
  const running = job?.state === 'running';

  function close() {
    if (stage === 'running') {
      toast(t('audiences.export_goes_on'));
    }
    onClose();
  }

  return html`<${Dialog} title=${t(`audiences.export_title_${stage}`)}
    onClose=${close} footer=${html`<${Buttons} stage=${stage} made=${made}
      starting=${starting} problem=${problem} onStart=${start}
      onClose=${close} />`}>
    ${stage === 'asked' && html`<${Question} item=${item} me=${me} />`}
    ${stage === 'running' && !problem && html`<${Progress}
      label=${t('audiences.export_running')} value=${running ? job.progress : undefined}
      note=${running ? percent(job.progress) : t('audiences.export_waiting')} />
      <p class="quiet">${t('audiences.export_may_close')}</p>`}
    <div role="status">
      ${stage === 'ready' && html`<${Result} made=${made} me=${me} />`}
      ${['failed', 'over'].includes(stage) && html`<${Failed} made=${made} />`}
    </div>
    ${problem && html`<${ProblemNote} problem=${problem} />`}
  <//>`;
}
