package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// tokenEndpoint answers POST {base}/token, which is compatible with Zoom's
// auth-endpoint sample: a page of the site asks for role 1; role 2 is for an
// identified agent. Our own button and desk use the routes of sessions instead
// (sessions.go, desk_join.go).
//
// Request, reply and error texts are Zoom's (package token); so errors are
// Zoom's envelope {"errors":[{"property","reason"}]}, not problem+json, for every
// status. Replies carry the token twice, as "token" for clients of the sample and
// as "sdkToken", the name that the SDK gives it.
//
// A request passes these doors, in this order: method, origin, rate, body,
// identity. The origin comes before the rate, so that a foreign page cannot
// use up its visitors' share.
//
// It differs from the sample on purpose: other methods get 405 with Allow
// instead of 404, bodies above 8 KiB get 413, CORS is for configured origins
// only, and a life above the operator's maximum is cut to it, not refused, as
// long as it is one that Zoom accepts.
type tokenEndpoint struct {
	minter   *token.Minter
	origins  originPolicy
	limiter  *clientLimiter
	agents   agent.Identifier
	customer func(*http.Request) (id, name string)
	clientIP func(*http.Request) string
	ttl, max time.Duration
	sessions *session.Manager // counts customers' tokens
	site     string
	record   *recorder
	observer Observer
	logger   *slog.Logger
}

// newTokenEndpoint wants a Config with its defaults set. Tokens of customers are
// counted in shared budgets only once the field sessions is set.
func newTokenEndpoint(cfg *Config, minter *token.Minter, record *recorder) (*tokenEndpoint, error) {
	ttl, longest := cfg.Customer.TokenTTL.Truncate(time.Second), cfg.Customer.TokenTTLMax.Truncate(time.Second)
	if ttl < token.MinLifetime || longest < ttl || longest > token.MaxLifetime {
		return nil, fmt.Errorf("token_ttl %v, token_ttl_max %v: they must be from %v to %v, and in this order",
			ttl, longest, token.MinLifetime, token.MaxLifetime)
	}
	limiter, err := newClientLimiter(cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	return &tokenEndpoint{
		minter:   minter,
		origins:  newOriginPolicy(cfg.Origins),
		limiter:  limiter,
		agents:   cfg.Agents,
		customer: cfg.Customer.Identify,
		clientIP: cfg.ClientIP,
		site:     cfg.Desk.Site,
		record:   record,
		ttl:      ttl,
		max:      longest,
		observer: cfg.Observer,
		logger:   cfg.Logger,
	}, nil
}

// newMinter makes the minter of all tokens of the Cobrowse SDK.
func newMinter(cfg *Config) (*token.Minter, error) {
	minter, err := token.New(token.Config{
		Key: cfg.SDKKey, Secrets: cfg.SDKSecrets, Now: cfg.Now, BYOP: cfg.Desk.PINs == string(session.PINBYOP),
	})
	if err != nil {
		return nil, fmt.Errorf("sdk_key, sdk_secret: %w", err)
	}
	return minter, nil
}

// tokenReply is Zoom's reply and ours: the same token under both names.
type tokenReply struct {
	Token    string `json:"token"`
	SDKToken string `json:"sdkToken"`
}

// ServeHTTP answers the route, whatever the method.
func (e *tokenEndpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Origin")
	if isPreflight(r) {
		answerPreflight(w, r, e.origins)
		return
	}
	event := tokenEvent{role: token.RoleCustomer} // unless the body says otherwise
	signed, refused := e.mint(w, r, &event)
	if refused != nil {
		event.result = refused.result
		e.report(r.Context(), &event)
		if event.role == token.RoleAgent {
			e.record.refused(r, event.role.String(), event.result, event.client)
		}
		refused.write(w)
		return
	}
	event.result, event.token = resultMinted, signed
	e.report(r.Context(), &event)
	writeJSON(w, http.StatusOK, jsonContentType, tokenReply{signed, signed})
}

// mint lets a request pass the doors and signs its token. It fills event with
// what becomes known on the way.
func (e *tokenEndpoint) mint(w http.ResponseWriter, r *http.Request, event *tokenEvent) (string, *refusal) {
	var refused *refusal
	if event.client, refused = admitTokenRequest(w, r, e.origins, e.limiter, e.clientIP); refused != nil {
		return "", refused
	}
	request, refused := readTokenRequest(w, r, token.ParseRequest)
	if refused != nil {
		return "", refused
	}
	event.role = request.Role
	grant, refused := e.grant(r, request, event)
	if refused != nil {
		return "", refused
	}
	if grant.Role == token.RoleCustomer {
		if refused := e.spend(r, event.client); refused != nil {
			return "", refused
		}
	}
	signed, err := e.minter.Mint(grant)
	if err != nil {
		e.logger.Error("minting a token failed", "error", err)
		return "", refuseInternal()
	}
	if grant.Role == token.RoleAgent {
		if refused := e.record.issued(r, event.role.String(), signed, &event.agent, event.client); refused != nil {
			return "", refused
		}
	}
	return signed, nil
}

// spend counts a customer's token in the budgets that all instances share.
func (e *tokenEndpoint) spend(r *http.Request, client string) *refusal {
	if e.sessions == nil {
		return nil
	}
	err := e.sessions.SpendToken(r.Context(), e.site, addr(client))
	var limit *session.LimitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &limit):
		return refuseRate(limit.RetryAfter)
	}
	e.logger.Warn("the session store failed", "error", err)
	f := refuse(http.StatusServiceUnavailable, resultStore, "token", "Tokens cannot be counted at the moment")
	f.wait = shortWait
	return f
}

// grant decides whom the token is for. Role 2 needs an agent, who is found in
// what the server knows, never in the body.
func (e *tokenEndpoint) grant(r *http.Request, request token.Request, event *tokenEvent) (token.Grant, *refusal) {
	var id, name string
	if request.Role == token.RoleAgent {
		who, err := identify(e.agents, r)
		if err != nil {
			return token.Grant{}, e.refuseAgent(err)
		}
		event.agent = who
		id, name = who.ID, who.Name
		if name == "" {
			name = who.ID
		}
	} else {
		id, name = identifyCustomer(e.customer, r, e.logger)
	}
	grant := token.Grant{
		Role:     request.Role,
		UserID:   token.FitUserID(id),
		UserName: token.FitUserName(name),
		Lifetime: e.ttl,
	}
	// What the site knows of a customer wins over what the customer's browser
	// says, since agents rely on the name they read. An agent may choose, as
	// with Zoom's sample; the log has the identity.
	chooses := func(known string) bool { return request.Role == token.RoleAgent || known == "" }
	if chooses(id) && request.UserID != "" {
		grant.UserID = request.UserID
	}
	if chooses(name) && request.UserName != "" {
		grant.UserName = request.UserName
	}
	if request.Lifetime != 0 {
		grant.Lifetime = request.Lifetime
	}
	grant.Lifetime = min(grant.Lifetime, e.max)
	return grant, nil
}

// refuseAgent translates the errors of an identifier.
func (e *tokenEndpoint) refuseAgent(err error) *refusal {
	switch {
	case errors.Is(err, agent.ErrNotConfigured):
		return refuseRole(resultNotConfigured, reasonNotConfigured)
	case errors.Is(err, agent.ErrUnidentified):
		return refuseRole(resultUnidentified, reasonUnidentified)
	}
	e.logger.Warn("the agent identity source failed", "error", err)
	return refuseIdentity()
}

// tokenEvent is what a token request comes to: for metrics, the log and the
// audit record.
type tokenEvent struct {
	role   token.Role
	result string
	client string
	agent  agent.Agent
	token  string
}

// report counts and logs an event. Of the token it shows the beginning of a
// digest, enough to find who got a token that turns up somewhere.
func (e *tokenEndpoint) report(ctx context.Context, event *tokenEvent) {
	e.observer.Token(event.role.String(), event.result)
	if !e.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("role", event.role.String()),
		slog.String("result", event.result),
	}
	if event.client != "" {
		attrs = append(attrs, slog.String("client", event.client))
	}
	if event.agent.ID != "" {
		attrs = append(attrs, slog.String("agent", event.agent.ID))
	}
	if event.token != "" {
		attrs = append(attrs, slog.String("token_sha256", audit.TokenHash(event.token)))
	}
	e.logger.LogAttrs(ctx, slog.LevelDebug, "token request", attrs...)
}
