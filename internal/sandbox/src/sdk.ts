// The sandbox's stand-in for Zoom's customer SDK: window.ZoomCobrowseSDK.init,
// which replays the arguments that a stub has kept, and the agents' SDK.
// Written from Zoom's documentation, not from its code.

import { agentSDK } from './sdk/agent';
import { Session } from './sdk/session';
import { readSettings } from './sdk/settings';

declare const __COBROWSE_SANDBOX__: { pinField: string };

type Done = (result: Record<string, unknown>) => void;
type Init = (settings?: unknown, done?: Done) => void;

interface Globals {
  ZoomCobrowseSDK?: unknown;
  ZoomCobrowseSDKInitArgs?: Parameters<Init> | undefined;
  ZoomCobrowseAgentSDK?: unknown;
}

/** The service's address: what is before Zoom's path in our own. */
function serviceBase(): string {
  const marker = '/static/resource/sdk/';
  const own = (document.currentScript as HTMLScriptElement | null)?.src;
  const src = own ?? document.querySelector<HTMLScriptElement>(`script[src*="${marker}"]`)?.src ?? '';
  return src.slice(0, Math.max(0, src.indexOf(marker)));
}

const base = serviceBase();
const { pinField } = __COBROWSE_SANDBOX__;
let session: Session | undefined;

const init: Init = (settings, done) => {
  try {
    session ??= new Session(base, readSettings(settings), pinField);
    done?.({ success: true, session: session.face() });
  } catch (e) {
    done?.({ success: false, error: { code: 9999, errorMsg: String(e) } });
  }
};

const globals = window as Globals;
const queued = globals.ZoomCobrowseSDKInitArgs;
globals.ZoomCobrowseSDK = { init };
globals.ZoomCobrowseAgentSDK = agentSDK(base);
if (queued) {
  globals.ZoomCobrowseSDKInitArgs = undefined;
  // As a script that loads later would: never within the caller's own task.
  queueMicrotask(() => init(...queued));
}
