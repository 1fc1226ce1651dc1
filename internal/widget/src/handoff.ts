// What the loader hands to the widget: a property of the widget's own script
// element, so that neither needs a global name. The loader of a page may be
// older than the widget (pages and loaders are cached, and an old widget URL answers
// today's widget), so members are only ever added, and what was added is optional.

import type { Mark } from './live';
import type { SessionRecord } from './proxy';

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
  /** What is known of a session that may have to be resumed here. */
  mark?: Mark | undefined;
  /** Notes that a session is live now, with what the next page should know of it, or that there is none. */
  remember?: (record?: Partial<SessionRecord>) => void;
  /** Lets the video room of a session ask for its part, and returns what opens the room. */
  room?: (id: string, part: () => object | false | undefined) => () => void;
}

export type Carrier = HTMLScriptElement & { cobrowse?: Handoff };

/** The widget's custom element. */
export const TAG = 'cobrowse-help';
