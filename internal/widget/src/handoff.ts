// What the loader hands to the widget: a property of the widget's own script
// element, so that neither needs a global name. The loader of a page may be
// older than the widget (pages and loaders are cached, and an old widget URL answers
// today's widget), so members are only ever added.

/** A string, or what a Trusted Types policy made of it. */
export type ScriptURL = string | object;

export interface Handoff {
  /** URL of the folder that holds our files and endpoints, with a slash. */
  base: string;
  /** The page's script nonce, or empty. */
  nonce: string;
  /** Zoom's SDK, ready for a script's src under Trusted Types. */
  sdk: ScriptURL;
  /** Whether this window is (still) the one to show the button. */
  chosen: () => boolean;
}

export type Carrier = HTMLScriptElement & { cobrowse?: Handoff };

/** The widget's custom element. */
export const TAG = 'cobrowse-help';
