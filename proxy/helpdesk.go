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
	rates, err := newRates(cfg)
	if err != nil {
		return nil, err
	}
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
	d := &helpDesk{
		sessions: manager, own: own, minter: minter, origins: newOriginPolicy(cfg.Origins),
		limiter: rates[0], events: rates[1], agentRate: rates[2], agents: cfg.Agents,
		customer: cfg.Customer.Identify, clientIP: cfg.ClientIP, lifetime: cfg.Customer.TokenTTL,
		site: cfg.Desk.Site, record: record, zoom: zoom, stop: make(chan struct{}), now: cfg.Now,
	}
	d.sweeper = &sweeper{sessions: manager, record: record, site: d.site, every: sweepEvery}
	if own == nil {
		d.sweeper.arm() // the operator's store may have sessions already
	}
	return d, nil
}

// newRates makes the limits of customers' sessions, of what their pages report,
// and of agents.
func newRates(cfg *Config) (rates [3]*clientLimiter, err error) {
	for i, times := range []int{1, eventsPerToken, eventsPerToken} {
		if rates[i], err = newClientLimiter(times*cfg.Limits.TokensPerClient, cfg.Limits.Per, cfg.Now); err != nil {
			return rates, fmt.Errorf("limits: %w", err)
		}
	}
	return rates, nil
}

// endStreams ends the streams of all desks, which connect again, to whatever
// serves by then.
func (d *helpDesk) endStreams() { d.ending.Do(func() { close(d.stop) }) }

// close ends streams and timers, and the store that is our own.
func (d *helpDesk) close() error {
	d.endStreams()
	d.sweeper.close()
	d.record.refusals.close()
	if d.own != nil {
		return d.own.Close()
	}
	return nil
}
