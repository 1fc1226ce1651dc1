// The sandbox's stand-in for Zoom's Video SDK UI Toolkit for web:
// window.UIToolkit, as videosdk-ui-toolkit.min.umd.js defines it. Written from
// Zoom's documentation, not from its code.

import { Toolkit } from './toolkit/toolkit';

/** The service's address: what is before Zoom's path in our own. */
function serviceBase(): string {
  const marker = '/uitoolkit/';
  const own = (document.currentScript as HTMLScriptElement | null)?.src;
  const src = own ?? document.querySelector<HTMLScriptElement>(`script[src*="${marker}"]`)?.src ?? '';
  return src.slice(0, Math.max(0, src.lastIndexOf(marker)));
}

(window as { UIToolkit?: unknown }).UIToolkit = new Toolkit(serviceBase()).face();
