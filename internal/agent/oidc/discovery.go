package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/backchannel"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/jwks"
)

// When the provider's metadata is fetched.
const (
	// retryAfter is the least time between two attempts that fail.
	retryAfter = 5 * time.Second
	// metadataAge is how old metadata may be before it is fetched anew. While
	// that fails, the old one is used.
	metadataAge = 12 * time.Hour
)

// metadata is what OpenID Connect Discovery, section 3, RFC 8414 and RP-Initiated
// Logout, section 2.1, let a provider publish, as far as it is used here.
type metadata struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	UserInfo      string   `json:"userinfo_endpoint"`
	JWKS          string   `json:"jwks_uri"`
	EndSession    string   `json:"end_session_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer   bool     `json:"authorization_response_iss_parameter_supported"`
}

// endpoints is a provider that has been discovered. It is immutable but for the
// keys.
type endpoints struct {
	metadata
	keys *jwks.Set
}

// ErrUnavailable means that the provider cannot be reached, or answers nonsense.
var ErrUnavailable = errors.New("the identity provider cannot be reached, or its metadata is wrong")

// discovery fetches a provider's metadata when it is first needed, and again
// after a failure. Like [jwks.Set] it has no goroutine.
type discovery struct {
	issuer string
	client *http.Client
	now    func() time.Time
	turn   chan struct{} // who has put something in fetches

	mu      sync.Mutex
	current *endpoints
	fetched time.Time
	failed  time.Time
	failure error
}

func newDiscovery(issuer string, client *http.Client, now func() time.Time) *discovery {
	return &discovery{issuer: issuer, client: client, now: now, turn: make(chan struct{}, 1)}
}

// get returns the provider's endpoints, or an error that is [ErrUnavailable].
func (d *discovery) get(ctx context.Context) (*endpoints, error) {
	if e, settled, err := d.known(); settled {
		return e, err
	}
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	if e, settled, err := d.known(); settled { // another has asked meanwhile
		return e, err
	}
	// The answer is for all who wait, so the one who asks must not take it along.
	e, err := d.fetch(context.WithoutCancel(ctx))
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.failed, d.failure = now, fmt.Errorf("%w: %w", ErrUnavailable, err)
		return d.answer()
	}
	if d.current != nil && d.current.JWKS == e.JWKS {
		e.keys = d.current.keys // they know more than an empty set
	}
	d.current, d.fetched, d.failure = e, now, nil
	return d.answer()
}

// known returns what is known, and whether that settles the question for now.
func (d *discovery) known() (_ *endpoints, settled bool, _ error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	fresh := d.current != nil && now.Sub(d.fetched) < metadataAge
	waiting := d.failure != nil && now.Sub(d.failed) < retryAfter
	if !fresh && !waiting {
		return nil, false, nil
	}
	e, err := d.answer()
	return e, true, err
}

// answer prefers old metadata to none.
func (d *discovery) answer() (*endpoints, error) {
	if d.current != nil {
		return d.current, nil
	}
	return nil, d.failure
}

func (d *discovery) fetch(ctx context.Context) (*endpoints, error) {
	url := strings.TrimSuffix(d.issuer, "/") + "/.well-known/openid-configuration"
	body, err := backchannel.Get(ctx, d.client, url, "application/json")
	if err != nil {
		return nil, err
	}
	e := new(endpoints)
	if err := json.Unmarshal(body, &e.metadata); err != nil {
		return nil, fmt.Errorf("%s is no JSON object of metadata", url)
	}
	if err := e.check(d.issuer); err != nil {
		return nil, fmt.Errorf("%s: %w", url, err)
	}
	e.keys, err = jwks.New(jwks.Config{URL: e.JWKS, Client: d.client, Now: d.now})
	return e, err
}

// check refuses metadata that would send an agent, a code or a secret astray.
func (m *metadata) check(issuer string) error {
	if m.Issuer != issuer {
		return fmt.Errorf("the provider calls itself %q, and the configuration %q: write the issuer exactly as the provider does", m.Issuer, issuer)
	}
	for _, e := range []struct {
		name, url string
		optional  bool
	}{
		{"authorization_endpoint", m.Authorization, false},
		{"token_endpoint", m.Token, false},
		{"jwks_uri", m.JWKS, false},
		{"userinfo_endpoint", m.UserInfo, true},
		{"end_session_endpoint", m.EndSession, true},
	} {
		if e.optional && e.url == "" {
			continue
		}
		if err := backchannel.CheckURL(e.url); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	return nil
}

// authStyle says how the client shows its secret. The default of Discovery is
// client_secret_basic; x/oauth2 would otherwise try both, and so spend a code.
func (m *metadata) authStyle(secret string) oauth2.AuthStyle {
	post := len(m.AuthMethods) > 0 && !slices.Contains(m.AuthMethods, "client_secret_basic")
	if secret == "" || post {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}
