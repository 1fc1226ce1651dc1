package webhook

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var (
	secretOne = "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	secretTwo = "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
)

// receiver is an operator's endpoint: it answers what the test says and keeps
// what it was sent.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
}

// newReceiver answers the nth request, from 0, with answer.
func newReceiver(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		n := len(r.requests)
		r.requests = append(r.requests, request)
		r.bodies = append(r.bodies, string(body))
		r.mu.Unlock()
		answer(n, w, request)
	}))
	t.Cleanup(r.Close)
	return r
}

func status(code int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.requests)
}

// sessions returns the session of each request.
func (r *receiver) sessions(t *testing.T) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	var ids []string
	for _, body := range r.bodies {
		var event struct {
			Data struct {
				ID string `json:"session_id"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(body), &event); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, event.Data.ID)
	}
	return strings.Join(ids, " ")
}

// results counts what Observe is told.
type results struct {
	mu     sync.Mutex
	counts map[Result]int
	seen   chan Result
}

func newResults() *results { return &results{counts: map[Result]int{}, seen: make(chan Result, 1000)} }

func (r *results) observe(result Result) {
	r.mu.Lock()
	r.counts[result]++
	r.mu.Unlock()
	r.seen <- result
}

func (r *results) is(t *testing.T, want map[Result]int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.counts) != len(want) {
		t.Errorf("results %v, want %v", r.counts, want)
	}
	for result, n := range want {
		if r.counts[result] != n {
			t.Errorf("results %v, want %v", r.counts, want)
		}
	}
}

func newSender(t *testing.T, address string, change func(*SenderConfig)) (*Sender, *results) {
	t.Helper()
	results := newResults()
	cfg := SenderConfig{
		URL: address, Secrets: []string{secretOne}, FirstWait: time.Millisecond, MaxWait: 4 * time.Millisecond,
		Observe: results.observe, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	s, err := NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(ctx)
	})
	return s, results
}

func created(id string) Event { return SessionCreated{Session{ID: id}} }

func send(t *testing.T, s *Sender, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := s.Send(created(id), testNow); err != nil {
			t.Fatalf("%s: %v", id, err)
		}
	}
}

func shutdown(t *testing.T, s *Sender) {
	t.Helper()
	if err := s.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestPosted pins the payloads, and verifies the signature with the standard's
// own library, with the old secret and the new.
func TestPosted(t *testing.T) {
	r := newReceiver(t, status(204))
	s, results := newSender(t, r.URL, func(c *SenderConfig) { c.Secrets = []string{secretTwo, secretOne} })
	session := Session{
		ID: "5f0c", Site: "shop.example", Page: "https://u:p@shop.example/checkout;s=1?card=4711#x", Customer: &Person{ID: "4711", Name: "Ada\u202e"},
	}
	anna := Person{ID: "anna", Name: "Anna", Source: "oidc"}
	for _, event := range []Event{
		SessionCreated{session},
		SessionClaimed{session, anna},
		SessionEnded{Session: Session{ID: "5f0c"}, Agent: &anna, Reason: "customer", Created: testNow, Ended: testNow.Add(1500 * time.Millisecond)},
		SessionEnded{Session: Session{ID: "5f0d"}, Reason: "expired"},
	} {
		if err := s.Send(event, testNow.Add(42*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
	}
	shutdown(t, s)
	const common = `"timestamp":"2026-11-23T00:55:01.042Z","data":{"session_id":"5f0c"`
	const full = common + `,"site":"shop.example","page":"https://shop.example/checkout","customer":{"id":"4711","name":"Ada` + "\uFFFD" + `"}`
	want := []string{
		`{"type":"session.created",` + full + `}}`,
		`{"type":"session.claimed",` + full + `,"agent":{"id":"anna","name":"Anna","source":"oidc"}}}`,
		`{"type":"session.ended",` + common + `,"agent":{"id":"anna","name":"Anna","source":"oidc"},"reason":"customer",` +
			`"created_at":"2026-11-23T00:55:01Z","ended_at":"2026-11-23T00:55:02.5Z"}}`,
		`{"type":"session.ended","timestamp":"2026-11-23T00:55:01.042Z","data":{"session_id":"5f0d","reason":"expired"}}`,
	}
	ids := map[string]bool{}
	for i, request := range r.requests {
		if r.bodies[i] != want[i] {
			t.Errorf("got  %s\nwant %s", r.bodies[i], want[i])
		}
		if request.Method != http.MethodPost || request.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s, %v", request.Method, request.Header)
		}
		ids[request.Header.Get("webhook-id")] = true
		for _, secret := range []string{secretOne, secretTwo} {
			hook, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := hook.Verify([]byte(r.bodies[i]), request.Header); err != nil {
				t.Error(err)
			}
			if hook.Verify([]byte(r.bodies[i]+" "), request.Header) == nil {
				t.Error("the signature fits another body")
			}
		}
	}
	if len(ids) != 4 || ids[""] {
		t.Errorf("identifiers %v", ids)
	}
	results.is(t, map[Result]int{Delivered: 4})
}

// TestRetry: whatever is no success is tried again, with the same identifier,
// and later events wait, so that the order stays.
func TestRetry(t *testing.T) {
	for name, fail := range map[string]func(http.ResponseWriter, *http.Request){
		"500":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"404":     func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"429 with Retry-After": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(429)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n < 2 {
					fail(w, r)
				}
			})
			s, results := newSender(t, r.URL, nil)
			send(t, s, "a", "b", "c")
			shutdown(t, s)
			if got := r.sessions(t); got != "a a a b c" {
				t.Errorf("posted %s", got)
			}
			if id := r.requests[0].Header.Get("webhook-id"); id != r.requests[2].Header.Get("webhook-id") || id == r.requests[3].Header.Get("webhook-id") {
				t.Error("an attempt has not the identifier of its message")
			}
			results.is(t, map[Result]int{Retried: 2, Delivered: 3})
		})
	}
}

// TestTimeout: an attempt without an answer ends, and is tried again.
func TestTimeout(t *testing.T) {
	r := newReceiver(t, func(n int, _ http.ResponseWriter, r *http.Request) {
		if n < 2 {
			<-r.Context().Done()
		}
	})
	s, results := newSender(t, r.URL, func(c *SenderConfig) { c.Timeout, c.Attempts = 100*time.Millisecond, 1000 })
	send(t, s, "a", "b")
	shutdown(t, s)
	// On a busy machine, more than the two that hang can be too late.
	got := strings.Fields(r.sessions(t))
	if len(got) < 4 || !slices.Equal(slices.Compact(slices.Clone(got)), []string{"a", "b"}) {
		t.Errorf("posted %s", got)
	}
	results.is(t, map[Result]int{Retried: len(got) - 2, Delivered: 2})
}

func TestGivenUp(t *testing.T) {
	r := newReceiver(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n < 3 {
			w.WriteHeader(503)
		}
	})
	s, results := newSender(t, r.URL, func(c *SenderConfig) { c.Attempts = 3 })
	send(t, s, "a", "b")
	shutdown(t, s)
	if got := r.sessions(t); got != "a a a b" {
		t.Errorf("posted %s", got)
	}
	results.is(t, map[Result]int{Retried: 2, DroppedFailed: 1, Delivered: 1})
}

// TestRedirect: a receiver cannot send the events elsewhere.
func TestRedirect(t *testing.T) {
	elsewhere := newReceiver(t, status(204))
	for _, code := range []int{301, 302, 303, 307, 308} {
		r := newReceiver(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, code)
		})
		s, results := newSender(t, r.URL, func(c *SenderConfig) { c.Attempts = 2 })
		send(t, s, "a")
		shutdown(t, s)
		results.is(t, map[Result]int{Retried: 1, DroppedFailed: 1})
	}
	if n := elsewhere.count(); n != 0 {
		t.Errorf("%d requests elsewhere", n)
	}
}

func TestGone(t *testing.T) {
	r := newReceiver(t, status(410))
	s, results := newSender(t, r.URL, nil)
	send(t, s, "a")
	if got := <-results.seen; got != DroppedDisabled {
		t.Errorf("result %s", got)
	}
	if err := s.Send(created("b"), testNow); !errors.Is(err, ErrDisabled) {
		t.Errorf("error %v", err)
	}
	shutdown(t, s)
	if got := r.sessions(t); got != "a" {
		t.Errorf("posted %s", got)
	}
	results.is(t, map[Result]int{DroppedDisabled: 2})
}

// TestFull: Send never waits, even where nothing is ever answered.
func TestFull(t *testing.T) {
	entered, release := make(chan struct{}, 10), make(chan struct{})
	r := newReceiver(t, func(int, http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-release })
	s, results := newSender(t, r.URL, func(c *SenderConfig) { c.Queue = 2 })
	send(t, s, "a")
	<-entered
	send(t, s, "b", "c")
	for range 3 {
		if err := s.Send(created("d"), testNow); !errors.Is(err, ErrQueueFull) {
			t.Errorf("error %v", err)
		}
	}
	close(release)
	shutdown(t, s)
	if got := r.sessions(t); got != "a b c" {
		t.Errorf("posted %s", got)
	}
	results.is(t, map[Result]int{DroppedFull: 3, Delivered: 3})
}

func TestShutdown(t *testing.T) {
	t.Run("out of time in an attempt", func(t *testing.T) {
		entered := make(chan struct{}, 10)
		r := newReceiver(t, func(_ int, _ http.ResponseWriter, r *http.Request) { entered <- struct{}{}; <-r.Context().Done() })
		s, results := newSender(t, r.URL, nil)
		send(t, s, "a", "b", "c")
		<-entered
		outOfTime(t, s)
		if got := r.sessions(t); got != "a" {
			t.Errorf("posted %s", got)
		}
		results.is(t, map[Result]int{DroppedShutdown: 3})
	})
	t.Run("out of time between attempts", func(t *testing.T) {
		r := newReceiver(t, status(500))
		s, results := newSender(t, r.URL, func(c *SenderConfig) { c.FirstWait, c.MaxWait = time.Hour, time.Hour })
		send(t, s, "a", "b")
		if got := <-results.seen; got != Retried {
			t.Errorf("result %s", got)
		}
		outOfTime(t, s)
		results.is(t, map[Result]int{Retried: 1, DroppedShutdown: 2})
	})
	t.Run("twice, and nothing after", func(t *testing.T) {
		r := newReceiver(t, status(204))
		s, results := newSender(t, r.URL, nil)
		shutdown(t, s)
		shutdown(t, s)
		if err := s.Send(created("a"), testNow); !errors.Is(err, ErrShutdown) {
			t.Errorf("error %v", err)
		}
		results.is(t, map[Result]int{DroppedShutdown: 1})
	})
	t.Run("while others send", func(t *testing.T) {
		r := newReceiver(t, status(204))
		s, results := newSender(t, r.URL, nil)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 20 {
					_ = s.Send(created("a"), testNow)
				}
			})
		}
		shutdown(t, s)
		group.Wait()
		total := 0
		for result, n := range results.counts {
			if result != Retried {
				total += n
			}
		}
		if total != 160 || results.counts[Delivered] != r.count() {
			t.Errorf("results %v, %d posted", results.counts, r.count())
		}
	})
}

func outOfTime(t *testing.T, s *Sender) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestNoSecretShown: whatever fails, no log line and no error has the address's
// path, a secret or the customer.
func TestNoSecretShown(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	defer secure.Close()
	refusing := newReceiver(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "hidden-answer", 500)
	})
	hanging := newReceiver(t, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	var log bytes.Buffer
	for _, address := range []string{closed.URL, secure.URL, refusing.URL, hanging.URL} {
		s, results := newSender(t, address+"/hidden-path?hidden=query", func(c *SenderConfig) {
			c.Attempts = 2
			if address == hanging.URL {
				c.Timeout = 100 * time.Millisecond
			}
			c.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		if err := s.Send(SessionCreated{Session{ID: "hidden-session", Customer: &Person{Name: "hidden-name"}}}, testNow); err != nil {
			t.Fatal(err)
		}
		shutdown(t, s)
		results.is(t, map[Result]int{Retried: 1, DroppedFailed: 1})
	}
	text := log.String()
	if strings.Contains(text, "hidden") || strings.Contains(text, strings.TrimPrefix(secretOne, secretPrefix)) {
		t.Errorf("shown:\n%s", text)
	}
	for _, want := range []string{"connection refused", "certificate", "status 500", "no answer in time"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing, which an operator needs:\n%s", want, text)
		}
	}
}

func TestConfigRefused(t *testing.T) {
	short := "whsec_" + base64.StdEncoding.EncodeToString([]byte("hidden-23-bytes-long!!!"))
	for name, change := range map[string]func(*SenderConfig){
		"no address":           func(c *SenderConfig) { c.URL = "" },
		"no host":              func(c *SenderConfig) { c.URL = "https:///hidden" },
		"unreadable address":   func(c *SenderConfig) { c.URL = "https://hidden.example/%zz" },
		"password in it":       func(c *SenderConfig) { c.URL = "https://u:hidden@crm.example/" },
		"plain HTTP elsewhere": func(c *SenderConfig) { c.URL = "http://crm.example/hidden" },
		"another scheme":       func(c *SenderConfig) { c.URL = "file://crm.example/hidden" },
		"no secret":            func(c *SenderConfig) { c.Secrets = nil },
		"secret without form":  func(c *SenderConfig) { c.Secrets = []string{"hidden"} },
		"short secret":         func(c *SenderConfig) { c.Secrets = []string{secretOne, short} },
		"negative queue":       func(c *SenderConfig) { c.Queue = -1 },
		"negative timeout":     func(c *SenderConfig) { c.Timeout = -1 },
		"waits turned round":   func(c *SenderConfig) { c.FirstWait, c.MaxWait = time.Hour, time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := SenderConfig{URL: "https://crm.example/", Secrets: []string{secretOne}}
			change(&cfg)
			s, err := NewSender(cfg)
			if err == nil {
				shutdown(t, s)
				t.Fatal("accepted")
			}
			if strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), short[6:]) {
				t.Errorf("the error shows it: %v", err)
			}
		})
	}
	cfg := SenderConfig{URL: "http://crm.example/", AllowHTTP: true, Secrets: []string{secretOne}}
	s, err := NewSender(cfg)
	if err != nil {
		t.Fatal(err)
	}
	shutdown(t, s)
}
