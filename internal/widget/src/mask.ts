// Which mask counts on this page. Zoom takes it at init and never again, so a
// site that changes its path without loading a page keeps the first page's.

import type { MaskRule } from './settings';

/** The mask of the first rule whose paths match. */
export const piiMask = (rules: MaskRule[] | undefined, path: string): MaskRule['piiMask'] | undefined =>
  rules?.find((r) => new RegExp(r.paths, 'i').test(plain(path)))?.piiMask;

/** The path that the server sees: /%61ccount and //account are /account to it. */
function plain(path: string): string {
  try {
    path = decodeURIComponent(path);
  } catch {
    // not UTF-8: compared as it is
  }
  return path.replace(/\/+/g, '/');
}
