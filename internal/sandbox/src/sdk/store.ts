// What the next page must know to go on with a session. It lives in the tab's
// sessionStorage, and in localStorage too where other tabs may take part.

import { RECONNECT } from '../shared/protocol';

export interface Saved {
  id: string;
  /** Lets its holder resume the session. */
  secret: string;
  pin: string;
}

interface Stamped extends Saved {
  at: number;
}

const SESSION = '$$ZCB_SANDBOX_SESSION$$';
const BROWSER = '$$ZCB_SANDBOX_BROWSER$$';

/** Storage may be forbidden, full or absent; then nothing is remembered. */
function quietly<T>(f: () => T): T | undefined {
  try {
    return f();
  } catch {
    return undefined;
  }
}

const places = (multiTab: boolean): Storage[] =>
  [quietly(() => sessionStorage), multiTab ? quietly(() => localStorage) : undefined].filter((s) => s !== undefined);

export function save(s: Saved, multiTab: boolean): void {
  const text = JSON.stringify({ ...s, at: Date.now() });
  for (const p of places(multiTab)) quietly(() => p.setItem(SESSION, text));
}

/** The session of an earlier page, if it can still be joined. */
export function load(multiTab: boolean): Saved | undefined {
  for (const p of places(multiTab)) {
    const s = quietly(() => JSON.parse(p.getItem(SESSION) ?? 'null') as Stamped | null);
    if (s && typeof s.id === 'string' && Date.now() - s.at < RECONNECT) return { id: s.id, secret: s.secret, pin: s.pin };
  }
  return undefined;
}

export function forget(): void {
  for (const p of places(true)) quietly(() => p.removeItem(SESSION));
}

/** 128 random bits in hexadecimal. */
export const randomID = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');

/** Tells this browser from others on this site, or "" without storage. */
export function browserID(): string {
  return (
    quietly(() => {
      const known = localStorage.getItem(BROWSER);
      if (known) return known;
      const made = randomID();
      localStorage.setItem(BROWSER, made);
      return made;
    }) ?? ''
  );
}

/** What an agent's page must know to recover its session after a reload. */
export interface Credentials {
  sdkToken: string;
  pinCode: string;
}

const AGENT = '$$ZCB_SANDBOX_AGENT$$';

/** Keeps an agent's credentials in this tab, or forgets them. */
export function saveAgent(c: Credentials | undefined): void {
  quietly(() => (c ? sessionStorage.setItem(AGENT, JSON.stringify(c)) : sessionStorage.removeItem(AGENT)));
}

export function loadAgent(): Credentials | undefined {
  return quietly(() => (JSON.parse(sessionStorage.getItem(AGENT) ?? 'null') as Credentials | null) ?? undefined);
}
