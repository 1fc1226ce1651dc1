// The drawing tools' buttons, the same on both sides.

import { COLORS, type Pen } from './board';
import { h } from './dom';
import type { Tool } from './protocol';

const TOOLS: readonly (readonly [Tool, string])[] = [
  ['pen', 'Pen'],
  ['vanish', 'Vanishing pen'],
  ['rect', 'Rectangle'],
];

export interface PaletteActions {
  /** A tool was chosen, or put away. */
  tool(tool: Tool | undefined): void;
  undo(): void;
  clear(): void;
}

/** Makes the row of tools for a pen. */
export function palette(pen: Pen, actions: PaletteActions): HTMLElement {
  const tools = TOOLS.map(([tool, label]) => h('button', { type: 'button', class: 'tool', 'data-tool': tool, 'aria-pressed': 'false', click: () => choose(tool) }, label));
  const colors = COLORS.map((color, i) => {
    const b = h('button', { type: 'button', class: 'color', 'aria-label': `Colour ${i + 1}`, 'aria-pressed': String(i === 0), click: () => paint(color) });
    b.style.backgroundColor = color;
    return b;
  });
  function choose(tool: Tool): void {
    pen.tool = pen.tool === tool ? undefined : tool;
    for (const b of tools) b.setAttribute('aria-pressed', String(b.dataset['tool'] === pen.tool));
    actions.tool(pen.tool);
  }
  function paint(color: (typeof COLORS)[number]): void {
    pen.color = color;
    colors.forEach((b, i) => b.setAttribute('aria-pressed', String(COLORS[i] === color)));
  }
  return h(
    'div',
    { class: 'palette', role: 'toolbar', 'aria-label': 'Drawing' },
    ...tools,
    h('span', { class: 'colors' }, ...colors),
    h('button', { type: 'button', class: 'undo', click: actions.undo }, 'Undo'),
    h('button', { type: 'button', class: 'clear', click: actions.clear }, 'Clear'),
  );
}
