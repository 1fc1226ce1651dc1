package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

func TestListIsLive(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	p.skew = time.Hour // the server's clock counts, not this one
	tab := b.NewTab(t)
	openDesk(tab)
	shows(tab, "#empty", "Nobody is waiting")

	p.change(func(p *proxy) {
		threeWait(p)
		for i := range p.sessions {
			p.sessions[i].WaitingAt = p.sessions[i].WaitingAt.Add(p.skew)
		}
	})
	tab.Wait(list + " === 's1,s2,s3'")
	tab.Wait(text("#news") + " === '3 new customers wait'")
	if got := browsertest.Eval[string](tab, text("#count")); got != "3 waiting, 0 in session" {
		t.Errorf("the count says %q", got)
	}
	if got := browsertest.Eval[string](tab, "document.title"); got != "(3) Cobrowse desk" {
		t.Errorf("the title is %q", got)
	}
	for id, want := range map[string][]string{
		"s1": {"Ada Lovelace", "12:", "/pricing/enterprise", "Waiting"},
		"s2": {"Customer", "3:", "/checkout"},
		"s3": {"Grace Hopper", "0:", "C-20931 · /account/orders/1234"},
	} {
		said := browsertest.Eval[string](tab, row(id)+".textContent")
		for _, want := range want {
			if !strings.Contains(said, want) {
				t.Errorf("%s says %q, which lacks %q", id, said, want)
			}
		}
	}
	was := browsertest.Eval[string](tab, row("s3")+".querySelector('.time').textContent")
	tab.Wait(row("s3") + ".querySelector('.time').textContent !== " + fmt.Sprintf("%q", was)) // it ticks

	// A newcomer is told by name; who goes is seen for a moment, cannot be
	// clicked, and keeps the others where they are.
	browsertest.Eval[bool](tab, "("+row("s2")+".focus(), window.second = "+row("s2")+", true)")
	p.change(func(p *proxy) {
		p.sessions = append(p.sessions[1:], waits("s4", "Mary \u202eSomerville", "/maps", "1", -p.skew))
	})
	tab.Wait(list + " === 's2,s3,s4'")
	tab.Wait(text("#news") + ".startsWith('New customer waits: \\u2068Mary Somerville\\u2069, /maps')")
	gone := "document.querySelector('.gone .open')"
	if said := browsertest.Eval[string](tab, gone+".textContent"); !strings.Contains(said, "No longer waiting") {
		t.Errorf("who has gone says %q", said)
	}
	browsertest.Eval[bool](tab, "("+gone+".click(), true)")
	tab.Wait("!document.querySelector('.gone')")
	if !browsertest.Eval[bool](tab, "document.activeElement === second && second.isConnected") {
		t.Error("the focus moved with the list")
	}

	// The focus of one who goes passes to a neighbour.
	p.change(func(p *proxy) { p.sessions = p.sessions[1:] })
	tab.Wait("document.activeElement.dataset.session === 's3'")
	if got := p.asked("join"); len(got) != 0 {
		t.Errorf("joins: %q", got)
	}
	tab.Clean()
}

func TestListSaysWho(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	p.supervisor = true
	p.sessions[1].Claims = []person{{ID: "bob", Name: "Bob"}}
	p.sessions[2].State, p.sessions[2].ActiveAt = "active", time.Now()
	p.sessions[2].Claims, p.sessions[2].Mine = []person{agent, {ID: "eve"}}, true
	tab := b.NewTab(t)
	openDesk(tab)
	for id, want := range map[string]string{"s2": "Taken by Bob", "s3": "Yours, with you, eve"} {
		if said := browsertest.Eval[string](tab, row(id)+".textContent"); !strings.Contains(said, want) {
			t.Errorf("%s says %q, which lacks %q", id, said, want)
		}
	}
	if said := browsertest.Eval[string](tab, row("s3")+".textContent"); !strings.Contains(said, "In session") {
		t.Errorf("an active one says %q", said)
	}
	tab.Wait(text("#who") + ".endsWith(', supervisor')")
}

func TestSearch(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Click("document.querySelector('#search')")
	tab.Press("ADA & co")
	shows(tab, "#empty", "Nobody matches")
	if got := p.searched(); len(got) > 4 || !slices.Contains(got, "ADA & co") {
		t.Errorf("streams searched %q: each key one", got)
	}
	browsertest.Eval[bool](tab, "(document.querySelector('#search').select(), true)")
	tab.Press("20931")
	tab.Wait(list + " === 's3'")
	// The search is over when somebody was found.
	tab.Click(row("s3"))
	tab.Wait(ready)
	tab.Wait(list + " === 's1,s2,s3' && document.querySelector('#search').value === ''")
	// Whom another search hides has not gone.
	tab.Click("document.querySelector('#search')")
	tab.Press("ada")
	tab.Wait(list + " === 's1'")
	p.change(func(p *proxy) { p.sessions[0].Page = "/elsewhere" })
	shows(tab, "#list", "/elsewhere")
	if !browsertest.Eval[bool](tab, "document.querySelector('#bar-note').hidden") {
		t.Error("a session is said to have ended that a search has hidden")
	}
	tab.Clean()
}

func TestLongListIsCut(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	threeWait(p)
	p.limit = 2
	tab := b.NewTab(t)
	openDesk(tab)
	shows(tab, "#more", "2 of 3 are shown")
	// The open one may be beyond the end: that doesn't mean that it is over.
	joinPIN(tab, "K7P2M9QX")
	tab.Wait(ready)
	p.change(func(p *proxy) { p.sessions[0].Page = "/elsewhere" })
	shows(tab, "#list", "/elsewhere")
	if !browsertest.Eval[bool](tab, "document.querySelector('#bar-note').hidden") {
		t.Error("a session is said to have ended that is beyond the list's end")
	}
}

// TestHostileCustomers: what customers can write is text, stays in its place,
// and turns nothing around.
func TestHostileCustomers(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	names := []string{
		`<img src=x onerror="window.hacked=1">`, `"><script>window.hacked=1</script>`, "{{constructor}}",
		"\u202e\u2066gnp.exe", "\u05d3\u05d5\u05d3 \u05d1\u05df", strings.Repeat("W", 80), strings.Repeat("\u0489", 80), "a\nb\x00c",
	}
	for i, name := range names {
		c := waits(fmt.Sprint("h", i), name, "/"+name, fmt.Sprint(i), time.Minute)
		c.Customer.ID = name + "!"
		p.sessions = append(p.sessions, c)
	}
	p.supervisor = true
	for _, width := range []int64{400, 1280} {
		tab := b.NewTab(t)
		tab.Size(width, 760)
		openDesk(tab)
		tab.Screenshot(fmt.Sprint("desk-hostile-", width))
		for i, name := range names {
			tab.Click(row(fmt.Sprint("h", i)))
			if i > 0 {
				agree(tab)
			}
			tab.Wait("document.querySelector('[aria-current]')?.dataset.session === 'h" + fmt.Sprint(i) + "'")
			tab.Wait(ready)
			if strings.Contains(name, "<") && browsertest.Eval[string](tab, text("#name")) != name {
				t.Errorf("the name is not shown as it is: %q", name)
			}
			if i == 5 {
				tab.Screenshot(fmt.Sprint("desk-hostile-open-", width))
			}
			if over := browsertest.Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
				t.Errorf("with %q the page is %d px too wide", name, over)
			}
			if width == 400 {
				tab.Click("document.querySelector('#toggle')")
				drawn(tab)
			}
		}
		if browsertest.Eval[bool](tab, "'hacked' in window || !!document.querySelector('img, #list script') || /[\\u202e\\u2066]gnp/.test(document.body.textContent)") {
			t.Error("a customer's markup or direction got through")
		}
		tab.Clean()
	}
}

// TestManyCustomers: the page stays quick with 200 in the list. Its measure is
// what an update does to the document, not time.
func TestManyCustomers(t *testing.T) {
	p, _, b := start(t, desk.Settings{})
	for i := range 200 {
		p.sessions = append(p.sessions, waits(fmt.Sprintf("m%03d", i), fmt.Sprint("Customer ", i), "/p", "", time.Hour-time.Duration(i)*time.Second))
	}
	tab := b.NewTab(t)
	openDesk(tab)
	tab.Wait("document.querySelectorAll('[data-session]').length === 200")
	tab.Screenshot("desk-many")
	browsertest.Eval[bool](tab, `(window.changes = [], new MutationObserver((all) => changes.push(
		...all.filter((m) => m.type === 'childList' && m.target.id === 'list'))).observe(document.querySelector('#list'), {childList: true}), true)`)
	p.change(func(p *proxy) {
		p.sessions = append(p.sessions[1:], waits("new", "Newcomer", "/p", "", 0))
	})
	tab.Wait(row("new"))
	tab.Wait("!document.querySelector('.gone')")
	if n := browsertest.Eval[int](tab, "changes.length"); n != 2 {
		t.Errorf("one who came and one who went changed the list %d times", n)
	}
	took := browsertest.Eval[float64](tab, `(() => { const at = performance.now(); document.querySelector('#panel').getBoundingClientRect(); return performance.now() - at; })()`)
	t.Logf("a layout takes %.1f ms", took)
	tab.Clean()
}
