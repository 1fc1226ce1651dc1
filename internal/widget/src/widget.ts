// The widget: the help button, its panel, and the customer's session.

import { TAG, type Carrier, type Handoff } from './handoff';
import { makeHost } from './host';
import { makePanel, type Panel } from './panel';
import { makeSession } from './session';
import type { Shortcut, WidgetSettings } from './settings';

declare const __COBROWSE_WIDGET__: WidgetSettings;
const settings = __COBROWSE_WIDGET__;

const handoff = (document.currentScript as Carrier | null)?.cobrowse;
if (handoff && !customElements.get(TAG)) run(handoff);

function run(handoff: Handoff): void {
  const host = makeHost(settings);
  const session = makeSession(handoff, settings, (news) => panel.draw(news));
  const panel = makePanel(host.root, session, settings);
  host.show(handoff.chosen());
  if (window.top !== window) {
    // Another frame may have become the largest one; a session stays where it is.
    addEventListener('resize', () => host.show(session.state.sharing || handoff.chosen()));
  }
  listen(panel);
  session.begin();
}

/** The ways to open the panel other than the button. */
function listen(panel: Panel): void {
  document.addEventListener('cobrowse:open', panel.open);
  const { attach, shortcut } = settings;
  if (attach) {
    document.addEventListener('click', (e) => {
      if (!within(e.target, attach)) return;
      e.preventDefault();
      panel.open();
    });
  }
  if (shortcut) {
    document.addEventListener('keydown', (e) => {
      if (!pressed(e, shortcut)) return;
      e.preventDefault();
      panel.toggle();
    });
  }
}

function within(target: EventTarget | null, selector: string): boolean {
  try {
    return (target as Element).closest(selector) !== null;
  } catch {
    return false; // the operator's selector is none, or the target no element
  }
}

function pressed(e: KeyboardEvent, s: Shortcut): boolean {
  const held = e.ctrlKey === s.ctrl && e.altKey === s.alt && e.shiftKey === s.shift && e.metaKey === s.meta;
  // With Alt, some keyboards type another character: then the key's place counts.
  return held && !e.isComposing && (e.key.toLowerCase() === s.key || e.code.toLowerCase() === 'key' + s.key);
}
