package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// client asks an instance as the pages of the site do.
type client struct {
	base   string // an instance's, or a relay's
	agent  string // empty for a customer
	header http.Header
}

// customer is a client without a name.
func (i *instance) customer() client { return client{base: i.base} }

// agent is a client who has signed in.
func (i *instance) agent(name string) client { return client{base: i.base, agent: name} }

// wires share connections between all clients; 64 agents and 100 streams have
// one each.
var wires = &http.Client{
	Transport: &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 5 * time.Second},
	Timeout:   patience,
}

// streamWires are without time limit: their requests are ended by context.
var streamWires = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
	fields struct {
		ID, Ticket, Token, SDKToken, PIN, State, Code string
		Agents                                        int
	}
}

// read reads the body, if it is JSON: Caddy's own refusals have none.
func (a *answer) read() { _ = json.Unmarshal(a.body, &a.fields) }

func (a *answer) String() string { return fmt.Sprintf("%d %s", a.status, bytes.TrimSpace(a.body)) }

func do(through *http.Client, r *http.Request) ([]byte, *http.Response, error) {
	response, err := through.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return body, response, err
}

// request makes a request of the site's own page.
func (c client) request(ctx context.Context, method, path string, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/_cobrowse/"+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(r.Header, c.header) // names stay as they are spelt
	if c.agent != "" {
		r.SetBasicAuth(c.agent, agentPassword)
	}
	return r, nil
}

// try posts JSON. The error is that no whole response came.
func (c client) try(path string, body any) (*answer, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	r, err := c.request(context.Background(), http.MethodPost, path, bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	text, response, err := do(wires, r)
	if err != nil {
		return nil, err
	}
	a := &answer{status: response.StatusCode, header: response.Header, body: text, took: time.Since(begun)}
	a.read()
	return a, nil
}

// post is try for what must be answered.
func (c client) post(t *testing.T, path string, body any) *answer {
	t.Helper()
	a, err := c.try(path, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// pins counts, so that no two sessions of a run have the same PIN.
var pins atomic.Int64

func newPIN() string { return fmt.Sprintf("%06d", 100000+pins.Add(7)%900000) }

// visit is a customer's page with a session.
type visit struct{ id, ticket, token, pin string }

// event is a report of the page.
func (v visit) event(kind string) map[string]string {
	return map[string]string{"ticket": v.ticket, "event": kind, "pin": v.pin}
}

func (v visit) path() string { return "sessions/" + v.id + "/events" }

// arrive is a customer who clicks, and whose SDK reports a PIN.
func (c client) arrive() (visit, error) {
	made, err := c.try("sessions", map[string]string{"page": "/account"})
	if err != nil {
		return visit{}, err
	}
	if made.status != http.StatusCreated {
		return visit{}, fmt.Errorf("a session: %s", made)
	}
	v := visit{made.fields.ID, made.fields.Ticket, made.fields.Token, newPIN()}
	bound, err := c.try(v.path(), v.event("pincode_updated"))
	if err != nil {
		return visit{}, err
	}
	if bound.status != http.StatusOK || bound.fields.State != "waiting" {
		return visit{}, fmt.Errorf("the PIN: %s", bound)
	}
	return v, nil
}

func (c client) mustArrive(t *testing.T) visit {
	t.Helper()
	v, err := c.arrive()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// join asks for an agent's token by PIN or by ID, whichever key says.
func (c client) join(t *testing.T, key, value string) *answer {
	t.Helper()
	return c.post(t, "desk/join", map[string]string{key: value})
}

// list is what an agent's desk shows.
type list struct {
	Waiting, Active, Found int
	Sessions               []struct {
		ID, State string
		Mine      bool
		Claims    []struct{ ID string }
	}
}

func (l *list) has(id string) bool {
	for _, s := range l.Sessions {
		if s.ID == id {
			return true
		}
	}
	return false
}

// sent is an event of a stream (HTML standard, section 9.2).
type sent struct{ name, data string }

// stream is a desk's live list. Its channel is closed when it ends.
type stream struct {
	events chan sent
	cancel context.CancelFunc
}

// open opens a stream; q is what is searched for.
func (c client) open(q string) (*stream, error) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := c.request(ctx, http.MethodGet, "desk/events?q="+url.QueryEscape(q), nil)
	if err != nil {
		cancel()
		return nil, err
	}
	r.Header.Set("Accept", "text/event-stream")
	response, err := streamWires.Do(r)
	if err != nil {
		cancel()
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		cancel()
		return nil, fmt.Errorf("a desk's stream: %d %s", response.StatusCode, body)
	}
	s := &stream{events: make(chan sent, 1000), cancel: cancel}
	go s.read(response.Body)
	return s, nil
}

func (s *stream) read(body io.ReadCloser) {
	defer close(s.events)
	defer func() { _ = body.Close() }()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 16<<20)
	var now sent
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			now.name = value
		case "data":
			now.data = value
		case "":
			if now.name != "" {
				s.events <- now
			}
			now = sent{}
		}
	}
}

// next returns the next event that is wanted, or an error at the stream's end.
func (s *stream) next(want func(sent) bool) (sent, error) {
	timeout := time.After(patience)
	for {
		select {
		case e, ok := <-s.events:
			if !ok {
				return sent{}, io.EOF
			}
			if want(e) {
				return e, nil
			}
		case <-timeout:
			return sent{}, fmt.Errorf("the stream says nothing of what is waited for")
		}
	}
}

// named wants events of a name.
func named(name string) func(sent) bool { return func(e sent) bool { return e.name == name } }

// showing wants a list that fits.
func showing(fits func(*list) bool) func(sent) bool {
	return func(e sent) bool {
		var l list
		return e.name == "sessions" && json.Unmarshal([]byte(e.data), &l) == nil && fits(&l)
	}
}

// look opens a stream that ends with the test.
func (c client) look(t *testing.T, q string) *stream {
	t.Helper()
	s, err := c.open(q)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.cancel)
	return s
}

// await fails the test unless the stream says what is wanted.
func (s *stream) await(t *testing.T, what string, want func(sent) bool) sent {
	t.Helper()
	e, err := s.next(want)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return e
}

// desk reads the list once.
func (c client) desk(t *testing.T, q string) (*list, string) {
	t.Helper()
	s := c.look(t, q)
	defer s.cancel()
	e := s.await(t, "the list", named("sessions"))
	l := new(list)
	if err := json.Unmarshal([]byte(e.data), l); err != nil {
		t.Fatal(err)
	}
	return l, e.data
}

// unavailable checks what everybody is told while sessions cannot be kept: to
// come again, in time, and without a token.
func unavailable(t *testing.T, what string, a *answer) {
	t.Helper()
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" || cmp.Or(a.fields.Token, a.fields.SDKToken) != "" {
		t.Errorf("%s: %s, Retry-After %q", what, a, a.header.Get("Retry-After"))
	}
}
