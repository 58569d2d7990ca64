// Rules by which people decided who is one person, and taking them back.

import { useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { followJob, hasEnded } from '../../events.js';
import { shortDateTime, t } from '../../language.js';
import { useList } from '../../resource.js';
import { Confirm, EmptyState, Page, Pager, ProblemNote, Skeleton, Table, fieldName,
  toast, useFieldTexts } from '../../ui/index.js';

const kinds = { phone: 'phoneNumber', email: 'email', taxDocument: 'taxDocument' };


function about(rule) {
  if (rule.type === 'blocked') {
    return `${fieldName(kinds[rule.kind])} ${rule.value}`;
  }
  return t('people.rule_records',
    { count: (rule.one?.length ?? 0) + (rule.other?.length ?? 0) });
}


function TakeBack({ rule, onChange }) {
  const [asking, setAsking] = useState(false);

  async function remove() {
    const gone = await api.delete(`/v1/resolution/rules/${rule.id}`);

    toast(t('people.rule_going'));
    followJob(gone.job, (job) => hasEnded(job) && onChange());
  }

  return html`<button type="button" class="quiet-button"
      onClick=${() => setAsking(true)}>${t('people.rule_remove')}</button>
    ${asking && html`<${Confirm} title=${t('people.rule_remove_title')}
      yes=${t('people.rule_remove_yes')} onYes=${remove}
      onClose=${() => setAsking(false)}>
      <p>${t('people.rule_remove_text')}</p><//>`}`;
}


export default function Rules() {
  const rules = useList('/v1/resolution/rules', {});

  useFieldTexts();

  return html`<${Page} title=${t('people.rules')} lead=${t('people.rules_lead')}
    back=${{ href: '/people', label: t('people.title') }}>
    <section class="card">
      ${rules.problem && html`<${ProblemNote} problem=${rules.problem}
        onRetry=${rules.reload} />`}
      ${!rules.items ? !rules.problem && html`<${Skeleton} />`
        : rules.items.length === 0
          ? html`<${EmptyState} icon="person" title=${t('people.no_rules')}>
              ${t('people.no_rules_text')}<//>`
          : html`<${Table} label=${t('people.rules')} rows=${rules.items} columns=${[
              { key: 'type', label: t('people.rule'), main: true,
                cell: (rule) => t(`people.rule_${rule.type}`) },
              { key: 'about', label: t('people.rule_about'), cell: about },
              { key: 'by', label: t('people.by'), cell: ({ by }) => by || '–' },
              { key: 'at', label: t('people.at'), cell: ({ at }) => shortDateTime(at) },
              { key: 'remove', label: t('people.rule_remove'), unlabelled: true,
                cell: (rule) => html`<${TakeBack} rule=${rule}
                  onChange=${rules.reload} />` },
            ]} />`}
      <${Pager} more=${rules.more} loading=${rules.loading} />
    </section>
  <//>`;
}
