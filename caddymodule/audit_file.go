package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// openAgain is how often a file that cannot be opened is tried, and how long a
// start or a stop waits for a disk.
const openAgain = 5 * time.Second

// errAuditOpening is the state of a file that no attempt to open has ended for.
var errAuditOpening = errors.New("audit file is not open yet")

// auditFile is a file of the record, which is opened as soon as it can be, and
// which the configurations before and after a reload share. What may wait for
// the disk runs in a step, of which there is one at a time, and never under mu:
// a disk that hangs stops neither health checks nor requests that gave up.
type auditFile struct {
	mu      sync.Mutex
	writer  *audit.Writer     // nil until it is open
	applied auditSettings     // which the writer has, or is to be opened with
	joined  uint64            // how many handles there were
	told    map[string]uint64 // by site, the newest handle whose configuration is on record
	step    *auditStep        // under way, or nil
	fault   error             // why it is not open, or the last line was not written
	again   time.Time         // when to try again
	closed  bool
}

// auditSettings are those of one handle. A higher number is of a newer handle.
type auditSettings struct {
	cfg    audit.Config
	number uint64
	origin auditOrigin
}

// auditOrigin says what a handle's lines come of: the site, and a digest of how
// its handler is configured.
type auditOrigin struct {
	site   string
	digest []byte
}

// auditStep is an opening, or a change of settings. Its error may be read once
// done is closed.
type auditStep struct {
	done chan struct{}
	err  error
}

// newAuditFile returns a file that is to be opened with the settings of the
// first handle.
func newAuditFile(cfg audit.Config) *auditFile {
	return &auditFile{applied: auditSettings{cfg: cfg, number: 1}, fault: errAuditOpening, told: make(map[string]uint64)}
}

// auditHandle is one handler's share of a file.
type auditHandle struct {
	file     *auditFile
	settings auditSettings
}

// join returns a handle whose settings the file has from its first line on.
func (f *auditFile) join(cfg audit.Config, origin auditOrigin) *auditHandle {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.joined++
	return &auditHandle{file: f, settings: auditSettings{cfg: cfg, number: f.joined, origin: origin}}
}

// Append implements [proxy.Audit]. That a line is to be written shows that the
// handle's configuration runs, so that its settings count from now on, unless
// those of a newer one do already. Where they cannot, the line is not written: a
// key may have been replaced because others know it.
func (h *auditHandle) Append(ctx context.Context, r proxy.AuditRecord) error {
	writer, err := h.file.ready(ctx, h.settings)
	if err != nil {
		return err
	}
	if err := h.file.tell(ctx, writer, h.settings); err != nil {
		return err
	}
	return h.file.Append(ctx, r)
}

// tell writes down that a site's lines come of another configuration from now on,
// unless that of a newer handle is on record already.
func (f *auditFile) tell(ctx context.Context, writer *audit.Writer, settings auditSettings) error {
	site := settings.origin.site
	f.mu.Lock()
	known := f.told[site] >= settings.number
	f.mu.Unlock()
	if known {
		return nil
	}
	err := writer.Configured(ctx, site, settings.origin.digest)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		f.told[site] = max(f.told[site], settings.number)
	} else {
		f.fault = err
	}
	return err
}

// Fault says why the record cannot be written to. Nil means that it can.
func (h *auditHandle) Fault() error { return h.file.Fault() }

// start opens a file that is not open. A file that another process has ("caddy
// validate" runs beside a server), that cannot be written to, or whose disk
// hangs, is no reason not to serve pages: it is tried again, and until then no
// agent gets a token.
func (f *auditFile) start(logger *slog.Logger) error {
	f.mu.Lock()
	f.again = time.Time{}
	f.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), openAgain)
	defer cancel()
	_, err := f.ready(ctx, auditSettings{})
	if errors.Is(err, audit.ErrNotAudit) {
		return err
	}
	if err != nil {
		logger.Error("the audit record cannot be opened: no agent gets a token until it can", "error", err)
	}
	return nil
}

// Append implements [proxy.Audit], with the settings that the file has.
func (f *auditFile) Append(ctx context.Context, r proxy.AuditRecord) error {
	writer, err := f.ready(ctx, auditSettings{})
	if err != nil {
		return err
	}
	err = writer.Append(ctx, r)
	if !errors.Is(err, audit.ErrInvalidRecord) { // which is no fault of the disk's
		f.mu.Lock()
		f.fault = err
		f.mu.Unlock()
	}
	return err
}

// ready returns the writer once it is open and has the settings that are wanted,
// or newer ones. It waits for a step that is under way for as long as ctx allows,
// and fails as that did.
func (f *auditFile) ready(ctx context.Context, want auditSettings) (*audit.Writer, error) {
	for {
		f.mu.Lock()
		writer, fault := f.writer, f.fault
		switch {
		case f.closed:
			f.mu.Unlock()
			return nil, audit.ErrClosed
		case writer != nil && want.number <= f.applied.number:
			f.mu.Unlock()
			return writer, nil
		case f.step == nil && writer == nil && time.Now().Before(f.again):
			f.mu.Unlock()
			return nil, fault
		case f.step == nil:
			f.begin(want)
		}
		step := f.step
		f.mu.Unlock()
		select {
		case <-step.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if step.err != nil {
			return nil, step.err
		}
	}
}

// begin starts a step with the newest of the settings that are wanted and those
// that are there. The caller holds mu, and has seen that no step is under way.
func (f *auditFile) begin(want auditSettings) {
	if want.number < f.applied.number {
		want = f.applied
	}
	step, writer := &auditStep{done: make(chan struct{})}, f.writer
	f.step = step
	go func() {
		defer close(step.done) // which Destruct waits for
		if writer == nil {
			writer, step.err = audit.Open(want.cfg)
		} else {
			step.err = reconfigure(writer, want.cfg)
		}
		if f.finish(step.err, writer, want) {
			_ = writer.Close()
		}
	}()
}

// reconfigure gives up after a while, so that the next line tries again.
func reconfigure(w *audit.Writer, cfg audit.Config) error {
	ctx, cancel := context.WithTimeout(context.Background(), openAgain)
	defer cancel()
	return w.Reconfigure(ctx, cfg)
}

// finish notes what became of a step. It says whether the file was given back
// meanwhile, so that the writer is to be closed.
func (f *auditFile) finish(err error, writer *audit.Writer, settings auditSettings) (late bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.step, f.fault = nil, err
	switch {
	case err == nil && f.closed:
		return true
	case err == nil:
		f.writer, f.applied = writer, settings
	case f.writer == nil:
		f.again = time.Now().Add(openAgain)
	}
	return false
}

// Fault says why the record cannot be written to, as far as is known: a disk is
// asked by the next line only, and a file that is not open is tried again, when
// it is time, without waiting for it. Nil means that it can.
func (f *auditFile) Fault() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.writer == nil && f.step == nil && !f.closed && !time.Now().Before(f.again) {
		f.begin(auditSettings{})
	}
	return f.fault
}

// Destruct implements [caddy.Destructor]. Lines that come later fail with
// [audit.ErrClosed].
func (f *auditFile) Destruct() error {
	f.mu.Lock()
	f.closed = true
	writer, step, path := f.writer, f.step, f.applied.cfg.Path
	f.mu.Unlock()
	ended := make(chan error, 1)
	go func() {
		var err error
		if writer != nil {
			err = writer.Close()
		}
		if step != nil {
			<-step.done // closes what it opened too late
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(openAgain):
		return fmt.Errorf("audit file %s: the disk has not answered for %s: the file is closed when it does", path, openAgain)
	}
}
