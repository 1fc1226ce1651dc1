package caddymodule

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// eventPrefix is before the names of our events: "cobrowse.session.claimed".
const eventPrefix = "cobrowse."

// recordEvents emits each line of the audit record as an event of Caddy's, whose
// data has the members of the line, once the line is on the disk where a record
// is kept. Caddy runs the handlers of an event before it goes on, so that slow
// ones should run in the background, as exec can.
type recordEvents struct {
	record proxy.Audit // nil where none is kept
	ctx    caddy.Context
	app    *caddyevents.App
	logger *slog.Logger
}

// withEvents passes the lines of cfg.Audit on to Caddy's events app.
func withEvents(ctx caddy.Context, cfg *proxy.Config, logger *slog.Logger) error {
	app, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("getting the events app: %w", err)
	}
	cfg.Audit = recordEvents{record: cfg.Audit, ctx: ctx, app: app.(*caddyevents.App), logger: logger}
	return nil
}

// Append implements [proxy.Audit].
func (e recordEvents) Append(ctx context.Context, r proxy.AuditRecord) error {
	if e.record != nil {
		if err := e.record.Append(ctx, r); err != nil {
			return err
		}
	}
	e.emit(r)
	return nil
}

// emit never fails: what a subscriber does is no reason to refuse an agent.
func (e recordEvents) emit(r proxy.AuditRecord) {
	name := eventPrefix + r.Event
	if !e.app.ShouldEmit(name) {
		return
	}
	defer func() {
		if recover() != nil {
			e.logger.Error("the handler of an event panicked", "event", name)
		}
	}()
	text, err := json.Marshal(r)
	data := make(map[string]any)
	if err == nil {
		err = json.Unmarshal(text, &data)
	}
	if err != nil {
		return // a record consists of texts
	}
	e.app.Emit(e.ctx, name, data)
}
