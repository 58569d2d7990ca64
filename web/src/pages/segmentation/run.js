// One run.

import { html } from '../../html.js';
import { t } from '../../language.js';
import { Page, useFieldTexts } from '../../ui/index.js';
import { Current } from './current.js';


export function Run({ id }) {
  useFieldTexts();

  return html`<${Page} title=${t('segmentation.one')}
    back=${{ href: '/segmentation', label: t('segmentation.title') }}>
    <${Current} id=${id} alone />
  <//>`;
}
