// What an agent reads when the desk does not open.

import type { Refusal } from './token';

export interface Words {
  title: string;
  text: string;
  /** The button: ask again, or load the page again so that one can sign in. */
  action: 'Try again' | 'Reload page';
}

export function explain(refusal: Refusal): Words {
  const again = (title: string, text: string): Words => ({ title, text, action: 'Try again' });
  switch (refusal.status) {
    case 401:
    case 403:
      return { title: 'You are not signed in as an agent', text: 'Your sign-in may have ended. Reload the page to sign in.', action: 'Reload page' };
    case 429:
      return again('Too many attempts', 'Wait a minute, then try again.');
    case 503:
      return again('The desk is not available', 'The proxy cannot give access at the moment. Try again in a minute.');
    case 0:
      return navigator.onLine
        ? again('The site does not answer', 'The connection failed, or your sign-in has ended. If trying again does not help, reload the page.')
        : again('You are offline', 'Check your connection, then try again.');
    default:
      return again('The desk cannot be opened', `The proxy answered with error ${refusal.status}. Tell whoever runs this site if it goes on.`);
  }
}

export const BLOCKED: Words = {
  title: "Zoom's desk was blocked",
  text: 'A policy of this browser or network does not let it in.',
  action: 'Try again',
};

export const SLOW: Words = {
  title: "Zoom's desk takes long to load",
  text: 'The network may be slow, or a filter or a browser extension may be blocking it.',
  action: 'Try again',
};
