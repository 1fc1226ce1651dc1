package proxy

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// deskReader is a stream of events from a real server.
type deskReader struct {
	t      *testing.T
	events chan [2]string // name and data
}

// serve puts the office on a real server.
func (o *office) serve() *httptest.Server {
	server := httptest.NewServer(o.m.Wrap(http.NotFoundHandler()))
	o.t.Cleanup(server.Close)
	return server
}

// open opens a stream, and answers its status where there is none.
func (o *office) open(server *httptest.Server, query string, header ...string) (*deskReader, *http.Response) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodGet, server.URL+"/_cobrowse/desk/events"+query, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		return nil, resp
	}
	d := &deskReader{t: o.t, events: make(chan [2]string, 100)}
	go func() {
		defer close(d.events)
		var event [2]string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				event[0] = value
			case "data":
				event[1] = value
			case "":
				if event[0] != "" {
					d.events <- event
				}
				event = [2]string{}
			}
		}
	}()
	return d, resp
}

// next waits for an event of a name and reads it.
func (d *deskReader) next(name string) deskList {
	d.t.Helper()
	select {
	case event, open := <-d.events:
		if !open || event[0] != name {
			d.t.Fatalf("the stream says %q (open: %t), want %s", event, open, name)
		}
		var list deskList
		if err := json.Unmarshal([]byte(event[1]), &list); err != nil {
			d.t.Fatal(err)
		}
		return list
	case <-time.After(20 * time.Second):
		d.t.Fatalf("no event %s", name)
	}
	return deskList{}
}

// ids are those of the sessions in a list.
func ids(list deskList) (ids []string) {
	for _, s := range list.Sessions {
		ids = append(ids, s.ID+" "+string(s.State))
	}
	return ids
}

func TestDeskEvents(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Now = time.Now }) // lists are shared for half a second
	server := o.serve()
	ann, resp := o.open(server, "", "Agent", "Ann")
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	bob, _ := o.open(server, "", "Agent", "Bob")
	boss, _ := o.open(server, "", "Agent", "Cleo", "Boss", "yes")
	if first := ann.next("sessions"); len(first.Sessions) != 0 || first.Agent.ID != "ann" || first.Supervisor || first.Now.IsZero() {
		t.Errorf("first list %+v", first)
	}
	bob.next("sessions")
	if first := boss.next("sessions"); !first.Supervisor {
		t.Errorf("the supervisor's list %+v", first)
	}

	id, ticket := o.waiting("482913")
	for _, d := range []*deskReader{ann, bob, boss} {
		list := d.next("sessions")
		for len(list.Sessions) == 0 { // a change before the PIN
			list = d.next("sessions")
		}
		if got := ids(list); len(got) != 1 || got[0] != id+" waiting" || list.Waiting != 1 || list.Sessions[0].Mine {
			t.Errorf("list %+v", list)
		}
	}
	o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
	if list := ann.next("sessions"); !list.Sessions[0].Mine || list.Sessions[0].Claims[0].ID != "ann" {
		t.Errorf("Ann's own %+v", list)
	}
	if list := bob.next("sessions"); len(list.Sessions) != 0 {
		t.Errorf("Bob sees a colleague's customer: %+v", list)
	}
	if list := boss.next("sessions"); len(list.Sessions) != 1 || list.Sessions[0].Claims[0].Name != "Ann" {
		t.Errorf("the supervisor does not see it: %+v", list)
	}
	o.report(id, ticket, session.EventEnded)
	if list := ann.next("sessions"); len(list.Sessions) != 0 {
		t.Errorf("after the end: %+v", list)
	}
}

func TestDeskSearch(t *testing.T) {
	o := newOffice(t, func(c *Config) {
		c.Now = time.Now
		c.Customer.Identify = func(r *http.Request) (string, string) { return "", r.Header.Get("Name") }
	})
	server := o.serve()
	for i, name := range []string{"Mia", "Max"} {
		made := o.must(http.StatusCreated, "sessions", map[string]string{"page": "/x"}, "Name", name)
		o.report(made["id"].(string), made["ticket"].(string), session.EventPIN, "pin", []string{"111111", "222222"}[i])
	}
	d, _ := o.open(server, "?q=MAX", "Agent", "Ann")
	if list := d.next("sessions"); len(list.Sessions) != 1 || list.Sessions[0].Customer.Name != "Max" || list.Waiting != 2 || list.Found != 1 {
		t.Errorf("list %+v", list)
	}
	o.must(http.StatusOK, "desk/join", map[string]string{"pin": "111111"}, "Agent", "Bob")
	d, _ = o.open(server, "?q=nobody", "Agent", "Bob")
	list := d.next("sessions")
	for len(list.Sessions) == 0 { // from just before the claim
		list = d.next("sessions")
	}
	if len(list.Sessions) != 1 || !list.Sessions[0].Mine {
		t.Errorf("a search hides the agent's own session: %+v", list)
	}
	if _, resp := o.open(server, "?q="+strings.Repeat("x", 300), "Agent", "Ann"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a long search: %s", resp.Status)
	}
}

func TestDeskEventsRefused(t *testing.T) {
	o := newOffice(t, nil)
	server := o.serve()
	for want, header := range map[int][]string{
		http.StatusForbidden:          {"Agent", ""},
		http.StatusServiceUnavailable: {"Agent", "down"},
	} {
		if _, resp := o.open(server, "", header...); resp.StatusCode != want {
			t.Errorf("%q: %s, want %d", header, resp.Status, want)
		}
	}
	if _, resp := o.open(server, "", "Agent", "Ann", "Sec-Fetch-Site", "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %s", resp.Status)
	}
}

// TestEndStreams: a hundred open desks hold up nobody, and leave nothing.
func TestEndStreams(t *testing.T) {
	before := goleak.IgnoreCurrent()
	o := newOffice(t, nil)
	server := o.serve()
	var desks []*deskReader
	for range 100 {
		d, _ := o.open(server, "", "Agent", "Ann")
		d.next("sessions")
		desks = append(desks, d)
	}
	o.m.EndStreams()
	for _, d := range desks {
		d.next("restart")
		if _, open := <-d.events; open {
			t.Fatal("the stream goes on")
		}
	}
	o.m.EndStreams() // again is nothing
	server.Close()
	server.Client().CloseIdleConnections()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

// TestTooManyStreams: one agent cannot use up the server, and shuts nobody out.
func TestTooManyStreams(t *testing.T) {
	var c streamCount
	for i := range maxStreams {
		if !c.enter("ann") {
			t.Fatalf("stream %d is refused", i+1)
		}
	}
	if c.enter("ann") || !c.enter("bob") {
		t.Error("one too many is let in, or another agent is not")
	}
	c.leave("ann")
	if !c.enter("ann") {
		t.Error("a stream that ended still counts")
	}
	c.leave("bob")
	if len(c.open) != 1 {
		t.Errorf("%d agents are remembered", len(c.open))
	}
}

// TestSignedOut: a stream ends with the sign-in of its agent.
func TestSignedOut(t *testing.T) {
	o := newOffice(t, nil)
	signedIn := true
	s := &deskStream{d: o.m.routes.help, w: httptest.NewRecorder(), who: Agent{ID: "ann"}}
	s.control = http.NewResponseController(s.w)
	s.d.agents = AgentIdentifierFunc(func(*http.Request) (Agent, error) {
		if !signedIn {
			return Agent{}, ErrUnidentified
		}
		return Agent{ID: "ann"}, nil
	})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if !s.stillAgent(r) {
		t.Error("the stream of an agent who is signed in ends")
	}
	signedIn = false
	if s.stillAgent(r) || !strings.Contains(s.w.(*httptest.ResponseRecorder).Body.String(), "event: signed-out") {
		t.Error("the stream goes on after signing out")
	}
}

func TestDeskRedirectsToSignIn(t *testing.T) {
	o := newOffice(t, nil)
	w := o.send(http.MethodGet, "desk?q=a%26b", "", "Agent", "elsewhere")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/_cobrowse/login?return=%2F_cobrowse%2Fdesk%3Fq%3Da%2526b" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	status, answer := o.post("desk/join", map[string]string{"pin": "482913"}, "Agent", "elsewhere")
	if status != http.StatusForbidden || answer["login"] != "/_cobrowse/login" {
		t.Errorf("join: %d %v", status, answer)
	}
}

func TestDeskInAFrame(t *testing.T) {
	closed := newOffice(t, nil).send(http.MethodGet, "desk", "", "Agent", "Ann").Header()
	if closed.Get("X-Frame-Options") != "DENY" || !strings.Contains(closed.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("by default: %v", closed)
	}
	crm := newOffice(t, func(c *Config) { c.Desk.FrameAncestors = []string{"https://crm.example"} })
	open := crm.send(http.MethodGet, "desk", "", "Agent", "Ann").Header()
	if open.Get("X-Frame-Options") != "" || !strings.Contains(open.Get("Content-Security-Policy"), "frame-ancestors https://crm.example") {
		t.Errorf("for a CRM: %v", open)
	}
}
