package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// Errors of [Open] and [Writer].
var (
	// ErrLocked: another writer, here or in another process, has the file.
	ErrLocked = errors.New("audit file is in use by another writer")
	// ErrNotAudit: what is at the path is not an audit file; it was left alone.
	ErrNotAudit = errors.New("not an audit file")
	// ErrUnavailable: the record could not be made durable. It wraps the cause.
	// The next Append tries again.
	ErrUnavailable = errors.New("audit file cannot be written")
	// ErrClosed: the Writer was closed.
	ErrClosed = errors.New("audit writer is closed")
)

// maxBatch is how many records share one write and fsync at most.
const maxBatch = 256

// Writer appends to one chain of files. Its methods are safe for concurrent
// use.
type Writer struct {
	path     string
	requests chan *request
	closing  chan struct{}
	done     chan struct{} // closed when the committer has returned
	once     sync.Once
	durable  atomic.Pointer[Checkpoint]
	closeErr error // written before done is closed
}

// request is one Append, or where there is no object, something else to do.
type request struct {
	ctx    context.Context
	object []byte
	do     func(*chain) error
	result chan error // with room for one, so that the committer never waits
}

// Open opens or creates the file at cfg.Path and goes on with its chain.
//
// Where a crash has left half a line at the end, that is set aside in a file of
// its own and recorded as [EventTorn]. Where the chain in the file is broken, or
// sealed with another key, the file is left as it is, under the name that a full
// one gets, and a new one goes on from the last line that is whole; [Verify]
// tells what is wrong with the old one. A file that never was an audit file
// fails with [ErrNotAudit], one that is in use with [ErrLocked].
//
// Open reads the whole file: about a second for one of the default MaxSize.
func Open(cfg Config) (*Writer, error) {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	lock, err := acquire(cfg.Path + ".lock")
	if err != nil {
		return nil, err
	}
	chain := &chain{cfg: cfg, sealer: newSealer(cfg.Key), configs: make(map[string]string)}
	if err := chain.open(); err != nil {
		_ = chain.close()
		_ = lock.Close()
		return nil, fmt.Errorf("opening audit file %s: %w", cfg.Path, err)
	}
	w := &Writer{
		path:     cfg.Path,
		requests: make(chan *request),
		closing:  make(chan struct{}),
		done:     make(chan struct{}),
	}
	w.durable.Store(chain.checkpoint())
	go w.commitLoop(chain, lock)
	return w, nil
}

// Append writes one record and returns nil once it is on the disk.
//
// Any error means that the caller must not go on with what it wanted recorded:
// [ErrInvalidRecord], [ErrUnavailable], [ErrClosed], or ctx.Err(). In the last
// case, the record may be written nevertheless.
func (w *Writer) Append(ctx context.Context, record Record) error {
	object, err := record.encode()
	if err != nil {
		return err
	}
	return w.submit(&request{ctx: ctx, object: object})
}

// Rotate begins a new file, for instance on a signal, and returns when it is on
// the disk. After an error the Writer goes on with the old file.
func (w *Writer) Rotate(ctx context.Context) error {
	return w.submit(&request{ctx: ctx, do: func(c *chain) error { return c.rotate(CauseRequest) }})
}

// Reconfigure takes over a new configuration of the same Path, for a server
// that reads its own anew while it runs and cannot open the file twice. Another
// key begins a new file. After an error the Writer goes on as before.
func (w *Writer) Reconfigure(ctx context.Context, cfg Config) error {
	cfg.setDefaults()
	if err := cfg.validate(); err != nil {
		return err
	}
	if cfg.Path != w.path {
		return fmt.Errorf("audit file: %s cannot become %s; open that one and close this", w.path, cfg.Path)
	}
	return w.submit(&request{ctx: ctx, do: func(c *chain) error { return c.reconfigure(cfg) }})
}

// submit hands a request to the committer and waits for its result.
func (w *Writer) submit(req *request) error {
	ctx := req.ctx
	if err := ctx.Err(); err != nil {
		return err
	}
	req.result = make(chan error, 1)
	select {
	case w.requests <- req:
	case <-w.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	// The committer has it, and answers also when it is closing.
	select {
	case err := <-req.result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Checkpoint names the last line that is on the disk. Noted where whoever can
// write to that disk cannot, it lets [Verify] find lines that are cut off at the
// end.
func (w *Writer) Checkpoint() Checkpoint { return *w.durable.Load() }

// Close finishes the write that is under way, closes the file and lets go of
// the lock. Appends that come later fail with [ErrClosed]. It may be called more
// than once.
func (w *Writer) Close() error {
	w.once.Do(func() { close(w.closing) })
	<-w.done
	return w.closeErr
}

// commitLoop owns the chain, until Close.
func (w *Writer) commitLoop(c *chain, lock *os.File) {
	defer close(w.done)
	batch := make([]*request, 0, maxBatch)
	for {
		select {
		case req := <-w.requests:
			batch = w.collect(append(batch[:0], req))
			w.commit(c, batch)
			clear(batch)
		case <-w.closing:
			w.closeErr = errors.Join(c.close(), lock.Close())
			return
		}
	}
}

// collect adds the requests that are waiting already. While an fsync runs they
// gather, so the next one is shared, and nobody waits for company.
func (w *Writer) collect(batch []*request) []*request {
	for len(batch) < maxBatch {
		select {
		case req := <-w.requests:
			batch = append(batch, req)
		default:
			return batch
		}
	}
	return batch
}

// commit answers every request of the batch.
func (w *Writer) commit(c *chain, batch []*request) {
	var appends, others []*request
	for _, req := range batch {
		switch {
		case req.ctx.Err() != nil: // nobody waits any more
			req.result <- req.ctx.Err()
		case req.object == nil:
			others = append(others, req)
		default:
			appends = append(appends, req)
		}
	}
	if len(appends) > 0 {
		objects := make([][]byte, len(appends))
		for i, req := range appends {
			objects[i] = req.object
		}
		w.answer(c, appends, c.append(objects))
	}
	for _, req := range others {
		w.answer(c, []*request{req}, req.do(c))
	}
}

func (w *Writer) answer(c *chain, requests []*request, err error) {
	w.durable.Store(c.checkpoint())
	if err != nil {
		err = fmt.Errorf("%w: %s: %w", ErrUnavailable, c.cfg.Path, err)
	}
	for _, req := range requests {
		req.result <- err
	}
}
