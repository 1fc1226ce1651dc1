package desk_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/desk"
)

const home = "https://shop.example"

// person and customer are what the proxy tells of people and sessions.
type person struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

type customer struct {
	ID        string    `json:"id"`
	State     string    `json:"state"`
	Customer  person    `json:"customer"`
	Page      string    `json:"page"`
	CreatedAt time.Time `json:"created_at"`
	WaitingAt time.Time `json:"waiting_at,omitzero"`
	ActiveAt  time.Time `json:"active_at,omitzero"`
	Claims    []person  `json:"claims"`
	Mine      bool      `json:"mine"`
	Video     string    `json:"video,omitempty"`

	pin string
}

// answer is what an endpoint is told to say instead of doing its work.
type answer struct {
	status      int
	code        string
	retry       int
	contentType string
	body        string
}

// proxy speaks the proxy's HTTP with the page: the page and its files with
// their headers, the stream of the waiting list, and the requests that join,
// release and end.
type proxy struct {
	page *desk.Page
	csp  string // instead of the page's own

	mu         sync.Mutex
	sessions   []customer
	streams    map[chan string]string // with the words that each searches
	opened     []string               // the words of all streams so far
	requests   []string               // bodies of requests, after their endpoint
	answers    map[string]answer      // by endpoint
	supervisor bool
	video      bool // sessions may continue by video
	limit      int  // of the sessions that are listed; 0 is none
	skew       time.Duration
	life       time.Duration
	minted     int
	delay      chan struct{} // holds joins up until it is closed
}

var agent = person{ID: "zoe", Name: "Zoë Müller ~?>"}

func newProxy(t *testing.T, s desk.Settings) *proxy {
	t.Helper()
	s.Base = cmp.Or(s.Base, "/_cobrowse")
	s.ZoomHost = cmp.Or(s.ZoomHost, browsertest.ZoomHost)
	page, err := desk.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return &proxy{page: page, streams: make(map[chan string]string), answers: make(map[string]answer), life: 30 * time.Minute}
}

// waits makes a customer who has been waiting for so long.
func waits(id, name, page, pin string, since time.Duration) customer {
	at := time.Now().Add(-since)
	return customer{ID: id, State: "waiting", Customer: person{Name: name}, Page: page, CreatedAt: at, WaitingAt: at, Claims: []person{}, pin: pin}
}

// change changes what the proxy knows, and tells all streams.
func (p *proxy) change(do func(*proxy)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do(p)
	for stream, search := range p.streams {
		stream <- p.list(search)
	}
}

// tell sends an event, or none for a name that ends streams alone.
func (p *proxy) tell(event string, end bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for stream := range p.streams {
		if event != "" {
			stream <- event
		}
		if end {
			close(stream)
			delete(p.streams, stream)
		}
	}
}

// list is the event with the list; the caller holds the lock.
func (p *proxy) list(search string) string {
	l := struct {
		Agent      person     `json:"agent"`
		Supervisor bool       `json:"supervisor"`
		Now        time.Time  `json:"now"`
		Waiting    int        `json:"waiting"`
		Active     int        `json:"active"`
		Found      int        `json:"found"`
		Sessions   []customer `json:"sessions"`
	}{Agent: agent, Supervisor: p.supervisor, Now: time.Now().Add(p.skew), Sessions: []customer{}}
	for _, c := range p.sessions {
		if c.State == "waiting" {
			l.Waiting++
		} else {
			l.Active++
		}
		text := strings.ToLower(c.Customer.Name + "\n" + c.Customer.ID + "\n" + c.Page)
		if strings.Contains(text, strings.ToLower(search)) && (p.supervisor || c.Mine || len(c.Claims) == 0) {
			if l.Found++; p.limit == 0 || l.Found <= p.limit {
				l.Sessions = append(l.Sessions, c)
			}
		}
	}
	return event("sessions", l)
}

func event(name string, data any) string {
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return "event: " + name + "\ndata: " + string(text) + "\n\n"
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/favicon.ico" {
		w.WriteHeader(http.StatusNoContent) // the site's, not ours
		return
	}
	switch name := strings.TrimPrefix(r.URL.Path, "/_cobrowse/"); name {
	case "desk":
		p.serve(w, http.StatusOK, p.page.HTML())
	case "refused":
		if login := r.URL.Query().Get("login"); login != "" {
			p.serve(w, http.StatusForbidden, p.page.RefusedWithLogin(login))
			return
		}
		p.serve(w, http.StatusForbidden, p.page.Refused(desk.Reason(r.URL.Query().Get("why"))))
	case p.page.Script().Name, p.page.Style().Name:
		f := p.page.Script()
		if name == p.page.Style().Name {
			f = p.page.Style()
		}
		w.Header().Set("Content-Type", f.ContentType)
		_, _ = w.Write(f.Body)
	case "desk/events":
		p.serveEvents(w, r)
	case "desk/join", "desk/release", "desk/end", "desk/video":
		p.servePost(w, r, strings.TrimPrefix(name, "desk/"))
	case "logout":
		http.Redirect(w, r, "https://idp.example/bye", http.StatusSeeOther)
	default:
		http.NotFound(w, r)
	}
}

func (p *proxy) serve(w http.ResponseWriter, status int, html []byte) {
	for name, value := range map[string]string{
		"Content-Type":                 "text/html; charset=utf-8",
		"Content-Security-Policy":      cmp.Or(p.csp, p.page.CSP()),
		"Permissions-Policy":           p.page.PermissionsPolicy(),
		"Referrer-Policy":              "strict-origin",
		"X-Content-Type-Options":       "nosniff",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	} {
		w.Header().Set(name, value)
	}
	if !p.page.Frameable() {
		w.Header().Set("X-Frame-Options", "DENY")
	}
	w.WriteHeader(status)
	_, _ = w.Write(html)
}

// refuse answers what an endpoint was told to, if anything.
func (p *proxy) refuse(w http.ResponseWriter, r *http.Request, endpoint string) bool {
	p.mu.Lock()
	a, ok := p.answers[endpoint]
	p.mu.Unlock()
	if !ok {
		return false
	}
	if a.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.retry))
	}
	switch {
	case a.status == http.StatusFound:
		http.Redirect(w, r, "/login", http.StatusFound)
	case a.status == 0:
		panic(http.ErrAbortHandler)
	case a.code == "":
		w.Header().Set("Content-Type", cmp.Or(a.contentType, "text/html"))
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, cmp.Or(a.body, "<!doctype html>not JSON"))
	default:
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(a.status)
		_ = json.NewEncoder(w).Encode(map[string]any{"title": "x", "status": a.status, "detail": a.body, "code": a.code})
	}
	return true
}

func (p *proxy) serveEvents(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	search := r.URL.Query().Get("q")
	p.opened = append(p.opened, search)
	p.mu.Unlock()
	if p.refuse(w, r, "events") {
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	stream := make(chan string, 64)
	p.mu.Lock()
	stream <- "retry: 1000\n\n:\n\n" + p.list(search)
	p.streams[stream] = search
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.streams, stream)
	}()
	for {
		select {
		case <-r.Context().Done():
			return
		case text, open := <-stream:
			if !open {
				return
			}
			// In two writes, as networks cut.
			half := len(text) / 2
			_, _ = io.WriteString(w, text[:half])
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, text[half:])
			_ = http.NewResponseController(w).Flush()
		}
	}
}

func (p *proxy) servePost(w http.ResponseWriter, r *http.Request, endpoint string) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	p.requests = append(p.requests, endpoint+" "+string(body))
	delay := p.delay
	p.mu.Unlock()
	if delay != nil {
		<-delay
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "POST application/json only", http.StatusUnsupportedMediaType)
		return
	}
	if p.refuse(w, r, endpoint) {
		return
	}
	var what struct{ ID, PIN string }
	if err := json.Unmarshal(body, &what); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var reply any
	p.change(func(p *proxy) {
		i := slices.IndexFunc(p.sessions, func(c customer) bool {
			return what.ID != "" && c.ID == what.ID || what.PIN != "" && c.pin == what.PIN
		})
		if i >= 0 {
			reply = p.do(endpoint, i)
		}
	})
	switch {
	case reply == nil && what.PIN != "":
		p.problem(w, http.StatusForbidden, "pin-refused")
	case reply == nil:
		p.problem(w, http.StatusNotFound, "not-found")
	case endpoint == "join" || endpoint == "video":
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(reply)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (p *proxy) problem(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": code, "status": status})
}

// do does what an endpoint is for; the caller holds the lock.
func (p *proxy) do(endpoint string, i int) any {
	c := &p.sessions[i]
	switch endpoint {
	case "join":
		if !c.Mine {
			c.Mine, c.Claims = true, append(c.Claims, agent)
		}
		p.minted++
		joined := map[string]any{"token": token(p.minted, p.life), "pin": c.pin, "session": *c}
		if p.video {
			joined["video"] = true
		}
		return joined
	case "video":
		if !c.Mine {
			return nil
		}
		c.Video = "offered"
		p.minted++
		return map[string]string{"sessionName": "cobrowse-" + c.ID, "signature": fmt.Sprintf("head.claims.sig%d", p.minted), "userName": agent.Name}
	case "release":
		c.Mine, c.Claims = false, []person{}
	case "end":
		p.sessions = slices.Delete(p.sessions, i, i+1)
	}
	return true
}

// token is a JWT as far as the page reads it; the stand-in takes any.
func token(n int, life time.Duration) string {
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	now := time.Now()
	return part(map[string]any{"alg": "HS256"}) + "." +
		part(map[string]any{"user_name": agent.Name, "iat": now.Unix(), "exp": now.Add(life).Unix(), "jti": n}) + ".c2ln"
}

// asked returns the requests of an endpoint so far.
func (p *proxy) asked(endpoint string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, r := range p.requests {
		if rest, ok := strings.CutPrefix(r, endpoint+" "); ok {
			out = append(out, rest)
		}
	}
	return out
}

// searched returns the words of all streams so far.
func (p *proxy) searched() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.opened)
}

// says makes an endpoint answer something else; nil makes it work again.
func (p *proxy) says(endpoint string, a *answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = maps.Clone(p.answers)
	if delete(p.answers, endpoint); a != nil {
		p.answers[endpoint] = *a
	}
}

// start serves the desk to a browser.
func start(t *testing.T, s desk.Settings) (*proxy, *browsertest.Zoom, *browsertest.Browser) {
	t.Helper()
	p, zoom := newProxy(t, s), browsertest.NewZoom(t)
	frame := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>CRM</title><iframe src="%s/_cobrowse/desk" width="400" height="700"></iframe>`, home)
	})
	return p, zoom, browsertest.Start(t, browsertest.Config{
		Hosts: map[string]http.Handler{
			"shop.example": p, browsertest.ZoomHost: zoom, "crm.example": frame, "evil.example": frame,
			"idp.example": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "bye") }),
		},
	})
}
