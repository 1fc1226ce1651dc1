package browsertest

import (
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// webDriverKeys turns chromedp's names of keys that write nothing into the code
// points by which WebDriver knows them (WebDriver, "Keyboard actions").
var webDriverKeys = strings.NewReplacer(
	kb.Backspace, "\uE003", kb.Tab, "\uE004", kb.Enter, "\uE007", kb.Escape, "\uE00C",
	kb.PageUp, "\uE00E", kb.PageDown, "\uE00F", kb.End, "\uE010", kb.Home, "\uE011",
	kb.ArrowLeft, "\uE012", kb.ArrowUp, "\uE013", kb.ArrowRight, "\uE014", kb.ArrowDown, "\uE015",
	kb.Delete, "\uE017",
)

// webDriverModifiers are the keys to hold down for chromedp's modifiers.
var webDriverModifiers = []struct {
	bit chromedp.Modifier
	key string
}{
	{chromedp.ModifierShift, "\uE008"},
	{chromedp.ModifierCtrl, "\uE009"},
	{chromedp.ModifierAlt, "\uE00A"},
	{chromedp.ModifierMeta, "\uE03D"},
}

// keyActions are WebDriver's actions for pressing keys one after the other with
// modifiers held down.
func keyActions(keys string, modifiers []chromedp.Modifier) map[string]any {
	var actions, after []any
	act := func(kind, key string) map[string]any { return map[string]any{"type": kind, "value": key} }
	for _, held := range modifiers {
		for _, m := range webDriverModifiers {
			if held&m.bit != 0 {
				actions = append(actions, act("keyDown", m.key))
				after = append(after, act("keyUp", m.key))
			}
		}
	}
	for _, r := range webDriverKeys.Replace(keys) {
		actions = append(actions, act("keyDown", string(r)), act("keyUp", string(r)))
	}
	return map[string]any{"type": "key", "actions": append(actions, after...)}
}

// pointerActions are WebDriver's actions for pressing the mouse at the first
// point, moving it along the others, and letting go.
func pointerActions(path ...Point) map[string]any {
	move := func(at Point) map[string]any {
		return map[string]any{"type": "pointerMove", "x": int(at.X), "y": int(at.Y)}
	}
	actions := []any{move(path[0]), map[string]any{"type": "pointerDown", "button": 0}}
	for _, at := range path[1:] {
		actions = append(actions, move(at))
	}
	actions = append(actions, map[string]any{"type": "pointerUp", "button": 0})
	return map[string]any{"type": "pointer", "actions": actions, "parameters": map[string]any{"pointerType": "mouse"}}
}

// wheelActions are WebDriver's actions for turning the wheel, by whole pixels.
func wheelActions(at, by Point) map[string]any {
	return map[string]any{"type": "wheel", "actions": []any{map[string]any{
		"type": "scroll", "x": int(at.X), "y": int(at.Y), "deltaX": int(by.X), "deltaY": int(by.Y),
	}}}
}
