package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// Times of a desk's stream.
const (
	// streamAlive is how often something is sent: proxies cut silent streams
	// after 30 seconds or more.
	streamAlive = 15 * time.Second
	// streamCheck is how often a stream asks whether its agent is still one, and
	// reads the list again whether or not it was told of a change.
	streamCheck = time.Minute
	// streamSettle is when a new stream reads the list once more: the first one
	// is shared between desks, and may be from just before a change of which
	// the stream was not told.
	streamSettle = time.Second
	// streamPatience bounds one write to a desk that no longer reads.
	streamPatience = 20 * time.Second
	// maxStreams bounds the streams of one agent, over all windows.
	maxStreams = 128
	// maxSearch bounds the words that are searched for, in bytes.
	maxSearch = 200
)

// deskList is the data of the event "sessions".
type deskList struct {
	Agent      session.Agent `json:"agent"`
	Supervisor bool          `json:"supervisor"`
	Now        time.Time     `json:"now"`
	Waiting    int           `json:"waiting"`
	Active     int           `json:"active"`
	Found      int           `json:"found"`
	Sessions   []deskSession `json:"sessions"`
}

// serveEvents answers GET desk/events: a stream of server-sent events (HTML
// standard, section 9.2) with the list of sessions, as it is and whenever it
// changes. A stream ends when its client goes, when its agent signs out, and
// when the middleware is closed, so that it holds up no reload.
func (d *helpDesk) serveEvents(w http.ResponseWriter, r *http.Request) {
	if !allowed(w, r, http.MethodGet) {
		return
	}
	if f := checkFetch(r); f != nil {
		f.write(w)
		return
	}
	if wait := d.agentRate.wait(d.clientIP(r)); wait > 0 {
		tooMany(wait).write(w)
		return
	}
	who, err := identify(d.agents, r)
	if err != nil {
		d.agentFault(err).write(w)
		return
	}
	if !d.streams.enter(who.ID) {
		tooMany(shortWait).write(w)
		return
	}
	defer d.streams.leave(who.ID)
	search := r.URL.Query().Get("q")
	if len(search) > maxSearch {
		faultBody.write(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Accel-Buffering", "no") // for an nginx in front
	w.WriteHeader(http.StatusOK)
	stream := &deskStream{d: d, w: w, control: http.NewResponseController(w), who: who, search: search}
	stream.run(r)
}

// checkFetch refuses requests that the browser marks as another site's. They
// could not read the answer, but would hold a stream open.
func checkFetch(r *http.Request) *fault {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return &fault{status: http.StatusForbidden, code: "origin", title: "Not a request of this site's", detail: originNotFromPage}
	}
	return nil
}

// streamCount counts the open streams of each agent, so that one of them cannot
// use up the server.
type streamCount struct {
	mu   sync.Mutex
	open map[string]int
}

// enter counts a stream in, unless there are too many.
func (c *streamCount) enter(agentID string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[agentID] >= maxStreams {
		return false
	}
	if c.open == nil {
		c.open = make(map[string]int)
	}
	c.open[agentID]++
	return true
}

// leave counts a stream out.
func (c *streamCount) leave(agentID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[agentID]--; c.open[agentID] == 0 {
		delete(c.open, agentID)
	}
}

// deskStream is one agent's stream.
type deskStream struct {
	d       *helpDesk
	w       http.ResponseWriter
	control *http.ResponseController
	who     agent.Agent
	search  string
	last    []byte // the list that was sent, without its time
	// again is when to read the list again unasked: soon after the stream has
	// begun, and after the store could not be asked. Nil means never.
	again <-chan time.Time
}

// run sends until the stream ends.
func (s *deskStream) run(r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	changes := s.d.sessions.Watch(ctx, s.d.site)
	alive, check := time.NewTicker(streamAlive), time.NewTicker(streamCheck)
	defer alive.Stop()
	defer check.Stop()
	if !s.write("retry: 1000\n\n") || !s.list(ctx) {
		return
	}
	if s.again == nil {
		s.again = time.After(streamSettle)
	}
	for {
		ok := true
		select {
		case <-ctx.Done():
			return
		case <-s.d.stop:
			s.event("restart", struct{}{})
			return
		case _, open := <-changes:
			if !open {
				changes = nil // the store is closed; the list says so
			}
			ok = s.list(ctx)
		case <-s.again:
			ok = s.list(ctx)
		case <-alive.C:
			ok = s.write(":\n\n")
		case <-check.C:
			ok = s.stillAgent(r) && s.list(ctx)
		}
		if !ok {
			return
		}
	}
}

// stillAgent ends the stream of an agent who has signed out.
func (s *deskStream) stillAgent(r *http.Request) bool {
	who, err := revalidate(s.d.agents, r)
	if err == nil && who.ID == s.who.ID {
		s.who = who
		return true
	}
	if err != nil && agentFault(err).status == http.StatusServiceUnavailable {
		return true // the source cannot tell at the moment; a join would ask again
	}
	s.event("signed-out", struct{}{})
	return false
}

// list sends the list where it differs from the one before.
func (s *deskStream) list(ctx context.Context) bool {
	supervisor := s.who.Role == agent.RoleSupervisor
	found, err := s.d.sessions.List(ctx, session.Query{Site: s.d.site, Search: s.search, Agent: s.who.ID, All: supervisor})
	if err != nil {
		if ctx.Err() != nil {
			return false
		}
		s.last, s.again = nil, time.After(shortWait)
		return s.event("unavailable", map[string]int{"retry": wholeSeconds(shortWait)})
	}
	s.again = nil
	list := deskList{
		Agent:      session.Agent{ID: s.who.ID, Name: s.who.Name},
		Supervisor: supervisor,
		Waiting:    found.Waiting, Active: found.Active, Found: found.Found,
		Sessions: make([]deskSession, 0, len(found.Sessions)),
	}
	for i := range found.Sessions {
		list.Sessions = append(list.Sessions, s.d.deskSession(&found.Sessions[i], s.who.ID))
	}
	same, err := json.Marshal(list)
	if err != nil || bytes.Equal(same, s.last) {
		return err == nil
	}
	s.last = same
	list.Now = s.d.now().UTC()
	return s.event("sessions", list)
}

// event sends an event. JSON has no line breaks, so one data line holds it.
func (s *deskStream) event(name string, data any) bool {
	text, err := json.Marshal(data)
	return err == nil && s.write("event: "+name+"\ndata: "+string(text)+"\n\n")
}

// write sends text at once, and reports whether the client takes it.
func (s *deskStream) write(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(streamPatience)) // not every server can
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
