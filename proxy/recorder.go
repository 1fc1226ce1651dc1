package proxy

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
)

// recorder tells everybody who wants to know what becomes of sessions: the
// audit record, the operator's webhooks, the metrics and the log. Nothing that
// it tells has a PIN, a ticket or a token.
type recorder struct {
	audit     Audit         // nil: none is kept
	sender    WebhookSender // nil: nobody is told
	observer  Observer
	trace     func(ctx context.Context, key, value string)
	logger    *slog.Logger
	requestID func(*http.Request) string
	site      string
	refusals  *refusals
}

// newRecorder wants a Config with its defaults set. A site has one, whose
// refusals are closed with it.
func newRecorder(cfg *Config) *recorder {
	rec := &recorder{
		audit: cfg.Audit, sender: cfg.Webhooks, observer: cfg.Observer, trace: cfg.Trace,
		logger: cfg.Logger, requestID: cfg.RequestID, site: cfg.Desk.Site,
	}
	rec.refusals = &refusals{write: rec.append, every: refusalsEvery}
	return rec
}

// append writes a line of the audit record. Only what hands out agent tokens
// must look at the error; it is counted and logged here.
func (rec *recorder) append(ctx context.Context, line audit.Record) error {
	line.Site = cmp.Or(line.Site, rec.site)
	rec.log(ctx, &line)
	if rec.audit == nil {
		return nil
	}
	// A line that was begun is finished, whatever becomes of the request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditPatience)
	defer cancel()
	err := rec.audit.Append(ctx, line)
	if err != nil {
		rec.observer.AuditFault()
		rec.logger.Error("the audit record cannot be written", "event", line.Event, "error", err)
	}
	return err
}

// auditPatience bounds how long a request waits for the disk.
const auditPatience = 5 * time.Second

// log shows a line of the record in the log, for operators who keep none.
func (rec *recorder) log(ctx context.Context, line *audit.Record) {
	if !rec.logger.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{slog.String("event", line.Event), slog.String("outcome", string(line.Outcome))}
	for _, a := range []slog.Attr{
		slog.String("reason", line.Reason), slog.String("session", line.Session), slog.String("customer", line.CustomerRef),
		slog.String("agent", line.AgentID), slog.String("agent_source", line.AgentSource), slog.String("agent_ip", line.AgentIP),
		slog.String("page", line.Page), slog.String("token_sha256", line.TokenHash), slog.String("request_id", line.RequestID),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if line.Count > 0 {
		attrs = append(attrs, slog.Int64("count", line.Count))
	}
	rec.logger.LogAttrs(ctx, slog.LevelInfo, "cobrowse record", attrs...)
}

// line begins a record about a session. Its site is the session's own: Zoom's
// webhooks of several sites come to one of them.
func (rec *recorder) line(event string, outcome audit.Outcome, s *session.Session) audit.Record {
	return audit.Record{Event: event, Outcome: outcome, Site: s.Site, Session: s.ID, CustomerRef: s.Customer.ID, Page: s.Page}
}

// by adds who did it.
func (rec *recorder) by(line audit.Record, r *http.Request, who *agent.Agent, client string) audit.Record {
	line.Role, line.AgentID, line.AgentSource, line.AgentIP = "agent", who.ID, who.Source, client
	line.RequestID = rec.requestID(r)
	return line
}

// created tells of a customer's click.
func (rec *recorder) created(r *http.Request, s *session.Session, token string) {
	line := rec.line(audit.EventSessionCreated, audit.Success, s)
	line.Role, line.RequestID, line.TokenHash = "customer", rec.requestID(r), audit.TokenHash(token)
	_ = rec.append(r.Context(), line) // a customer is helped nevertheless
	rec.observer.Session(string(session.StateCreated))
	rec.post(webhook.SessionCreated{Session: webhookSession(s)})
}

// eventUnclaimed is the audit record's word for an agent who is in a session that
// nobody has claimed here: the token came from elsewhere.
const eventUnclaimed = "session.joined_unclaimed"

// changed tells of what a page, Zoom or the clock has changed.
func (rec *recorder) changed(ctx context.Context, change *session.Change, requestID string) {
	s := &change.Session
	if change.Unclaimed {
		line := rec.line(eventUnclaimed, audit.Success, s)
		line.RequestID = requestID
		_ = rec.append(ctx, line)
	}
	if s.State == change.From {
		return
	}
	rec.observer.Session(string(s.State))
	line := rec.line("", audit.Success, s)
	line.RequestID = requestID
	switch {
	case s.State == session.StateWaiting && change.From == session.StateCreated:
		line.Event = audit.EventSessionPINBound
	case s.State.Over():
		line.Event, line.Reason = audit.EventSessionEnded, string(s.Ended)
	default:
		return
	}
	_ = rec.append(ctx, line)
	if s.State.Over() {
		rec.post(sessionEnded(s))
	}
}

// byAgent tells of what an agent or a supervisor has done to a session.
func (rec *recorder) byAgent(r *http.Request, change *session.Change, who *agent.Agent, client, event string) {
	s := &change.Session
	line := rec.by(rec.line(event, audit.Success, s), r, who, client)
	if s.State == change.From {
		_ = rec.append(r.Context(), line)
		return
	}
	line.Reason = string(s.Ended)
	rec.observer.Session(string(s.State))
	_ = rec.append(r.Context(), line)
	if s.State.Over() {
		rec.post(sessionEnded(s))
	}
}

// claim counts an agent's wish to join, by what became of it.
func (rec *recorder) claim(ctx context.Context, result string) {
	rec.observer.Claim(result)
	rec.trace(ctx, TraceClaim, result)
}

// claimed tells programs of a claim; the audit line is the join's own affair.
func (rec *recorder) claimed(s *session.Session, who *agent.Agent) {
	rec.post(webhook.SessionClaimed{Session: webhookSession(s), Agent: person(who.ID, who.Name, who.Source)})
}

func (rec *recorder) post(event webhook.Event) {
	if rec.sender != nil {
		rec.sender.Post(event)
	}
}

func webhookSession(s *session.Session) webhook.Session {
	out := webhook.Session{ID: s.ID, Site: s.Site, Page: s.Page}
	if s.Customer.ID != "" || s.Customer.Name != "" {
		customer := person(s.Customer.ID, s.Customer.Name, "")
		out.Customer = &customer
	}
	return out
}

func sessionEnded(s *session.Session) webhook.SessionEnded {
	ended := webhook.SessionEnded{
		Session: webhookSession(s), Reason: string(s.Ended),
		Created: s.CreatedAt, Ended: s.EndedAt,
	}
	if len(s.Claims) > 0 {
		first := s.Claims[0]
		by := person(first.ID, first.Name, "")
		ended.Agent, ended.Claimed = &by, first.At
	}
	return ended
}

func person(id, name, source string) webhook.Person {
	return webhook.Person{ID: id, Name: name, Source: source}
}
