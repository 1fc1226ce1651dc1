// What an agent reads when something is refused.

import type { Refusal } from './api';

export const SIGNED_OUT = 'Your sign-in has ended. Sign in again to see customers; a session that is open here goes on until then.';

/** Why a customer could not be joined, left or ended, in plain words. */
export function explain(refusal: Refusal): string {
  switch (refusal.code) {
    case 'pin-refused':
      // The same for a wrong, a stale and a taken one: who guesses learns nothing.
      return 'No waiting customer has this PIN. Ask the customer to read it again, or to start again.';
    case 'bad-request':
      return 'The proxy does not take this for a PIN. Ask the customer to read it again.';
    case 'not-found':
      return 'This customer is no longer waiting.';
    case 'claimed':
      return 'A colleague has taken this customer.';
    case 'no-pin':
      return 'The customer has no PIN yet.';
    case 'over':
      return 'This session has ended.';
    case 'not-claimed':
      return 'This session is no longer yours. Join it again first.';
    case 'not-supervisor':
      return 'Only supervisors can end a session.';
    case 'not-configured':
      return 'The desk is no longer open: the proxy is not told who the agents are. Tell whoever runs this site.';
    case 'origin':
      return 'The proxy does not know this address as its own. Open the desk by its usual address, or tell whoever runs this site.';
  }
  if (refusal.signedOut) return 'Your sign-in has ended.';
  switch (refusal.status) {
    case 403:
      return 'The proxy does not let you do this. Reload the page to sign in again.';
    case 404:
      return 'This customer is no longer waiting.';
    case 429:
      return 'Too many attempts.';
    case 503:
      return refusal.detail || 'Not possible at the moment.';
    case 0:
      return navigator.onLine
        ? 'The site does not answer. Check your connection, then try again.'
        : 'You are offline. Check your connection, then try again.';
  }
  return `The proxy answered with error ${refusal.status}. Tell whoever runs this site if it goes on.`;
}

/** What became of an offer of video. Customers' pages report, and so ask, every 20 seconds. */
export function videoNews(video: string | undefined, state: string): string {
  switch (video) {
    case 'shown':
      return 'The customer now has a button to join your video call.';
    case 'offered':
      return state === 'active'
        ? 'The customer gets a button to join your video call within 20 seconds.'
        : 'The customer gets a button to join your video call once you are in the session: type the PIN below.';
  }
  return '';
}

export const TAB_BLOCKED = 'The browser has blocked the new tab. Allow pop-ups for this site, and try again.';

/** Why there is no list. */
export function lost(refusal: Refusal): string {
  switch (refusal.status) {
    case 0:
      return navigator.onLine ? 'Connection lost, trying again' : 'You are offline';
    case 429:
      return `Too many connections, trying again in ${refusal.wait || 'a few'} s`;
    case 403:
      return explain(refusal);
  }
  return 'The list is not available, trying again';
}

export interface Words {
  title: string;
  text: string;
}

export const LOADING: Words = { title: 'Opening the session', text: "Loading Zoom's desk." };

export const BLOCKED: Words = {
  title: "Zoom's desk was blocked",
  text: 'A policy of this browser or network does not let it in.',
};

export const SLOW: Words = {
  title: "Zoom's desk takes long to load",
  text: 'The network may be slow, or a filter or a browser extension may be blocking it.',
};
