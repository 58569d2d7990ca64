// Every page: its address, the folder of its texts, what it is loaded by.
// Those with an icon stand in the menu, named by common.menu_<texts>, where the
// others are at home in the one of their path's begin, or `under`.

export const routes = [
  { path: '/sources', texts: 'sources', icon: 'file',
    load: () => import('./pages/sources/index.js') },
  { path: '/sources/:id', texts: 'sources',
    load: () => import('./pages/sources/index.js') },
  { path: '/build', texts: 'build', icon: 'filter',
    load: () => import('./pages/build/index.js') },
  { path: '/segmentation', texts: 'segmentation', icon: 'spark',
    load: () => import('./pages/segmentation/index.js') },
  { path: '/segmentation/:id', texts: 'segmentation',
    load: () => import('./pages/segmentation/index.js') },
  { path: '/audiences', texts: 'audiences', icon: 'audience',
    load: () => import('./pages/audiences/index.js') },
  { path: '/audiences/:id', texts: 'audiences',
    load: () => import('./pages/audiences/index.js') },
  { path: '/people', texts: 'people', icon: 'person',
    load: () => import('./pages/people/index.js') },
  { path: '/people/:id', texts: 'people',
    load: () => import('./pages/people/index.js') },
  { path: '/labels', texts: 'labels', under: '/people',
    load: () => import('./pages/labels/index.js') },
  { path: '/rules', texts: 'people', under: '/people',
    load: () => import('./pages/rules/index.js') },
  { path: '/erasures', texts: 'people', under: '/people',
    load: () => import('./pages/erasures/index.js') },
  { path: '/jobs', texts: 'jobs', icon: 'clock',
    load: () => import('./pages/jobs/index.js') },
];

export const home = '/sources';
