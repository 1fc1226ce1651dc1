package sandbox_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

// clock is a script: now() in milliseconds of the wall clock, finer than
// Date.now, and the same in every process of the browser. The offset is
// greatest at the moment when Date.now ticks.
const clock = `window.now = (() => {
	let offset = -Infinity;
	for (const end = performance.now() + 30; performance.now() < end;) offset = Math.max(offset, Date.now() - performance.now());
	return () => performance.now() + offset;
})()`

// change is a script: changes a text, and returns when.
const change = `window.change = (text) => new Promise((done) => setTimeout(() => {
	const at = now();
	document.querySelector('#counter').textContent = text;
	done(at);
}, 0))`

// watch is a script: shown(text) returns when the agent's copy of the page
// held the text, and when the next picture of it had been made.
const watch = `window.shown = (() => {
	const page = ` + seenDocument + `, times = {}, waiting = {};
	const note = (text, at) => requestAnimationFrame(() => {
		const after = new MessageChannel();
		after.port1.onmessage = () => { times[text] ??= [at, now()]; waiting[text]?.(times[text]); };
		after.port2.postMessage(0);
	});
	new MutationObserver(() => note(page.querySelector('#counter').textContent, now()))
		.observe(page.querySelector('#counter'), {childList: true, characterData: true, subtree: true});
	return (text) => new Promise((done) => times[text] ? done(times[text]) : waiting[text] = done);
})()`

// seenDocument is an expression for the page as the agent sees it.
const seenDocument = `[...document.querySelectorAll('.replayer-wrapper iframe')].at(-1).contentDocument`

// BenchmarkChangeToScreen measures from a change of the customer's page to its
// copy at the agent's desk, and to the first picture with it, in a real
// Chromium, over TLS and WebSocket. Changes come one by one, at moments that have
// nothing to do with how the recorder batches them. The customer's and the
// agent's pages are processes of their own. An idle machine is the reader's to
// provide:
//
//	go test ./internal/sandbox -run '^$' -bench '^BenchmarkChangeToScreen$' -benchtime 300x
func BenchmarkChangeToScreen(b *testing.B) {
	w := newWorld(b, "{}", nil)
	customer := w.customer("/")
	pin := help(customer)
	desk := w.desk("agent", "Ann")
	join(desk, pin)
	desk.Wait(seen("#counter"))
	for tab, scripts := range map[*browsertest.Tab][]string{customer: {clock, change}, desk: {clock, watch}} {
		for _, script := range scripts {
			browsertest.Eval[bool](tab, "("+script+", true)")
		}
	}
	var copied, shown []float64
	for n := 0; b.Loop(); n++ {
		time.Sleep(time.Duration(50+rand.IntN(70)) * time.Millisecond)
		text := fmt.Sprintf("'change %d'", n)
		at := browsertest.Eval[float64](customer, "change("+text+")")
		times := browsertest.Eval[[]float64](desk, "shown("+text+")")
		copied, shown = append(copied, times[0]-at), append(shown, times[1]-at)
	}
	b.ReportMetric(0, "ns/op") // which is mostly the pauses
	for name, ms := range map[string][]float64{"copied": copied, "shown": shown} {
		slices.Sort(ms)
		for _, q := range []int{50, 95} {
			b.ReportMetric(ms[q*(len(ms)-1)/100], fmt.Sprintf("%s-p%d-ms", name, q))
		}
	}
}
