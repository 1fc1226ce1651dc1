package caddymodule_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/caddytest"
	"go.uber.org/goleak"
)

// idle loads a configuration that runs nothing but the admin API.
func idle(t testing.TB) {
	t.Helper()
	caddytest.NewTester(t).InitServer(fmt.Sprintf(`{"admin":{"listen":"localhost:%d"}}`, caddytest.Default.AdminPort), "json")
}

// checkLeaks fails the test if goroutines are left after everything that is
// registered with t.Cleanup later has run. Those of Caddy's admin API are new
// with each configuration.
func checkLeaks(t *testing.T) {
	t.Helper()
	idle(t)
	http.DefaultClient.CloseIdleConnections()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		idle(t)
		http.DefaultClient.CloseIdleConnections()
		// A server that is shut down waits five seconds for a connection on which
		// no request has come yet, which is longer than goleak does.
		var leak error
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
			leak = goleak.Find(before,
				goleak.IgnoreAnyFunction("github.com/caddyserver/caddy/v2.replaceLocalAdminServer.func2"),
				goleak.IgnoreAnyFunction("github.com/caddyserver/caddy/v2.stopAdminServer"),
			)
			if leak == nil {
				return
			}
		}
		t.Error(leak)
	})
}

// endless is an upstream of pages, a WebSocket, and a stream of events that ends
// with its request only.
var endless = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/events" {
		if r.Header.Get("Upgrade") != "" {
			echo(w, r)
			return
		}
		serveHTML(page).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		_, _ = fmt.Fprint(w, "data: tick\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-r.Context().Done():
			return
		}
	}
})

// TestReload reloads ten times while pages are asked for without pause, a stream
// of events is read and a WebSocket is used. Nothing may fail, counts go on, and
// no goroutine is left.
func TestReload(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Caddy")
	}
	checkLeaks(t)
	// The WebSocket has a proxy of its own, because a request that is served by
	// one with stream_close_delay while that is stopped is a data race in Caddy
	// 2.11.9: reverseproxy.Handler.prepareRequest copies the handler whose timer
	// Cleanup sets.
	const block = "header X-Generation %d\nencode\ncobrowse\nreverse_proxy /socket {up} {\n stream_close_delay 1h\n }\nreverse_proxy {up}"
	s := startSite(t, endless, fmt.Sprintf(block, 0))
	before := s.metric(`caddy_cobrowse_injections_total{result="injected",site="site"}`)

	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	events := readEvents(t, ctx, s)
	ws := dial(t, ctx, s)
	defer ws.CloseNow()
	load := startLoad(t, s)
	for generation := 1; generation <= 10; generation++ {
		s.reload(strings.Replace(s.block, "X-Generation 0", fmt.Sprintf("X-Generation %d", generation), 1))
		load.await(t, generation)
		say(t, ctx, ws, fmt.Sprintf("after reload %d", generation))
		for range 3 {
			if _, ok := <-events; !ok {
				t.Fatalf("reload %d ended the stream of events", generation)
			}
		}
	}
	pages := load.stop(t)
	if counted := s.metric(`caddy_cobrowse_injections_total{result="injected",site="site"}`) - before; counted != float64(pages) {
		t.Errorf("%d pages, but the metric grew by %v", pages, counted)
	}
	instances := decode[struct {
		Instances []struct {
			Handlers   int
			Injections map[string]uint64
		}
	}](t, s.adminGet("/cobrowse/status")).Instances
	if len(instances) != 1 || instances[0].Handlers != 1 || instances[0].Injections["injected"] != uint64(pages) {
		t.Errorf("%d pages, but the status is %+v", pages, instances)
	}
}

// readEvents reads the stream of events until ctx ends, or the stream does.
func readEvents(t testing.TB, ctx context.Context, s *site) <-chan struct{} {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url("/events"), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Dest", "empty")
	client := s.client()
	client.Timeout = 0
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer close(events)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if lines.Text() != "data: tick" {
				continue
			}
			select {
			case events <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = resp.Body.Close()
	})
	return events
}

// constantLoad asks for pages without pause.
type constantLoad struct {
	end        func()
	workers    sync.WaitGroup
	pages      atomic.Int64
	again      atomic.Int64 // requests that met a closing listener
	generation atomic.Int64 // the newest that was seen
	fault      atomic.Pointer[string]
}

func startLoad(t testing.TB, s *site) *constantLoad {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &constantLoad{}
	l.end = func() {
		cancel()
		l.workers.Wait()
	}
	t.Cleanup(l.end) // for a test that fails before it stops the load
	for range 4 {
		client := s.client()
		l.workers.Go(func() {
			for ctx.Err() == nil {
				l.one(s, client)
				time.Sleep(time.Millisecond) // leaves something to other programs
			}
		})
	}
	return l
}

// one asks for one page.
//
// A new connection that a server which is shut down has accepted, or has yet to
// accept, is closed without an answer: that is how net/http and Linux's
// SO_REUSEPORT end a listener, with any handler or none, and clients try again.
// What counts is that each request is answered, and correctly.
func (l *constantLoad) one(s *site, client *http.Client) {
	ask := func() (answer, error) {
		return s.try(client, http.MethodGet, "/konto", "", asDocument, "Accept-Encoding: identity")
	}
	got, err := ask()
	for range 3 {
		if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
			l.again.Add(1)
			got, err = ask()
		}
	}
	rest, _, ok := withoutTag(got.body)
	if err != nil || !ok || rest != page {
		fault := fmt.Sprintf("%v, status %d, body %q", err, got.status, got.body)
		l.fault.CompareAndSwap(nil, &fault)
	}
	l.pages.Add(1)
	var generation int64
	_, _ = fmt.Sscan(got.header.Get("X-Generation"), &generation)
	for {
		seen := l.generation.Load()
		if generation <= seen || l.generation.CompareAndSwap(seen, generation) {
			return
		}
	}
}

// await waits until a page of a generation was seen.
func (l *constantLoad) await(t testing.TB, generation int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); l.generation.Load() < int64(generation); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no page of generation %d", generation)
		}
	}
}

// stop ends the load and returns how many pages it was.
func (l *constantLoad) stop(t testing.TB) int64 {
	t.Helper()
	l.end()
	if fault := l.fault.Load(); fault != nil {
		t.Errorf("a request failed: %s", *fault)
	}
	t.Logf("%d pages, %d connections met a closing listener", l.pages.Load(), l.again.Load())
	return l.pages.Load()
}

// TestReloadFails shows that a refused configuration changes nothing, and leaves
// nothing behind.
func TestReloadFails(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Caddy")
	}
	checkLeaks(t)
	s := startSite(t, serveHTML(page), "cobrowse\nreverse_proxy {up}")
	s.get("/")
	before := s.adminGet("/cobrowse/status")
	for range 3 {
		s.refused("cobrowse {\n path no-slash\n }\nreverse_proxy {up}")
	}
	if after := s.adminGet("/cobrowse/status"); after != before {
		t.Errorf("status %s, before %s", after, before)
	}
	injected(t, s.get("/"), page)
}

// TestStatus covers the admin API's own manners.
func TestStatus(t *testing.T) {
	s := startSite(t, serveHTML(page), "cobrowse {\n load eager\n inject {\n dry_run\n }\n }\nreverse_proxy {up}")
	s.get("/")
	s.postToken("/_cobrowse/token", `{"role":1}`)
	s.postToken("/_cobrowse/token", `{"role":2}`)
	const want = `{"instances":[{"server":"srv0","path":"/_cobrowse","site":"site","provider":"zoom","zoom_host":"us01-zcb.zoom.us","sdk_version":"3.10.x","load":"eager","dry_run":true,` +
		`"handlers":1,"injections":{"dry-run":1},"tokens":{"agent":{"not-configured":1},"customer":{"minted":1}},` +
		`"sessions":{},"claims":{},"lockouts":{},"webhooks":{},"audit_faults":0}]}`
	if got := strings.TrimSpace(s.adminGet("/cobrowse/status")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	resp, err := http.Post(s.admin("/cobrowse/status"), "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %s, Allow %q", resp.Status, resp.Header.Get("Allow"))
	}
}

// TestMetrics shows the series and that two handlers count into the same ones.
func TestMetrics(t *testing.T) {
	s := startSite(t, serveHTML(page), `
	handle /a/* {
		cobrowse {
			load eager
		}
		reverse_proxy {up}
	}
	handle {
		cobrowse
		reverse_proxy {up}
	}`)
	const documents, scripts = `caddy_cobrowse_injections_total{result="injected",site="site"}`, `caddy_cobrowse_injections_total{result="not-a-document",site="site"}`
	const tokens = `caddy_cobrowse_tokens_total{result="minted",role="customer",site="site"}`
	before := [3]float64{s.metric(documents), s.metric(scripts), s.metric(tokens)}
	s.get("/a/1")
	s.get("/b/1")
	s.do(http.MethodGet, "/a.js", "", "Sec-Fetch-Dest: script")
	s.postToken("/_cobrowse/token", `{"role":1}`)
	after := [3]float64{s.metric(documents), s.metric(scripts), s.metric(tokens)}
	if after != [3]float64{before[0] + 2, before[1] + 1, before[2] + 1} {
		t.Errorf("before %v, after %v", before, after)
	}
}

// TestMetricsOutliveReload: every reload brings a new registry, and counters go
// on in it, under another configuration as well.
func TestMetricsOutliveReload(t *testing.T) {
	s := startSite(t, serveHTML(page), "cobrowse\nreverse_proxy {up}")
	series := []string{
		`caddy_cobrowse_injections_total{result="injected",site="site"}`,
		`caddy_cobrowse_injection_duration_seconds_count{method="inserted"}`,
		`caddy_cobrowse_tokens_total{result="minted",role="customer",site="site"}`,
		`caddy_cobrowse_store_duration_seconds_count{op="create"}`,
	}
	read := func() (values []float64) {
		for _, name := range series {
			values = append(values, s.metric(name))
		}
		return values
	}
	before := read()
	for i := range 4 {
		s.get("/")
		if got := s.postToken("/_cobrowse/sessions", `{"page":"/"}`); got.status != http.StatusCreated {
			t.Fatalf("session: %d %s", got.status, got.body)
		}
		for n, value := range read() {
			if value != before[n]+float64(i+1) {
				t.Errorf("after reload %d: %s is %v, was %v", i, series[n], value, before[n])
			}
		}
		s.reload(strings.Replace(s.block, "cobrowse", fmt.Sprintf("cobrowse {\n button {\n label %d\n }\n }", i), 1))
	}
}

// customer is the page of a customer who waits with a PIN.
type customer struct {
	s          *site
	ID, Ticket string
}

// waits begins a session and reports its PIN.
func (s *site) waits(pin string) customer {
	s.t.Helper()
	made := s.postToken("/_cobrowse/sessions", `{"page":"/"}`)
	if made.status != http.StatusCreated {
		s.t.Fatalf("session: %d %s", made.status, made.body)
	}
	c := decode[customer](s.t, made.body)
	c.s = s
	if state := c.report(`"event":"pincode_updated","pin":"` + pin + `"`); state != "waiting" {
		s.t.Fatalf("after the PIN: %s", state)
	}
	return c
}

// report returns where the session stands. A store that has forgotten it puts it
// back from the ticket, and says "created".
func (c customer) report(members string) string {
	c.s.t.Helper()
	got := c.s.postToken("/_cobrowse/sessions/"+c.ID+"/events", `{"ticket":"`+c.Ticket+`",`+members+`}`)
	if got.status != http.StatusOK {
		c.s.t.Fatalf("report: %d %s", got.status, got.body)
	}
	return decode[struct{ State string }](c.s.t, got.body).State
}

// comesSecond puts another site before this one, from the next load on. Caddy
// names servers by the order of their ports.
func (s *site) comesSecond() {
	s.t.Helper()
	for port := 20_000; port < s.port; port++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			s.global = fmt.Sprintf("}\nhttp://localhost:%d {\nrespond other", port)
			return
		}
	}
	s.t.Fatal("no port is free")
}

// TestReloadKeepsSessions changes the size of the store and then the order of the
// sites, and with it the names of Caddy's servers. The customer goes on waiting,
// and the new size counts.
func TestReloadKeepsSessions(t *testing.T) {
	s := startSite(t, serveHTML(page), "cobrowse {\n store memory {\n max_sessions 50\n }\n }\nrespond shop")
	c := s.waits("482913")
	server := func() string {
		return decode[struct{ Instances []struct{ Server string } }](t, s.adminGet("/cobrowse/status")).Instances[0].Server
	}
	heartbeat := func(step string) {
		t.Helper()
		if state := c.report(`"event":"heartbeat"`); state != "waiting" {
			t.Errorf("%s: the customer's session is %q", step, state)
		}
	}
	first := server()

	one := strings.Replace(s.block, "max_sessions 50", "max_sessions 1", 1)
	s.reload(one)
	heartbeat("max_sessions 1")
	if got := s.postToken("/_cobrowse/sessions", `{"page":"/"}`); got.status != http.StatusServiceUnavailable {
		t.Errorf("a second session of one: %d %s", got.status, got.body)
	}

	s.comesSecond()
	s.reload(one)
	if now := server(); now == first {
		t.Errorf("the server is still called %s, so that this shows nothing", now)
	}
	heartbeat("sites in another order")

	// What is refused changes nothing, and what is left out is the default.
	s.refused(strings.Replace(one, "max_sessions 1", "max_sessions 70\n }\n path no-slash\n limits {\n tokens 9 per 1m", 1))
	if got := s.postToken("/_cobrowse/sessions", `{"page":"/"}`); got.status != http.StatusServiceUnavailable {
		t.Errorf("after a refused configuration: %d %s", got.status, got.body)
	}
	s.reload("cobrowse\nrespond shop")
	heartbeat("no store named")
	s.waits("482914")
}
