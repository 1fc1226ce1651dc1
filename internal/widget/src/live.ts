// The mark of a live session: first-party, holding nothing but a time. It lets
// the next page know, without asking Zoom, whether there may be something to
// resume. Zoom keeps a session recoverable for two minutes.

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

/** Whether a session was live within the last two minutes. */
export function mayResume(multiTab: boolean | undefined): boolean {
  const age = Date.now() - Number(store(multiTab, (s) => s.getItem(KEY)));
  return age >= 0 && age < RECOVERABLE;
}

/** Notes that a session is live now. */
export const beat = (multiTab: boolean | undefined): void => store(multiTab, (s) => s.setItem(KEY, String(Date.now())));

/** Notes that there is no session. */
export const forget = (multiTab: boolean | undefined): void => store(multiTab, (s) => s.removeItem(KEY));
