// The mark of a live session, first-party: a time, which lets the next page know,
// without asking Zoom, whether there may be something to resume, and the record
// that the page then goes on reporting for. Zoom keeps a session recoverable for
// two minutes. It is the loader's to read
// and write, because the widget has less room.

import type { SessionRecord } from './proxy';

export type Mark = Partial<SessionRecord> & { at: number };

const KEY = 'cobrowse-live';
const RECOVERABLE = 120_000;

/** Uses the storage that fits: a session that follows to other tabs must be seen by them. */
function store<T>(multiTab: boolean | undefined, use: (s: Storage) => T): T | undefined {
  try {
    return use(multiTab ? localStorage : sessionStorage);
  } catch {
    return undefined; // forbidden here: a session ends with its page
  }
}

/** The mark of a session that was live within the last two minutes; an older one is removed. */
export function mayResume(multiTab: boolean | undefined): Mark | undefined {
  const mark = store(multiTab, (s) => JSON.parse(s.getItem(KEY)!) as Mark | null);
  if (!mark) return;
  const age = Date.now() - mark.at;
  if (age >= 0 && age < RECOVERABLE) return mark;
  remember(multiTab);
}

/** Notes that a session is live now, or that there is none. */
export const remember = (multiTab: boolean | undefined, record?: Partial<SessionRecord>): void =>
  store(multiTab, (s) => (record ? s.setItem(KEY, JSON.stringify({ ...record, at: Date.now() })) : s.removeItem(KEY)));
