// Zoom's SDK: its interface as far as Zoom documents it, and how it is loaded.
// Documentation and samples differ on the shape of payloads, so all of them
// are unknown here and read with care.

import { type Failure, fromNetwork } from './failure';
import type { Handoff } from './handoff';
import type { WidgetSettings } from './settings';
import { piiMask } from './mask';
import { Text } from './texts';

export interface ZoomSession {
  start(options: { sdkToken: string; customPinCode?: string | undefined }, done?: (result: unknown) => void): unknown;
  join(): unknown;
  end(): unknown;
  getSessionInfo(): unknown;
  on(event: string, listener: (payload?: unknown) => void): void;
}

type InitArgs = [settings: Record<string, unknown>, done: (result: unknown) => void];

interface ZoomSDK {
  init(...args: InitArgs): void;
}

declare global {
  interface Window {
    ZoomCobrowseSDK?: ZoomSDK;
    ZoomCobrowseSDKInitArgs?: InitArgs;
  }
}

const PATIENCE = 30_000;

/** Loads the SDK unless it is there, and initialises it. */
export function load(handoff: Handoff, settings: WidgetSettings): Promise<ZoomSession> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(fromNetwork(Text.blocked)), PATIENCE); // no matter, once there is a result
    const init: InitArgs = [
      initSettings(settings),
      (result) => {
        const { session } = Object(result) as { session?: ZoomSession };
        const problem = problemIn(result);
        if (session && !problem) resolve(session);
        else reject(problem || result);
      },
    ];
    const sdk = window.ZoomCobrowseSDK;
    // The site, or an earlier attempt, has brought it already.
    if (sdk && sdk !== stub) sdk.init(...init);
    else fetchSDK(handoff, init, reject);
  });
}

/** What a result says against itself. */
export function problemIn(result: unknown): unknown {
  const { success, error } = Object(result) as Record<string, unknown>;
  return error ?? (success === false && result);
}

/** The stub of Zoom's documented snippet: the SDK replays the arguments. */
const stub: ZoomSDK = {
  init: (...args) => {
    window.ZoomCobrowseSDKInitArgs = args;
  },
};

/** The request for the SDK that is under way, and whom its failure concerns. */
let pending: HTMLScriptElement | undefined;
let failed: (why: Failure) => void;

function fetchSDK(handoff: Handoff, init: InitArgs, fail: (why: Failure) => void): void {
  window.ZoomCobrowseSDK = stub;
  stub.init(...init);
  failed = fail;
  // A second request would only wait for the first one's answer, and run it twice.
  if (pending) return;
  const script = (pending = document.createElement('script'));
  script.nonce = handoff.nonce;
  script.src = handoff.sdk as string;
  // A policy, an extension, a firewall, a missing key, and an answer that is
  // not the SDK all look the same here.
  script.onload = script.onerror = () => {
    pending = undefined;
    if (window.ZoomCobrowseSDK !== stub) return;
    script.remove();
    delete window.ZoomCobrowseSDK;
    delete window.ZoomCobrowseSDKInitArgs;
    failed(fromNetwork(Text.blocked));
  };
  document.head.append(script);
}

function initSettings(settings: WidgetSettings): Record<string, unknown> {
  const mask = piiMask(settings.masks, location.pathname);
  return mask ? { ...settings.zoom, piiMask: mask } : settings.zoom;
}

/** Whether a session of an earlier page can be joined. */
export async function recoverable(session: ZoomSession): Promise<boolean> {
  try {
    const info = Object(await session.getSessionInfo()) as { sessionStatus?: unknown };
    return info.sessionStatus === 'session_recoverable';
  } catch {
    return false;
  }
}

/** The PIN in the payload of pincode_updated: at most 10 letters and digits. */
export function pinOf(payload: unknown): string {
  const { pincode, pinCode, pin } = Object(payload) as Record<string, unknown>;
  return /^[a-z0-9]{1,10}$/i.exec(String(pincode ?? pinCode ?? pin ?? ''))?.[0] ?? '';
}
