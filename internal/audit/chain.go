package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

// file is what a chain needs of an *os.File.
type file interface {
	io.WriteCloser
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
}

// chain is the state of the committer: the open file, and the end of the chain.
// It belongs to one goroutine.
//
// Its rule: seq and mac are those of the last line that is known to be on the
// disk, and size is where it ends. After any failure the file is cut back to
// size before another line is written, so lines that nobody vouches for are
// never built upon.
type chain struct {
	cfg    Config
	sealer *sealer
	buf    []byte

	id, start string // FileHeader.Chain and ChainStart
	seq       uint64
	mac       string

	file     file // nil where there is none at Path
	info     fs.FileInfo
	size     int64
	firstSeq uint64
	began    time.Time
	previous string // name of the file before

	configs map[string]string // by site, the hash of the settings of its lines

	dirty bool  // there may be bytes behind size
	loose bool  // the file's name may not be on the disk yet
	lost  int   // records refused since the last good write
	fault error // why
}

func (c *chain) checkpoint() *Checkpoint {
	return &Checkpoint{Chain: c.id, Seq: c.seq, MAC: c.mac}
}

func (c *chain) close() error {
	if c.file == nil {
		return nil
	}
	if c.dirty {
		_ = c.repair() // what cannot be repaired now is found by the next Open
	}
	err := c.file.Close()
	c.file = nil
	return err
}

// append writes records and makes them durable, all or none.
func (c *chain) append(objects [][]byte) error {
	records := len(objects)
	err := c.ready()
	if err == nil {
		if c.lost > 0 {
			objects = append([][]byte{c.faultLine()}, objects...)
		}
		err = c.write(objects)
	}
	if err != nil {
		c.lost += records
		c.fault = err
		return err
	}
	c.lost, c.fault = 0, nil
	return nil
}

// ready sees to it that there is a file at Path to which the chain can go on.
func (c *chain) ready() error {
	if c.file == nil {
		return c.begin(CauseMoved)
	}
	if c.dirty {
		if err := c.repair(); err != nil {
			return err
		}
	}
	if c.loose {
		if err := c.syncFolder(); err != nil {
			return err
		}
	}
	cause, err := c.inspect()
	switch {
	case err != nil:
		return err
	case cause == CauseMoved:
		return c.replace(cause)
	case cause == CauseChanged:
		c.cfg.Logger.Warn("audit file was changed by another program; a new one goes on", slog.String("path", c.cfg.Path))
		return c.rotate(cause)
	case cause != "":
		if err := c.rotate(cause); err != nil {
			// A full file is no reason to stop: the chain is whole.
			c.cfg.Logger.Error("audit file is not rotated", slog.String("path", c.cfg.Path), slog.Any("error", err))
			if c.file == nil || c.loose {
				return err
			}
		}
	}
	return nil
}

// replace begins a new file in the place of one that somebody else took away.
// Where that fails, the old file stays open: a folder that was out of reach may
// come back with it, and the chain then goes on there.
func (c *chain) replace(cause string) error {
	old := c.file
	err := c.begin(cause)
	if c.file != old {
		c.cfg.Logger.Warn("audit file was moved or removed; a new one goes on", slog.String("path", c.cfg.Path))
		_ = old.Close()
	}
	return err
}

// inspect returns the cause to begin a new file, or "". It compares the file at
// Path with what was left there, which costs a microsecond beside an fsync.
func (c *chain) inspect() (string, error) {
	info, err := os.Stat(c.cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return CauseMoved, nil
	case err != nil:
		return "", err
	case !os.SameFile(info, c.info):
		return CauseMoved, nil
	case info.Size() != c.size:
		return CauseChanged, nil
	case c.size >= c.cfg.MaxSize:
		return CauseSize, nil
	case c.cfg.MaxAge > 0 && c.cfg.Now().Sub(c.began) >= c.cfg.MaxAge:
		return CauseAge, nil
	}
	return "", nil
}

// write writes lines at the end and syncs them. After an error nothing has
// happened, or the file is dirty.
func (c *chain) write(objects [][]byte) error {
	seq, mac := c.seq, c.mac
	c.buf = c.buf[:0]
	for _, object := range objects {
		seq++
		c.buf, mac = c.sealer.appendLine(c.buf, seq, c.cfg.Now(), object, mac)
	}
	_, err := c.file.Write(c.buf)
	if err == nil {
		err = c.file.Sync()
	}
	if err != nil {
		c.dirty = true
		// The next write does this again where it fails now.
		_ = c.repair()
		return err
	}
	c.seq, c.mac = seq, mac
	c.size += int64(len(c.buf))
	if cap(c.buf) > 1<<20 {
		c.buf = nil
	}
	return nil
}

// repair cuts off what a failed write has left behind. An fsync that fails may
// have thrown the pages away and succeed the next time (fsync(2), Linux), so
// trying it again would prove nothing: what it was for has to go.
func (c *chain) repair() error {
	if err := c.file.Truncate(c.size); err != nil {
		return fmt.Errorf("cutting off a failed write: %w", err)
	}
	if err := c.file.Sync(); err != nil {
		return fmt.Errorf("cutting off a failed write: %w", err)
	}
	c.dirty = false
	return nil
}

// faultLine tells in the chain that records were refused, and why.
func (c *chain) faultLine() []byte {
	reason := "write failed"
	if pathError, ok := errors.AsType[*fs.PathError](c.fault); ok {
		reason = redact.Text(pathError.Err.Error(), MaxName) // "no space left on device"
	}
	return mustEncode(ownLine{
		Record:   Record{Event: EventFault, Outcome: Failure, Reason: reason},
		Incident: &Incident{Lost: c.lost},
	})
}

// mustEncode encodes a line of the writer's own, which cannot fail.
func mustEncode(l ownLine) []byte {
	object, err := json.Marshal(l)
	if err != nil {
		panic("audit: " + err.Error())
	}
	return object
}
