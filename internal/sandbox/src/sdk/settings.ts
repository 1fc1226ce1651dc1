// The settings of ZoomCobrowseSDK.init, as Zoom documents them, read with care:
// they come from other people's pages. Unknown ones are ignored.

import type { SessionSettings } from '../shared/protocol';

export interface Settings extends SessionSettings {
  mask: MaskSettings;
  /** Ask before the customer stops an agent's scrolling. */
  confirmStop: boolean;
}

export interface MaskSettings {
  /** Every form field. */
  allInput: boolean;
  /** Selectors, comma-separated, as maskCssSelectors. */
  selectors: string;
  /** attr=value pairs, comma-separated, as maskHTMLAttributes. */
  attributes: string;
}

type Loose = Record<string, unknown>;
const object = (v: unknown): Loose => Object(v) as Loose;
const text = (v: unknown): string => (typeof v === 'string' ? v : '');

export function readSettings(raw: unknown): Settings {
  const s = object(raw);
  const assist = object(s['remoteAssist']);
  const kinds = assist['remoteAssistTypes'];
  const mask = object(s['piiMask']);
  return {
    agentDraw: s['allowAgentAnnotation'] !== false,
    customerDraw: s['allowCustomerAnnotation'] !== false,
    // Zoom's default types are not documented; scroll_page is the one that is.
    assist: assist['enable'] === true && (!Array.isArray(kinds) || kinds.includes('scroll_page')),
    consent: assist['enableCustomerConsent'] !== false,
    confirmStop: assist['requireStopConfirmation'] === true,
    multiTab: object(s['multiTabSessionPersistence'])['enable'] === true,
    mask: {
      allInput: mask['maskType'] === 'all_input',
      selectors: text(mask['maskCssSelectors']),
      attributes: text(mask['maskHTMLAttributes']),
    },
  };
}
