// Package jwks keeps the public keys that an identity provider publishes as a
// JSON Web Key Set (RFC 7517).
//
// It exists beside go-oidc's RemoteKeySet because that one asks the provider
// again for every token that fails to verify, so that anybody with a made-up
// token can make this server flood the provider. Here a token that names an
// unknown key leads to a fetch only where the last one is [MinInterval] ago.
// Keys that the provider has withdrawn are forgotten after [MaxAge]; while the
// provider is down, the known ones are kept for [MaxStale].
//
//	set, err := jwks.New(jwks.Config{URL: url})
//	keys, err := set.Keys(ctx, kid, alg)
//
// There is no goroutine: who needs keys fetches them, and others wait.
package jwks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/backchannel"
)

// When keys are fetched.
const (
	// MinInterval is the least time between two fetches.
	MinInterval = 30 * time.Second
	// MaxAge is how old keys may be before they are fetched anew.
	MaxAge = 15 * time.Minute
	// MaxStale is how long keys are used that cannot be fetched anew.
	MaxStale = 12 * time.Hour
	// MaxKeys is the largest number of keys that a set may have.
	MaxKeys = 100
)

// Errors of [Set.Keys].
var (
	// ErrUnknownKey means that the provider has no such key.
	ErrUnknownKey = errors.New("the token is signed with a key that the provider does not publish")
	// ErrUnavailable means that the provider's keys could not be fetched, so
	// that nobody can be told from anybody else.
	ErrUnavailable = errors.New("the identity provider's keys cannot be fetched")
)

// Config says where the keys are.
type Config struct {
	// URL is the key set's, https or on loopback.
	URL string
	// Client fetches it. The default is [backchannel.New]'s.
	Client *http.Client
	// Now is the clock. The default is [time.Now].
	Now func() time.Time
}

// Set is the keys of one provider. It is safe for concurrent use.
type Set struct {
	url    string
	client *http.Client
	now    func() time.Time
	// fetching has one token: who has taken it fetches.
	fetching chan struct{}

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time // when keys were
	tried   time.Time // when the last fetch began
	failure error     // of the last fetch; errBusy before the first
}

// New makes a set without fetching it.
func New(c Config) (*Set, error) {
	if err := backchannel.CheckURL(c.URL); err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	if c.Client == nil {
		c.Client = backchannel.New(nil)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Set{url: c.URL, client: c.Client, now: c.Now, fetching: make(chan struct{}, 1), failure: errBusy}, nil
}

// Keys returns the keys with which a token could be signed that names the key
// kid and the algorithm alg, after fetching them where needed. A token that
// names no key gets the one key of its kind; where there are more, which of
// them would be a guess, and the error is [ErrUnknownKey].
func (s *Set) Keys(ctx context.Context, kid, alg string) ([]jose.JSONWebKey, error) {
	if keys, fresh := s.known(kid, alg); fresh && len(keys) > 0 {
		return keys, nil
	}
	if err := s.acquire(ctx, kid, alg); err != nil {
		return s.last(kid, alg)
	}
	defer func() { <-s.fetching }()
	if keys, fresh := s.known(kid, alg); fresh && len(keys) > 0 { // another has fetched them meanwhile
		return keys, nil
	}
	if s.due() {
		s.refresh(ctx)
	}
	return s.last(kid, alg)
}

// errBusy means that another request fetches the keys, and that this one need
// not or cannot wait.
var errBusy = errors.New("they are being fetched")

// acquire waits for the right to fetch. It does not wait where another fetches
// and the keys at hand, though old, will do.
func (s *Set) acquire(ctx context.Context, kid, alg string) error {
	select {
	case s.fetching <- struct{}{}:
		return nil
	default:
	}
	if keys, err := s.last(kid, alg); err == nil && len(keys) > 0 {
		return errBusy
	}
	select {
	case s.fetching <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errBusy
	}
}

// known returns what the keys at hand say, and whether they are young enough
// to be believed.
func (s *Set) known(kid, alg string) ([]jose.JSONWebKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return candidates(s.keys, kid, alg), !s.fetched.IsZero() && s.now().Sub(s.fetched) < MaxAge
}

// due reports whether the keys may be fetched again.
func (s *Set) due() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tried.IsZero() || s.now().Sub(s.tried) >= MinInterval
}

// last returns what the keys say after all was tried.
func (s *Set) last(kid, alg string) ([]jose.JSONWebKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fetched.IsZero() || s.now().Sub(s.fetched) >= MaxStale {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, s.failure)
	}
	if keys := candidates(s.keys, kid, alg); len(keys) > 0 {
		return keys, nil
	}
	return nil, ErrUnknownKey
}

// refresh fetches the keys. It outlives the request that needed them: one
// impatient client must not cost the others the interval.
func (s *Set) refresh(ctx context.Context) {
	began := s.now()
	keys, err := s.fetch(context.WithoutCancel(ctx))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried, s.failure = began, err
	if err == nil {
		s.keys, s.fetched = keys, began
	}
}

func (s *Set) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	body, err := backchannel.Get(ctx, s.client, s.url, "application/jwk-set+json, application/json")
	if err != nil {
		return nil, err
	}
	keys, err := Parse(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.url, err)
	}
	return keys, nil
}

// errNoSet is a body that is no key set.
var errNoSet = errors.New("the answer is no JSON Web Key Set, or has too many keys")

// Parse reads a key set. It leaves out what it cannot use, as RFC 7517, section
// 5 wants: symmetric and private keys, which nobody may publish, keys that are
// for encryption, and kinds that it does not know.
func Parse(body []byte) ([]jose.JSONWebKey, error) {
	var raw struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &raw); err != nil || raw.Keys == nil || len(raw.Keys) > MaxKeys {
		return nil, errNoSet
	}
	keys := make([]jose.JSONWebKey, 0, len(raw.Keys))
	for _, k := range raw.Keys {
		var key jose.JSONWebKey
		if err := json.Unmarshal(k, &key); err != nil || !key.IsPublic() || !key.Valid() || key.Use != "" && key.Use != "sig" {
			continue
		}
		keys = append(keys, key)
	}
	return keys, nil
}
