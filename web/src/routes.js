// Every page: its address, the folder of its texts, what it is loaded by.
// Those with an icon stand in the menu, named by common.menu_<texts>.

export const routes = [
  { path: '/sources', texts: 'sources', icon: 'file',
    load: () => import('./pages/sources/index.js') },
  { path: '/sources/:id', texts: 'sources',
    load: () => import('./pages/sources/index.js') },
  { path: '/build', texts: 'build', icon: 'filter',
    load: () => import('./pages/build/index.js') },
  { path: '/jobs', texts: 'jobs', icon: 'clock',
    load: () => import('./pages/jobs/index.js') },
];

export const home = '/sources';
