// What is around every page: menu, language, theme, notes about the server, the
// page itself, which is loaded when it is asked for.

import { Component } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from './html.js';
import { choose, language, languages, loadTexts, t } from './language.js';
import { place, match } from './router.js';
import { home, routes } from './routes.js';
import { setTheme, theme, themes } from './theme.js';
import { Icon } from './ui/icon.js';
import { Announcer } from './ui/announce.js';
import { Note } from './ui/note.js';
import { Skeleton } from './ui/skeleton.js';
import { Toasts } from './ui/toast.js';
import { noteAnswer, recoveries, session, trouble } from './api.js';


function find(path) {
  for (const route of routes) {
    const found = match(route.path, path);

    if (found) {
      return { route, found };
    }
  }
  return {};
}


function isUnder(path, route) {
  return path === route.path || path.startsWith(`${route.path}/`);
}


function Menu({ path }) {
  const at = find(path).route?.under ?? path;

  return html`<ul class="menu">
    ${routes.filter((route) => route.icon).map((route) => html`
      <li key=${route.path}>
        <a href=${route.path}
          aria-current=${isUnder(at, route) ? 'page' : undefined}>
          <${Icon} name=${route.icon} />
          <span>${t(`common.menu_${route.texts}`)}</span>
        </a>
      </li>`)}
  </ul>`;
}


function Choices() {
  const failed = () => {};      // the choice is kept here, whatever the server says

  return html`<div class="choices">
    <label>
      <span class="quiet">${t('common.language')}</span>
      <select name="language" value=${language.value}
        onChange=${(event) => choose(event.target.value).catch(failed)}>
        ${Object.entries(languages).map(([tag, name]) => html`
          <option key=${tag} value=${tag} lang=${tag}>${name}</option>`)}
      </select>
    </label>
    <label>
      <span class="quiet">${t('common.theme')}</span>
      <select name="theme" value=${theme.value}
        onChange=${(event) => setTheme(event.target.value)}>
        ${themes.map((name) => html`
          <option key=${name} value=${name}>${t(`common.theme_${name}`)}</option>`)}
      </select>
    </label>
  </div>`;
}


// Open beside the page on wide windows; a button opens it on narrow ones.
function Side() {
  const [open, setOpen] = useState(false);
  const { path, moves } = place.value;

  useEffect(() => setOpen(false), [moves]);

  return html`<header class=${open ? 'side open' : 'side'}>
    <div class="side-top">
      <a class="brand" href=${home}>
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span>${t('common.brand')}</span>
      </a>
      <button type="button" class="side-switch icon-button"
        aria-expanded=${open} aria-controls="side"
        aria-label=${t('common.menu')} onClick=${() => setOpen(!open)}>
        <${Icon} name=${open ? 'close' : 'menu'} />
      </button>
    </div>
    <div class="side-body" id="side">
      <nav aria-label=${t('common.menu')}><${Menu} path=${path} /></nav>
      <${Choices} />
    </div>
  </header>`;
}


// What goes wrong inside a page ends the page and not the rest.
class Boundary extends Component {
  constructor() {
    super();
    this.state = { error: null };
  }

  componentDidCatch(error) {
    console.error(error);
    this.setState({ error });
  }

  componentWillReceiveProps(next) {
    if (next.moves !== this.props.moves) {
      this.setState({ error: null });
    }
  }

  render({ children }, { error }) {
    return error ? html`<${Failure} />` : children;
  }
}


function Failure() {
  return html`<div class="card" role="alert">
    <h1 tabindex="-1">${t('common.failure')}</h1>
    <p>${t('common.failure_text')}</p>
    <button type="button" onClick=${() => location.reload()}>
      ${t('common.reload')}</button>
  </div>`;
}


function Unknown() {
  return html`<div class="card">
    <h1 tabindex="-1">${t('common.unknown')}</h1>
    <p>${t('common.unknown_text')}</p>
    <p><a href=${home}>${t('common.unknown_back')}</a></p>
  </div>`;
}


function Trouble() {
  if (!session.value) {
    return html`<${Note} kind="bad" role="alert" action=${t('common.log_in')}
      onAction=${() => location.reload()}>${t('common.expired')}<//>`;
  }
  return trouble.value && html`<${Note} kind="warn" role="status">
    ${t(`common.trouble_${trouble.value}`)}<//>`;
}


// What is loaded later is named by its content, and gone once newer pages have
// taken the place of these: then all of it is loaded anew, once, and true is
// given.  Where nothing answers at all, that is looked after (api.js).
async function loadAnew() {
  const before = Number(sessionStorage.getItem('loaded-anew') ?? 0);
  const answer = await fetch('/', { method: 'HEAD' }).catch(() => null);

  if (!answer) {
    noteAnswer(0);
  } else if (answer.ok && Date.now() - before > 60_000) {
    sessionStorage.setItem('loaded-anew', String(Date.now()));
    location.reload();
    return true;
  }
  return false;
}


// The page of an address, with its texts, once both are there.
function usePage(path) {
  const [loaded, setLoaded] = useState({});
  const { route, found } = find(path);

  useEffect(() => {
    let over = false;

    if (route) {
      Promise.all([route.load(), loadTexts(route.texts)])
        .then(([{ default: view }]) => over || setLoaded({ route, view }))
        .catch(async (error) => {
          if (!over && !(await loadAnew())) {
            setLoaded({ route, error });
          }
        });
    }
    return () => { over = true; };
  }, [route]);

  // What could not be loaded is not asked for again by every browser.
  useEffect(() => {
    if (loaded.error) {
      location.reload();
    }
  }, [recoveries.value]);

  return { route, found, ready: loaded.route === route ? loaded : {} };
}


function Page() {
  const { path, moves } = place.value;
  const { route, found, ready } = usePage(path);
  const main = useRef(null);
  const shown = ready.view;

  // Whoever followed a link hears, and is at, the new page's heading.
  useEffect(() => {
    const heading = moves > 0 && shown && main.current?.querySelector('h1');

    if (heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
  }, [moves, shown]);

  return html`<main id="main" ref=${main} tabindex="-1">
    <${Trouble} />
    <${Boundary} moves=${moves}>
      ${!route ? html`<${Unknown} />`
        : ready.error && !trouble.value ? html`<${Failure} />`
          : shown ? html`<${shown} key=${path} ...${found} />`
            : html`<${Skeleton} lines="6" />`}
    <//>
  </main>`;
}


export function Shell() {
  return html`
    <a class="skip" href="#main">${t('common.skip')}</a>
    <${Side} />
    <${Page} />
    <${Toasts} />
    <${Announcer} />`;
}


if (location.pathname === '/') {
  history.replaceState(null, '', home);
  place.value = { ...place.peek(), path: home };
}
