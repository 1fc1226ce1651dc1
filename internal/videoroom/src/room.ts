// The room: asks for its part, then loads Zoom's toolkit, asks for the camera, and
// joins. Each state is a card with words and what can be done next;
// in the call there is no card.

import { allowed } from './devices';
import { askFor, channelName, type Part } from './part';
import type { RoomSettings } from './settings';
import { choose, type Words } from './texts';
import { join, load, takeDown } from './toolkit';

declare const __COBROWSE_ROOM__: RoomSettings;
const settings = __COBROWSE_ROOM__;

/** How long nobody may answer before we say so. The room goes on asking. */
const UNANSWERED = 10_000;
/** How long loading may take before we say that it takes long: the toolkit has 6 MB. */
const SLOW = 20_000;
/** How long joining may take. The toolkit itself gives up after a minute. */
const PATIENCE = 75_000;

type Toolkit = Awaited<ReturnType<typeof load>>;
type Act = [label: string, act: () => void];

const $ = (id: string): HTMLElement => document.getElementById(id)!;
const { language, words } = choose();
const reload = (): void => location.reload();
const retry: Act = [words.retry, reload];

/** Shows a state. What can be done next gets the focus, or else the title takes it from a button that is gone. */
function show(state: string, [title, text]: Words, acts: Act[] = []): void {
  document.body.dataset['state'] = state;
  document.title = title;
  $('title').textContent = title;
  $('text').textContent = text;
  $('busy').hidden = acts.length > 0 || state === 'nowhere';
  const focused = $('acts').contains(document.activeElement);
  const buttons = acts.map(([label, act], i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = i ? '' : 'primary';
    button.textContent = label;
    button.onclick = act;
    return button;
  });
  $('acts').replaceChildren(...buttons);
  if (buttons[0]) buttons[0].focus();
  else if (focused) $('title').focus();
}

async function run(name: string): Promise<void> {
  show('waiting', words.waiting);
  const nobody = (): void => show('unanswered', words.unanswered, [retry]);
  const late = setTimeout(nobody, UNANSWERED);
  const part = await askFor(name, nobody);
  clearTimeout(late);
  show('loading', words.loading);
  const slow = setTimeout(() => show('slow', words.slow), SLOW);
  const toolkit = await load(settings.toolkit).catch(() => undefined);
  clearTimeout(slow);
  if (toolkit) await prepare(toolkit, part);
  else show('blocked', words.blocked, [retry]);
}

/** Asks for camera and microphone; without them one can join all the same. */
async function prepare(toolkit: Toolkit, part: Part): Promise<void> {
  show('asking', words.asking);
  if (await allowed()) return enter(toolkit, part);
  show('refused', words.refused, [
    [words.without, () => enter(toolkit, part)],
    [words.retry, () => void prepare(toolkit, part)],
  ]);
}

function enter(toolkit: Toolkit, part: Part): void {
  let over = false;
  const leave = (state: string, why: Words, act: Act): void => {
    if (over) return;
    over = true;
    clearTimeout(patience);
    void takeDown(toolkit);
    show(state, why, [act]);
  };
  const failed = (): void => {
    if (document.body.dataset['state'] !== 'call') leave('failed', words.failed, retry);
  };
  const patience = setTimeout(failed, PATIENCE);
  show('joining', words.joining);
  join(toolkit, $('call'), part, {
    failed,
    joined() {
      if (over) return;
      clearTimeout(patience);
      document.body.dataset['state'] = 'call';
      document.title = words.call;
    },
    closed: () => leave('ended', words.ended, [words.again, reload]),
  });
}

document.documentElement.lang = language;
const name = channelName();
if (name) void run(name);
else show('nowhere', words.nowhere);
