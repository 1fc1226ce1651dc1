package proxy

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
)

// issued writes down that an agent gets a token from one of the routes of Zoom's
// samples, which know no session. Where that cannot be written it returns the
// refusal that the agent gets instead.
func (rec *recorder) issued(r *http.Request, role, signed string, who *agent.Agent, client string) *refusal {
	line := rec.by(audit.Record{Event: audit.EventTokenIssued, Outcome: audit.Success, TokenHash: audit.TokenHash(signed)}, r, who, client)
	line.Role = role
	if rec.append(r.Context(), line) == nil {
		return nil
	}
	f := refuse(http.StatusServiceUnavailable, resultAudit, "token", "The audit record cannot be written")
	f.wait = shortWait
	return f
}

// refused writes down that somebody asked one of these routes for an agent's
// token and is no agent, or not known to be one. Other refusals say nothing of
// who asks for what, and are counted in metrics only.
func (rec *recorder) refused(r *http.Request, role, result, client string) {
	outcome := audit.Refused
	switch result {
	case resultUnidentified, resultNotConfigured, resultNotAllowed:
	case resultIdentityFault:
		outcome = audit.Failure
	default:
		return
	}
	rec.refusals.add(audit.Record{
		Event: audit.EventTokenRefused, Outcome: outcome, Reason: result,
		Role: role, AgentIP: client, RequestID: rec.requestID(r),
	})
}

// refusalsEvery is how often a line may be written about refusals of one kind.
const refusalsEvery = time.Minute

// refusals writes down refused requests, of which a stranger can make as many as
// they like: the first of a kind, which is a role and a reason, at once, and the
// others by their number, in a line a minute. There are less than ten kinds, and
// most sites have one; so a year's flood is about 200 MB. It owns no goroutine
// while nothing is refused.
type refusals struct {
	write func(context.Context, audit.Record) error
	every time.Duration

	mu     sync.Mutex
	kinds  []*refusalKind
	timer  *time.Timer // nil while no kind is open
	closed bool
}

// refusalKind is a kind of which a line was written lately.
type refusalKind struct {
	last audit.Record
	more int64 // since that line
}

// add writes down a refusal, now or later.
func (l *refusals) add(line audit.Record) {
	if !l.open(line) {
		_ = l.write(context.Background(), line) // nobody gets anything either way
	}
}

// open counts a refusal whose kind is open, and opens it else.
func (l *refusals) open(line audit.Record) (was bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, kind := range l.kinds {
		if kind.last.Role == line.Role && kind.last.Reason == line.Reason {
			kind.last, kind.more = line, kind.more+1
			return true
		}
	}
	l.kinds = append(l.kinds, &refusalKind{last: line})
	l.arm()
	return false
}

// arm wants the lock.
func (l *refusals) arm() {
	if l.timer == nil && !l.closed {
		l.timer = time.AfterFunc(l.every, l.flush)
	}
}

// flush writes a line for each kind that has come again, and forgets the others.
func (l *refusals) flush() {
	for _, line := range l.take() {
		_ = l.write(context.Background(), line)
	}
}

// take returns the lines that are due. Kinds that have one stay open, so that
// theirs is the next one's first.
func (l *refusals) take() (due []audit.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = nil
	l.kinds = slices.DeleteFunc(l.kinds, func(kind *refusalKind) bool { return kind.more == 0 })
	for _, kind := range l.kinds {
		line := kind.last
		line.Count, kind.more = kind.more, 0
		due = append(due, line)
	}
	if len(l.kinds) > 0 {
		l.arm()
	}
	return due
}

// close writes what is due, and ends it. Refusals after it are counted in
// metrics only, but for the first of each kind.
func (l *refusals) close() {
	l.mu.Lock()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	l.flush()
}
