package audit

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Config configures a [Writer]. Path and Key are required.
type Config struct {
	// Path is the file that is written to, such as
	// "/var/log/cobrowse/audit.jsonl". Its folder must exist and be writable:
	// files that are full stay there as audit-SEQ-TIME.jsonl, where SEQ is the
	// number of the first line in 16 digits, so that names sort in the order of
	// the chain. Beside it lie audit.jsonl.lock and, for a moment, audit.jsonl.tmp.
	Path string
	// Key seals the lines. Another key than that of the file at Path begins a
	// new file.
	Key Key
	// MaxSize in bytes begins a new file before the next write: [MinSize] or
	// more. Default 64 MiB.
	MaxSize int64
	// MaxAge begins a new file before the next write when the file is older.
	// Default 0: never.
	MaxAge time.Duration
	// Now is the clock, called by one goroutine; nil means time.Now.
	Now func() time.Time
	// Rand names chains; nil means crypto/rand.
	Rand io.Reader
	// Logger hears of repairs and of files that others have changed, without
	// any content; nil means slog.Default().
	Logger *slog.Logger

	// wrap lets tests make a file fail.
	wrap func(file) file
}

// defaultMaxSize holds some 140,000 lines.
const defaultMaxSize = 64 << 20

// MinSize is the least [Config].MaxSize, in bytes: 128 KiB, in which some of the
// longest lines have room.
const MinSize = 4 * maxLine

func (c *Config) setDefaults() {
	if c.MaxSize == 0 {
		c.MaxSize = defaultMaxSize
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.wrap == nil {
		c.wrap = func(f file) file { return f }
	}
}

func (c *Config) validate() error {
	switch {
	case c.Path == "":
		return errors.New("audit file: the path is missing")
	case c.Key.IsZero():
		return errors.New("audit key: missing; make one with: openssl rand -hex 32")
	case c.MaxSize < MinSize:
		return fmt.Errorf("audit file: a largest size of %d bytes is too small, want %d or more", c.MaxSize, MinSize)
	case c.MaxAge < 0:
		return fmt.Errorf("audit file: a greatest age of %s is negative", c.MaxAge)
	}
	info, err := os.Stat(filepath.Dir(c.Path))
	if err != nil {
		return fmt.Errorf("audit file: its folder: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("audit file: %s is no folder", filepath.Dir(c.Path))
	}
	return nil
}
