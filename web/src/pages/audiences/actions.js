// What can be done to an audience, from the list and from its own page: export,
// rename, edit (manual ones), delete; each with its dialog.
//
//   <${Menu} items=${actionsOf(item, setAction)} />
//   <${Actions} action=${action} onClose=${() => setAction(null)}
//     onDone=${({ item, deleted }) => …} />

import { useEffect, useState } from 'preact/hooks';
import { html } from '../../html.js';
import { api } from '../../api.js';
import { number, t } from '../../language.js';
import { go } from '../../router.js';
import { Confirm, Note, toast } from '../../ui/index.js';
import { ExportDialog } from './export_dialog.js';
import { RenameDialog } from './rename_dialog.js';


export function actionsOf(item, onAction) {
  const one = (what, label, icon, more) =>
    ({ label, icon, onSelect: () => onAction({ what, item }), ...more });

  return [
    one('export', t('audiences.export'), 'download'),
    one('rename', t('audiences.rename'), 'pencil'),
    item.type === 'manual' && one('edit', t('audiences.edit'), 'filter',
      { onSelect: () => go(`/build?audience=${item.id}`) }),
    one('delete', t('audiences.delete'), 'trash', { danger: true }),
  ].filter(Boolean);
}


// The audiences that keep this one from being deleted, by their names.
function InUse({ problem }) {
  const [users, setUsers] = useState([]);

  useEffect(() => {
    Promise.all(problem.errors.filter(({ audience }) => audience)
      .map(({ audience }) => api.get(`/v1/audiences/${audience}`)
        .catch(() => null)))
      .then((found) => setUsers(found.filter(Boolean)));
  }, [problem]);

  return html`<${Note} kind="warn" role="alert">
    <p>${t('audiences.in_use')}</p>
    <ul>${users.map(({ id, name }) => html`<li key=${id}>
      <a href=${`/audiences/${id}`}>${name}</a></li>`)}</ul>
  <//>`;
}


function DeleteDialog({ item, onClose, onDone }) {
  async function remove() {
    await api.delete(`/v1/audiences/${item.id}`).catch((problem) => {
      // Where somebody else was quicker, what was wanted is so.
      if (problem.status !== 404) {
        throw problem;
      }
    });
    toast(t('audiences.deleted', { name: item.name }));
    onDone({ item, deleted: true });
  }

  return html`<${Confirm} title=${t('audiences.delete_title')} danger
    yes=${t('audiences.delete_yes')} onYes=${remove} onClose=${onClose}
    explain=${(problem) => problem.slug === 'audience-in-use'
      && html`<${InUse} problem=${problem} />`}>
    <p>${t('audiences.delete_text', { name: item.name,
      size: number(item.count ?? 0) })}</p>
  <//>`;
}


const dialogs = { export: ExportDialog, rename: RenameDialog,
  delete: DeleteDialog };


export function Actions({ action, onClose, onDone }) {
  const shown = action && dialogs[action.what];

  return shown ? html`<${shown} key=${`${action.what} ${action.item.id}`}
    item=${action.item} onClose=${onClose} onDone=${onDone} />` : null;
}
