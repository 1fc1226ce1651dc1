package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	jose "github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent/claims"
)

// maxIDToken is the longest ID token, in bytes: some carry hundreds of groups.
const maxIDToken = 64 << 10

// errKey is a signature that none of the provider's keys has made.
var errKey = errors.New("no valid signature")

// read checks the tokens of a login (OpenID Connect Core, section 3.1.3), and
// returns whom they describe.
func (p *Provider) read(ctx context.Context, e *endpoints, token *oauth2.Token, nonce string) (agent.Agent, error) {
	raw, _ := token.Extra("id_token").(string)
	if raw == "" || len(raw) > maxIDToken {
		return agent.Agent{}, fmt.Errorf("%w: there is no ID token, or it is too long", errRefused)
	}
	set, err := p.verify(ctx, e, raw, token.AccessToken, nonce)
	if err != nil {
		return agent.Agent{}, err
	}
	if err := p.complete(ctx, e, token, set); err != nil {
		return agent.Agent{}, err
	}
	who, err := set.Agent(p.config.Claims)
	if err != nil {
		return agent.Agent{}, fmt.Errorf("%w: %w", errRefused, err)
	}
	who.Source = Name
	return who, nil
}

// verify returns the claims of an ID token that was made for this login.
func (p *Provider) verify(ctx context.Context, e *endpoints, raw, accessToken, nonce string) (claims.Set, error) {
	keys := &keySet{endpoints: e, algorithms: p.algorithms}
	algorithms := make([]string, 0, len(p.algorithms))
	for _, a := range p.algorithms {
		algorithms = append(algorithms, string(a))
	}
	verifier := gooidc.NewVerifier(p.config.Issuer, keys, &gooidc.Config{
		ClientID: p.config.ClientID, SupportedSigningAlgs: algorithms, Now: p.config.Now,
	})
	token, err := verifier.Verify(ctx, raw)
	switch {
	case keys.err != nil && unavailable(keys.err): // go-oidc does not wrap it
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, keys.err)
	case err != nil:
		return nil, fmt.Errorf("%w: the ID token's signature, issuer, audience or time is wrong", errRefused)
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return nil, fmt.Errorf("%w: the ID token has another nonce, or none", errRefused)
	case token.AccessTokenHash != "" && token.VerifyAccessToken(accessToken) != nil:
		return nil, fmt.Errorf("%w: the ID token is for another access token", errRefused)
	}
	set, err := claims.Parse(keys.payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRefused, err)
	}
	// Section 3.1.3.7, items 4 and 5: of several audiences, the one that asked.
	party, err := set.String("azp")
	if err != nil || party != "" && party != p.config.ClientID || party == "" && len(token.Audience) > 1 {
		return nil, fmt.Errorf("%w: the ID token was made for another client", errRefused)
	}
	return set, nil
}

// complete adds what the ID token does not say but the UserInfo endpoint does
// (section 5.3): many providers put groups and names only there.
func (p *Provider) complete(ctx context.Context, e *endpoints, token *oauth2.Token, set claims.Set) error {
	names := []string{p.config.Claims.ID, p.config.Claims.Name, p.config.Claims.Email, p.config.Claims.Groups}
	missing := false
	for _, name := range names {
		missing = missing || !set.Has(name)
	}
	if !missing || e.UserInfo == "" {
		return nil
	}
	subject, _ := set.String("sub")
	source := (&gooidc.ProviderConfig{IssuerURL: e.Issuer, UserInfoURL: e.UserInfo, JWKSURL: e.JWKS}).NewProvider(ctx)
	info, err := source.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("%w: the UserInfo endpoint did not answer as it should", ErrUnavailable)
	}
	if info.Subject == "" || info.Subject != subject { // section 5.3.2: it may be somebody else's
		return fmt.Errorf("%w: the UserInfo endpoint describes somebody else", errRefused)
	}
	var body json.RawMessage
	if err := info.Claims(&body); err != nil {
		return fmt.Errorf("%w: the UserInfo endpoint's claims cannot be read", errRefused)
	}
	more, err := claims.Parse(body)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	for name, value := range more { // what is signed is never replaced
		if _, ok := set[name]; !ok {
			set[name] = value
		}
	}
	return nil
}

// keySet is go-oidc's view of the provider's keys, for one ID token.
type keySet struct {
	*endpoints
	algorithms []jose.SignatureAlgorithm

	payload []byte
	err     error
}

// VerifySignature implements go-oidc's KeySet.
func (k *keySet) VerifySignature(ctx context.Context, raw string) ([]byte, error) {
	k.payload, k.err = k.verify(ctx, raw)
	return k.payload, k.err
}

func (k *keySet) verify(ctx context.Context, raw string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(raw, k.algorithms)
	if err != nil {
		return nil, errKey
	}
	header := jws.Signatures[0].Protected
	keys, err := k.keys.Keys(ctx, header.KeyID, header.Algorithm)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if payload, err := jws.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, errKey
}
