// What can go wrong, in words that help a customer. Codes are Zoom's; those
// that a customer would act on alike share their words, and the code is shown
// beside them for whoever the customer tells it.

import { Text } from './texts';

/** A reason to stop, thrown. Its code is Zoom's or an HTTP status. */
export class Failure {
  declare readonly cause: Text;
  declare readonly code: string;

  constructor(cause: Text, code = '') {
    Object.assign(this, { cause, code });
  }
}

/** Zoom's codes by what they mean to a customer; all others are unknown. */
const CODES: Record<string, Text> = {
  1001: Text.rejected,
  1002: Text.busy,
  1004: Text.twice,
  1006: Text.rejected,
  1008: Text.rejected,
  1009: Text.rejected,
  1010: Text.rejected,
  1011: Text.rejected,
  1012: Text.full,
  1013: Text.full,
  1015: Text.twice,
  1016: Text.network,
  1017: Text.busy,
  2001: Text.rejected,
};

/** The code in whatever Zoom's SDK calls an error. */
export function codeOf(e: unknown): string {
  const { code, errorCode, error } = Object(e) as Record<string, unknown>;
  const found = code ?? errorCode ?? (error ? codeOf(error) : e);
  return /^\w{1,12}$/.exec(String(found))?.[0] ?? '';
}

/** The failure that an error of Zoom's SDK means. */
export function fromZoom(e: unknown): Failure {
  if (e instanceof Failure) return e;
  const code = codeOf(e);
  return new Failure(CODES[code] ?? Text.unknown, code);
}

/** The failure that a status of our endpoint means. */
export const fromStatus = (status: number): Failure =>
  new Failure(status === 401 || status === 403 ? Text.refused : status === 429 ? Text.many : Text.unavailable, String(status));

/** The failure that a connection that never was means. */
export const fromNetwork = (cause: Text): Failure => new Failure(navigator.onLine ? cause : Text.network);
