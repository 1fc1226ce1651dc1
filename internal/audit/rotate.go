package audit

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Causes of a new file: the reason in its first line.
const (
	// CauseStart: there was none.
	CauseStart = "start"
	// CauseSize and CauseAge: it was larger or older than the operator wants.
	CauseSize = "size"
	CauseAge  = "age"
	// CauseRequest: [Writer.Rotate] was called.
	CauseRequest = "request"
	// CauseKey: the key has changed.
	CauseKey = "key"
	// CauseDamaged: the chain in the file before is broken.
	CauseDamaged = "damaged"
	// CauseMoved: somebody else moved or removed the file before.
	CauseMoved = "moved"
	// CauseChanged: somebody else wrote to the file before, or truncated it.
	CauseChanged = "changed"
)

// rotate sets the file aside and begins a new one. After an error the old one
// is still the file, unless c.file is nil.
func (c *chain) rotate(cause string) error {
	if c.file == nil {
		return c.begin(cause)
	}
	if c.dirty {
		if err := c.repair(); err != nil {
			return err
		}
	}
	archive := archiveName(c.cfg.Path, c.firstSeq, c.cfg.Now())
	if _, err := os.Lstat(archive); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("a full file's name is taken: %s: %w", archive, errors.Join(fs.ErrExist, err))
	}
	next, err := c.create(cause, filepath.Base(archive))
	if err != nil {
		return err
	}
	if err := os.Rename(c.cfg.Path, archive); err != nil {
		next.discard()
		return err
	}
	old := c.file
	if err := c.install(next); err != nil {
		if undo := os.Rename(archive, c.cfg.Path); undo != nil {
			c.file, c.previous = nil, filepath.Base(archive)
			_ = old.Close()
			return errors.Join(err, undo)
		}
		return err
	}
	// What it held was synced long ago.
	_ = old.Close()
	return c.syncFolder()
}

// reconfigure takes over cfg, and begins a new file where it has another key.
// After an error all is as before.
func (c *chain) reconfigure(cfg Config) error {
	before, sealer, firstSeq := c.cfg, c.sealer, c.firstSeq
	c.cfg = cfg
	if cfg.Key.ID() == before.Key.ID() {
		return nil
	}
	c.sealer = newSealer(cfg.Key)
	if err := c.rotate(CauseKey); err != nil && c.firstSeq == firstSeq {
		c.cfg, c.sealer = before, sealer
		return err
	}
	// An error after the change is one of the folder, which the next write meets
	// again and refuses.
	return nil
}

// begin creates the file where there is none.
func (c *chain) begin(cause string) error {
	info, err := os.Lstat(c.cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case !info.Mode().IsRegular() || info.Size() > 0:
		return fmt.Errorf("%w: another file has taken its place; move it away", ErrNotAudit)
	}
	next, err := c.create(cause, c.previous)
	if err != nil {
		return err
	}
	if err := c.install(next); err != nil {
		return err
	}
	return c.syncFolder()
}

// nextFile is a file with its first line, not yet at Path.
type nextFile struct {
	file   *os.File
	handle file
	path   string
	size   int64
	seq    uint64
	mac    string
	began  time.Time
}

func (n *nextFile) discard() {
	_ = n.file.Close()
	_ = os.Remove(n.path)
}

// create writes the first line to a file beside Path and syncs it, so that a
// file at Path always begins with a whole line.
func (c *chain) create(cause, previous string) (*nextFile, error) {
	now := c.cfg.Now()
	path := c.cfg.Path + ".tmp"
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR|os.O_APPEND, 0o600) //nolint:gosec // the path is the operator's
	if err != nil {
		return nil, err
	}
	next := &nextFile{file: f, handle: c.cfg.wrap(f), path: path, seq: c.seq + 1, began: now}
	head, mac := c.sealer.appendLine(nil, next.seq, now, mustEncode(ownLine{
		Record: Record{Event: EventFile, Outcome: Success, Reason: cause},
		FileHeader: &FileHeader{
			Version: Version, KeyID: c.cfg.Key.ID(), Chain: c.id, ChainStart: c.start, PreviousFile: previous,
		},
	}), c.mac)
	next.mac, next.size = mac, int64(len(head))
	if _, err := next.handle.Write(head); err != nil {
		next.discard()
		return nil, err
	}
	if err := next.handle.Sync(); err != nil {
		next.discard()
		return nil, err
	}
	return next, nil
}

// install puts a new file at Path and goes on with it.
func (c *chain) install(next *nextFile) error {
	info, err := next.file.Stat()
	if err == nil {
		err = os.Rename(next.path, c.cfg.Path)
	}
	if err != nil {
		next.discard()
		return err
	}
	c.file, c.info, c.size = next.handle, info, next.size
	c.seq, c.mac, c.firstSeq, c.began = next.seq, next.mac, next.seq, next.began
	c.previous, c.dirty, c.loose = "", false, true
	return nil
}

// newChain begins the first file of a chain.
func (c *chain) newChain() error {
	var id [16]byte
	if _, err := io.ReadFull(c.cfg.Rand, id[:]); err != nil {
		return fmt.Errorf("naming the chain: %w", err)
	}
	c.id, c.start = hex.EncodeToString(id[:]), c.cfg.Now().UTC().Format(timeLayout)
	c.seq, c.mac = 0, zeroMAC
	return c.begin(CauseStart)
}

// syncFolder makes the names of the files durable.
func (c *chain) syncFolder() error {
	dir, err := os.Open(filepath.Dir(c.cfg.Path))
	if err != nil {
		return err
	}
	defer func() { _ = dir.Close() }()
	if err := dir.Sync(); err != nil {
		return err
	}
	c.loose = false
	return nil
}

// archiveName is the name of a file that is full: sortable by its first line's
// number, and not to be guessed wrong by a person.
func archiveName(path string, seq uint64, at time.Time) string {
	stem, ext := splitName(path)
	return fmt.Sprintf("%s-%016d-%s%s", stem, seq, at.UTC().Format("20060102T150405.000Z"), ext)
}

// splitName splits "dir/audit.jsonl" into "dir/audit" and ".jsonl".
func splitName(path string) (stem, ext string) {
	ext = filepath.Ext(path)
	return path[:len(path)-len(ext)], ext
}
