package sandbox

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Times of a connection.
const (
	writePatience = 20 * time.Second // for one frame to be written
	pingEvery     = 20 * time.Second
)

// maxOrigin is longer than any host name with its scheme and port; a session
// remembers its site's.
const maxOrigin = 300

// dialect is what the frames of a connection mean, and how many bytes it may
// send.
type dialect struct {
	hello        int64 // the longest first frame
	backlog      int
	bytes, burst int64
	// admit lets in who the first frame says, or refuses it.
	admit func(c *conn, first []byte) (*guest, error)
}

// guest is a connection that has said who it is.
type guest struct {
	frame  int64 // the longest frame from now on
	handle func(data []byte) error
	leave  func()
}

// cobrowsing is the dialect of sessions in which a page is shared.
func (s *Service) cobrowsing() dialect {
	l := s.cfg.Limits
	return dialect{hello: l.AgentFrame, backlog: l.Backlog, bytes: l.Bytes, burst: 4 * l.PageFrame, admit: (*conn).admitCobrowse}
}

// serveSocket runs one connection from its first frame to its end.
func (s *Service) serveSocket(w http.ResponseWriter, r *http.Request, d dialect) {
	address := addressKey(s.cfg.ClientIP(r))
	switch {
	case !s.originAllowed(r):
		http.Error(w, "sandbox: this origin may not share pages here; add it to AllowedOrigins", http.StatusForbidden)
		return
	case s.hub.blocked(address):
		http.Error(w, "sandbox: too many failures from this address; wait", http.StatusTooManyRequests)
		return
	case !s.enter(address):
		http.Error(w, "sandbox: full, about to stop, or too many connections from this address that say nothing", http.StatusServiceUnavailable)
		return
	}
	defer s.leave()
	known := sync.OnceFunc(func() { s.known(address) })
	defer known()
	limits, now := s.cfg.Limits, s.cfg.Now()
	pings := newBucket(limits.Rate, 2*limits.Rate, now)
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // originAllowed has checked it
		CompressionMode:    websocket.CompressionNoContextTakeover,
		// Pings count as no frames, and an answer to each could be asked for.
		OnPingReceived: func(context.Context, []byte) bool { return pings.take(s.cfg.Now()) },
	})
	if err != nil {
		return // Accept has answered
	}
	conn := &conn{
		s: s, c: c, dialect: d, queue: newQueue(d.backlog), address: address, site: r.Header.Get("Origin"), known: known,
		spent: newBucket(float64(d.bytes), float64(d.burst), now),
	}
	conn.run(s.ctx)
}

// originAllowed decides whether a page may open a connection. Programs that
// are no browsers send no Origin and need a token all the same.
func (s *Service) originAllowed(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if len(origin) > maxOrigin {
		return false
	}
	if origin == "" || slices.Contains(s.cfg.AllowedOrigins, "*") || slices.Contains(s.cfg.AllowedOrigins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// conn is a connection. It has two goroutines: the handler's own reads, another
// writes.
type conn struct {
	*queue
	dialect
	s             *Service
	c             *websocket.Conn
	address, site string
	known         func()  // it is known who this is
	spent         *bucket // bytes
}

func (c *conn) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel() // ends a read that waits
		c.write(ctx)
	})
	var refused *refusal
	if err := c.read(ctx); errors.As(err, &refused) {
		c.s.cfg.Logger.Debug("sandbox refused a connection", "code", int(refused.code))
		c.finish(frame{"t": "error", "code": int(refused.code), "message": refused.text}.bytes())
	} else {
		cancel()
	}
	writer.Wait()
	cancel()
	_ = c.c.CloseNow() // closed already, or beyond saving
}

// read handles frames until the connection ends or is refused.
func (c *conn) read(ctx context.Context) error {
	limits := c.s.cfg.Limits
	c.c.SetReadLimit(c.hello)
	helloCtx, cancel := context.WithTimeout(ctx, limits.Hello)
	first, err := c.next(helloCtx)
	cancel()
	if err != nil {
		return err
	}
	g, err := c.admit(c, first)
	if err != nil {
		return err
	}
	defer g.leave()
	c.known()
	c.c.SetReadLimit(g.frame)
	rate := newBucket(limits.Rate, 2*limits.Rate, c.s.cfg.Now())
	for {
		data, err := c.next(ctx)
		if err != nil {
			return err
		}
		if !rate.take(c.s.cfg.Now()) {
			return refuse(CodeUndefined, "too many frames a second")
		}
		if err := g.handle(data); err != nil {
			return err
		}
	}
}

// next reads a frame.
func (c *conn) next(ctx context.Context) ([]byte, error) {
	kind, data, err := c.c.Read(ctx)
	if err != nil {
		return nil, err
	}
	if c.s.tap != nil {
		c.s.tap(data)
	}
	if err := sleep(ctx, c.spent.spend(len(data), c.s.cfg.Now())); err != nil {
		return nil, err
	}
	if kind != websocket.MessageText {
		return nil, refuse(CodeUndefined, "frames are text")
	}
	return data, nil
}

// parsed reads a frame's members; a fault of theirs ends the connection.
func parsed[M any](parse func([]byte) (*M, error), data []byte) (*M, error) {
	m, err := parse(data)
	if err != nil {
		return nil, refuse(CodeUndefined, err.Error())
	}
	return m, nil
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// admitCobrowse turns the first frame into a membership.
func (c *conn) admitCobrowse(data []byte) (*guest, error) {
	first, err := parsed(parseFrame, data)
	if err != nil {
		return nil, err
	}
	m, err := c.member(first)
	if err != nil {
		return nil, err
	}
	g := &guest{frame: c.s.cfg.Limits.AgentFrame, leave: func() { c.s.hub.drop(m) }}
	if m.agent == nil {
		g.frame = c.s.cfg.Limits.PageFrame
	}
	g.handle = func(data []byte) error {
		msg, err := parsed(parseFrame, data)
		if err != nil {
			return err
		}
		return c.s.hub.handle(m, msg)
	}
	return g, nil
}

// member starts, resumes or joins a session, as the first frame wants.
func (c *conn) member(first *message) (*member, error) {
	r := request{message: first, address: c.address, site: c.site, peer: c.queue}
	if first.Type == typeResume {
		return c.s.hub.resume(r)
	}
	role := RoleAgent
	if first.Type == typeStart {
		role = RoleCustomer
	}
	claims, err := c.s.cfg.Verify(first.Token)
	if err != nil || claims.Role != role {
		c.s.hub.failed(c.address)
		return nil, refuse(CodeTokenInvalid, "the token is not valid for this")
	}
	r.claims = claims
	switch first.Type {
	case typeStart:
		return c.s.hub.start(r)
	case typeJoin:
		return c.s.hub.join(r)
	case typeRejoin:
		return c.s.hub.rejoin(r)
	}
	c.s.hub.failed(c.address)
	return nil, refuse(CodeUndefined, "the first frame must say who this is")
}

// write sends what is queued, and pings so that a dead peer is noticed.
func (c *conn) write(ctx context.Context) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = c.c.Close(websocket.StatusGoingAway, "")
			return
		case <-ping.C:
			if c.within(ctx, c.c.Ping) != nil {
				return
			}
		case <-c.wake:
			frames, done, slow := c.take()
			for _, f := range frames {
				if c.within(ctx, func(ctx context.Context) error { return c.c.Write(ctx, websocket.MessageText, f) }) != nil {
					return
				}
				c.wrote(f)
			}
			if slow {
				_ = c.c.Close(websocket.StatusTryAgainLater, "too slow")
				return
			}
			if done {
				_ = c.c.Close(websocket.StatusNormalClosure, "")
				return
			}
		}
	}
}

func (c *conn) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, writePatience)
	defer cancel()
	return f(ctx)
}
