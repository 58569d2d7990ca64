// Light or dark: the system's, until a person chooses.

import { signal } from '@preact/signals';

export const themes = ['system', 'light', 'dark'];
export const theme = signal(localStorage.getItem('theme') ?? 'system');


export function setTheme(name) {
  theme.value = name;
  localStorage.setItem('theme', name);
  apply();
}


export function apply() {
  const { dataset } = document.documentElement;

  if (theme.peek() === 'system') {
    delete dataset.theme;
  } else {
    dataset.theme = theme.peek();
  }
}
