// What can go wrong, in words that help a customer. Codes are Zoom's; those
// that a customer would act on alike share their words, and the code is shown
// beside them for whoever the customer tells it.

import type { Text } from './texts';

/** The explanations among the texts. */
export type Cause = Extract<
  Text,
  'blocked' | 'network' | 'refused' | 'many' | 'unavailable' | 'rejected' | 'busy' | 'twice' | 'full' | 'unknown'
>;

/** A reason to stop, thrown. Its code is Zoom's or an HTTP status. */
export class Failure {
  constructor(
    readonly cause: Cause,
    readonly code = '',
  ) {}
}

/** Zoom's codes by what they mean to a customer; all others are unknown. */
const CODES: readonly (readonly [Cause, readonly string[]])[] = [
  ['busy', ['1002', '1017']],
  ['twice', ['1004', '1015']],
  ['full', ['1012', '1013']],
  ['network', ['1016']],
  ['rejected', ['1001', '1006', '1008', '1009', '1010', '1011', '2001']],
];

/** The code in whatever Zoom's SDK calls an error. */
export function codeOf(e: unknown): string {
  const { code, errorCode, error } = Object(e) as Record<string, unknown>;
  const found = code ?? errorCode ?? (error ? codeOf(error) : e);
  return /^\w{1,12}$/.test(String(found)) ? String(found) : '';
}

/** The failure that an error of Zoom's SDK means. */
export function fromZoom(e: unknown): Failure {
  if (e instanceof Failure) return e;
  const code = codeOf(e);
  return new Failure(CODES.find(([, codes]) => codes.includes(code))?.[0] ?? 'unknown', code);
}

/** The failure that a status of our token endpoint means. */
export const fromStatus = (status: number): Failure =>
  new Failure(status === 401 || status === 403 ? 'refused' : status === 429 ? 'many' : 'unavailable', String(status));

/** The failure that a connection that never was means. */
export const fromNetwork = (cause: Cause): Failure => new Failure(navigator.onLine ? cause : 'network');
