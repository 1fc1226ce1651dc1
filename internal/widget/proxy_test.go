package widget_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy is the proxy as a customer's page knows it: it makes records, and
// takes reports of them in the states that package session has.
type proxy struct {
	// create may answer a creation otherwise than the proxy does, by returning true.
	create func(http.ResponseWriter) bool
	// pin is one of the proxy's own making, heartbeat its wish in seconds.
	pin       string
	heartbeat int
	// answer may answer a report otherwise than the state says, by returning
	// true. It is called outside the lock.
	answer func(http.ResponseWriter, report) bool

	mu        sync.Mutex
	video     string // the part that answers have while a session is active, as JSON
	creations []creation
	states    map[string]string
	reports   []report
	inFlight  int
	// overlap is set once two reports were under way at a time.
	overlap bool
}

type creation struct {
	Body, ContentType, FetchSite, Cookie string
}

// report is one that arrived, answered or not.
type report struct {
	id, ticket             string
	Event, PIN, Page, Code string
	contentType            string
}

func (r report) String() string {
	return strings.Join(strings.Fields(strings.Join([]string{r.Event, r.PIN, r.Code, r.Page}, " ")), " ")
}

func (p *proxy) serveCreate(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.creations = append(p.creations, creation{
		r.Method + " " + string(body), r.Header.Get("Content-Type"), r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Cookie"),
	})
	id := "session" + strconv.Itoa(len(p.creations))
	p.set(id, "created")
	p.mu.Unlock()
	if p.create != nil && p.create(w) {
		return
	}
	answer := map[string]any{
		"id": id, "ticket": "ticket-of-" + id, "token": "customer-token", "sdkToken": "customer-token", "state": "created", "heartbeat": 20,
	}
	if p.pin != "" {
		answer["pin"] = p.pin
	}
	if p.heartbeat != 0 {
		answer["heartbeat"] = p.heartbeat
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(answer)
}

func (p *proxy) serveEvent(w http.ResponseWriter, r *http.Request, id string) {
	var body struct{ Ticket, Event, PIN, Page, Code string }
	_ = json.NewDecoder(r.Body).Decode(&body)
	got := report{id, body.Ticket, body.Event, body.PIN, body.Page, body.Code, r.Header.Get("Content-Type")}
	p.mu.Lock()
	p.reports = append(p.reports, got)
	p.inFlight++
	p.overlap = p.overlap || p.inFlight > 1
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.inFlight--
		p.mu.Unlock()
	}()
	if p.answer != nil && p.answer(w, got) {
		return
	}
	if got.ticket != "ticket-of-"+id {
		problem(w, http.StatusUnauthorized, "ticket")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	state := p.apply(got)
	if video := p.offered(); video != "" && state == "active" {
		fmt.Fprintf(w, `{"state":%q,"agents":1,"video":%s}`, state, video)
		return
	}
	fmt.Fprintf(w, `{"state":%q,"agents":0}`, state)
}

// offer is an agent's: to continue by video, or not any more.
func (p *proxy) offer(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.video = part
}

func (p *proxy) offered() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.video
}

// apply is the state machine: what a report makes of a session. One that was
// forgotten is put back.
func (p *proxy) apply(r report) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	state, ok := p.states[r.id]
	if !ok {
		state = "created"
	}
	next := map[string]string{"pincode_updated": "waiting", "agent_joined": "active", "agent_left": "waiting", "session_ended": "ended"}[r.Event]
	if next != "" && state != "ended" && (state != "active" || r.Event != "pincode_updated") {
		state = next
	}
	p.set(r.id, state)
	return state
}

// set puts a session into a state; the caller holds the lock.
func (p *proxy) set(id, state string) {
	if p.states == nil {
		p.states = map[string]string{}
	}
	p.states[id] = state
}

// end is a supervisor's.
func (p *proxy) end(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.set(id, "ended")
}

// forget is a restart without a store.
func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.states = nil
}

func (p *proxy) created() []creation {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.creations)
}

// reported returns the reports so far.
func (p *proxy) reported() []report {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.reports)
}

// events returns the reports so far in words, without heartbeats.
func (p *proxy) events() []string {
	var out []string
	for _, r := range p.reported() {
		if r.Event != "heartbeat" {
			out = append(out, r.String())
		}
	}
	return out
}

// await waits until the reports fulfil the condition.
func (p *proxy) await(t testing.TB, what string, fulfilled func([]report) bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !fulfilled(p.reported()); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never came; reports: %q", what, p.reported())
		}
	}
}

// awaitEvents waits for the reports that are no heartbeats.
func (p *proxy) awaitEvents(t testing.TB, want ...string) {
	t.Helper()
	p.await(t, fmt.Sprintf("events %q", want), func([]report) bool { return len(p.events()) >= len(want) })
	if got := p.events(); !slices.Equal(got, want) {
		t.Errorf("the proxy was told %q, want %q", got, want)
	}
}

// awaitNext waits for a report of an event after the first n reports.
func (p *proxy) awaitNext(t testing.TB, n int, event string) report {
	t.Helper()
	var found report
	p.await(t, event, func(all []report) bool {
		i := slices.IndexFunc(all[n:], func(r report) bool { return r.Event == event })
		if i >= 0 {
			found = all[n+i]
		}
		return i >= 0
	})
	return found
}

// problem answers with an error, as the proxy does.
func problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"title":"Stand-in","status":%d,"code":%q}`, status, code)
}
