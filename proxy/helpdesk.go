package proxy

import (
	"fmt"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
)

// eventsPerToken is how many events a client may report for each token that it
// may ask for: a session reports three times a minute, and at most a few times
// a second while it begins. Agents may ask as often: a whole office of them may
// share an address, and each search at a desk is a request.
const eventsPerToken = 20

// newHelpDesk wants a Config with its defaults set. Whoever calls it calls
// close.
func newHelpDesk(cfg *Config) (*helpDesk, error) {
	minter, err := newMinter(cfg)
	if err != nil {
		return nil, err
	}
	zoom, err := newZoomWebhook(cfg)
	if err != nil {
		return nil, err
	}
	record := newRecorder(cfg)
	store, own := cfg.Store, session.Store(nil)
	if store == nil {
		made, err := memory.New(memory.Config{Now: cfg.Now})
		if err != nil {
			return nil, fmt.Errorf("store memory: %w", err)
		}
		store, own = made, made
	}
	manager, err := session.New(session.Config{
		Store: store, Secrets: cfg.SDKSecrets, PINs: session.PINMode(cfg.Desk.PINs),
		MaxAgents: cfg.Desk.MaxAgents, Limits: cfg.Desk.Limits, Now: cfg.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	limiter, err := newClientLimiter(cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	events, err := newClientLimiter(eventsPerToken*cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	agentRate, err := newClientLimiter(eventsPerToken*cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now)
	if err != nil {
		return nil, fmt.Errorf("limits: %w", err)
	}
	d := &helpDesk{
		sessions: manager, own: own, minter: minter, origins: newOriginPolicy(cfg.Origins),
		limiter: limiter, events: events, agentRate: agentRate, agents: cfg.Agents,
		customer: cfg.Customer.Identify, clientIP: cfg.ClientIP, lifetime: cfg.Customer.TokenTTL,
		site: cfg.Desk.Site, record: record, zoom: zoom, stop: make(chan struct{}), now: cfg.Now,
	}
	d.sweeper = &sweeper{sessions: manager, record: record, site: d.site, every: sweepEvery}
	return d, nil
}

// endStreams ends the streams of all desks, which connect again, to whatever
// serves by then.
func (d *helpDesk) endStreams() { d.ending.Do(func() { close(d.stop) }) }

// close ends streams and timers, and the store that is our own.
func (d *helpDesk) close() error {
	d.endStreams()
	d.sweeper.close()
	if d.own != nil {
		return d.own.Close()
	}
	return nil
}
