package jwks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/backchannel"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issuer publishes keys, or fails.
type issuer struct {
	*httptest.Server
	mu     sync.Mutex
	asked  int
	keys   []jose.JSONWebKey
	answer http.HandlerFunc // instead of the keys
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := new(issuer)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.asked++
		answer, keys := i.answer, i.keys
		i.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: keys})
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) set(answer http.HandlerFunc, keys ...jose.JSONWebKey) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer, i.keys = answer, keys
}

func (i *issuer) count() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// clock is a clock that tests put forward.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newSet(t *testing.T, i *issuer) (*Set, *clock) {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	transport := backchannel.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	client := backchannel.New(transport)
	s, err := New(Config{URL: i.URL, Client: client, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

func ecKey(t *testing.T, kid string) jose.JSONWebKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid}
}

func want(t *testing.T, s *Set, kid string, n int, is error) {
	t.Helper()
	keys, err := s.Keys(context.Background(), kid, "ES256")
	if len(keys) != n || !errors.Is(err, is) {
		t.Errorf("key %q: %d keys, %v; want %d, %v", kid, len(keys), err, n, is)
	}
}

func TestRotation(t *testing.T) {
	i := newIssuer(t)
	a, b := ecKey(t, "a"), ecKey(t, "b")
	i.set(nil, a)
	s, c := newSet(t, i)
	want(t, s, "a", 1, nil)
	want(t, s, "a", 1, nil)
	if i.count() != 1 {
		t.Errorf("asked %d times", i.count())
	}
	// An unknown key leads to one fetch an interval, however many ask.
	i.set(nil, a, b)
	for range 100 {
		want(t, s, "b", 0, ErrUnknownKey)
	}
	if i.count() != 1 {
		t.Errorf("asked %d times within the interval", i.count())
	}
	c.advance(MinInterval)
	want(t, s, "b", 1, nil)
	want(t, s, "made up", 0, ErrUnknownKey)
	if i.count() != 2 {
		t.Errorf("asked %d times", i.count())
	}
	// A key that is withdrawn is forgotten.
	i.set(nil, b)
	want(t, s, "a", 1, nil)
	c.advance(MaxAge)
	want(t, s, "a", 0, ErrUnknownKey)
	want(t, s, "b", 1, nil)
}

func TestIssuerDown(t *testing.T) {
	i := newIssuer(t)
	down := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }
	a := ecKey(t, "a")
	i.set(down, a)
	s, c := newSet(t, i)
	for range 10 {
		want(t, s, "a", 0, ErrUnavailable)
	}
	if i.count() != 1 {
		t.Errorf("asked %d times", i.count())
	}
	i.set(nil, a)
	c.advance(MinInterval)
	want(t, s, "a", 1, nil)
	i.set(down)
	c.advance(MaxAge)
	want(t, s, "a", 1, nil) // old, but better than none
	want(t, s, "b", 0, ErrUnknownKey)
	c.advance(MaxStale - MaxAge)
	want(t, s, "a", 0, ErrUnavailable)
	i.set(nil, a)
	c.advance(MinInterval)
	want(t, s, "a", 1, nil)
}

func TestOneFetchForAll(t *testing.T) {
	i := newIssuer(t)
	a, gate := ecKey(t, "a"), make(chan struct{})
	i.set(func(w http.ResponseWriter, _ *http.Request) {
		<-gate
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{a}})
	})
	s, _ := newSet(t, i)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() { want(t, s, "a", 1, nil) })
	}
	// One who gives up waiting gets an answer, and costs the others nothing.
	impatient, cancel := context.WithCancel(context.Background())
	cancel()
	for i.count() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := s.Keys(impatient, "a", "ES256"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the impatient: %v", err)
	}
	close(gate)
	wg.Wait()
	if i.count() != 1 {
		t.Errorf("asked %d times", i.count())
	}
}

// flag says whether a round trip has ended.
type flag struct {
	http.RoundTripper
	ended *atomic.Bool
}

func (f flag) RoundTrip(r *http.Request) (*http.Response, error) {
	f.ended.Store(false)
	defer f.ended.Store(true)
	return f.RoundTripper.RoundTrip(r)
}

func TestNobodyWaitsForAnOldKey(t *testing.T) {
	i := newIssuer(t)
	a, gate := ecKey(t, "a"), make(chan struct{})
	i.set(nil, a)
	s, c := newSet(t, i)
	var ended atomic.Bool
	s.client.Transport = flag{s.client.Transport, &ended}
	want(t, s, "a", 1, nil)
	c.advance(MaxAge)
	i.set(func(w http.ResponseWriter, _ *http.Request) { <-gate; w.WriteHeader(http.StatusBadGateway) })
	var wg sync.WaitGroup
	wg.Go(func() { want(t, s, "a", 1, nil) })
	for i.count() < 2 {
		time.Sleep(time.Millisecond)
	}
	want(t, s, "a", 1, nil) // while the other waits at the gate
	if ended.Load() {
		t.Error("it waited for the other's fetch")
	}
	close(gate)
	wg.Wait()
}

func TestHostileAnswers(t *testing.T) {
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = w.Write([]byte(body)) }
	}
	tests := map[string]http.HandlerFunc{
		"no JSON":      text(200, "<html>"),
		"no keys":      text(200, `{}`),
		"keys as text": text(200, `{"keys":"a"}`),
		"many keys":    text(200, `{"keys":[`+strings.Repeat(`{},`, MaxKeys)+`{}]}`),
		"too large":    text(200, `{"keys":[{"x":"`+strings.Repeat("x", backchannel.MaxBody)+`"}]}`),
		"not found":    text(404, `{"keys":[]}`),
		"another host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusFound)
		},
		"metadata host": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusTemporaryRedirect)
		},
		"round and round": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.set(answer)
			s, _ := newSet(t, i)
			want(t, s, "a", 0, ErrUnavailable)
		})
	}
}

func TestRedirectOnTheHost(t *testing.T) {
	i := newIssuer(t)
	a := ecKey(t, "a")
	i.set(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			http.Redirect(w, r, "/keys", http.StatusFound)
			return
		}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{a}})
	})
	s, _ := newSet(t, i)
	want(t, s, "a", 1, nil)
}
