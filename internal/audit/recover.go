package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"
)

// open finds the end of the chain and makes it possible to write there.
func (c *chain) open() error {
	info, err := os.Lstat(c.cfg.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.Mode().IsRegular() && info.Size() == 0:
		return c.openMissing()
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: it is no regular file", ErrNotAudit)
	}
	f, err := os.OpenFile(c.cfg.Path, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	c.file = c.cfg.wrap(f)
	// Others may be allowed to read, a log shipper's group for instance; not
	// everybody, and nobody else may write.
	if loose := info.Mode().Perm() & 0o027; loose != 0 {
		if err := f.Chmod(info.Mode().Perm() &^ 0o027); err != nil {
			return err
		}
	}
	if c.info, err = c.file.Stat(); err != nil {
		return err
	}
	end, err := scan(f, c.cfg.Key)
	if err != nil {
		return err
	}
	c.resume(end)
	if end.cause != "" {
		c.cfg.Logger.Warn("audit file cannot be gone on with; a new one is begun",
			slog.String("path", c.cfg.Path), slog.String("cause", end.cause), slog.Int("line", end.line))
		return c.rotate(end.cause)
	}
	if end.torn == 0 {
		return nil
	}
	return c.setAside(f, end.torn)
}

// openMissing goes on from the newest full file, or begins a chain.
func (c *chain) openMissing() error {
	archive, err := newestArchive(c.cfg.Path)
	if err != nil {
		return err
	}
	if archive == "" {
		return c.newChain()
	}
	f, err := os.Open(archive) //nolint:gosec // a name that matched ours, in the operator's folder
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	end, err := scan(f, c.cfg.Key)
	if err != nil {
		return fmt.Errorf("%s: %w", archive, err)
	}
	c.resume(end)
	c.previous = filepath.Base(archive)
	if end.cause == "" {
		end.cause = CauseStart
	}
	return c.begin(end.cause)
}

func (c *chain) resume(end end) {
	c.id, c.start = end.header.Chain, end.header.ChainStart
	c.seq, c.mac, c.size = end.seq, end.mac, end.size
	c.firstSeq, c.began = end.firstSeq, end.began
	c.configs = end.configs
}

// archivePattern matches what archiveName puts between stem and extension.
var archivePattern = regexp.MustCompile(`^-\d{16}-\d{8}T\d{6}\.\d{3}Z$`)

// newestArchive returns the path of the full file whose name sorts last, or "".
func newestArchive(path string) (string, error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	stem, ext := splitName(filepath.Base(path))
	var names []string
	for _, entry := range entries {
		name := entry.Name()
		if len(name) > len(stem)+len(ext) && name[:len(stem)] == stem && name[len(name)-len(ext):] == ext &&
			archivePattern.MatchString(name[len(stem):len(name)-len(ext)]) && entry.Type().IsRegular() {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	return filepath.Join(filepath.Dir(path), slices.Max(names)), nil
}

// end is what scan finds out about a file.
type end struct {
	header   FileHeader
	firstSeq uint64
	began    time.Time
	seq      uint64 // of the last line that holds, and its mac
	mac      string
	size     int64  // up to the last line feed
	torn     int64  // bytes behind it
	cause    string // why the chain cannot go on in this file, or ""
	line     int    // the line to blame for that
	configs  map[string]string
}

// scan reads a file to its end. It fails with ErrNotAudit where the first line
// is not that of an audit file.
func scan(r io.Reader, key Key) (end, error) {
	lines, sealer := newLineReader(r), newSealer(key)
	e, err := scanHeader(lines, sealer, key)
	if err != nil {
		return end{}, err
	}
	for {
		raw, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return end{}, err
		}
		if raw.ended {
			e.take(raw, lines.number, sealer)
		}
	}
	e.size = lines.offset
	e.torn = lines.seen - lines.offset
	return e, nil
}

func scanHeader(lines *lineReader, sealer *sealer, key Key) (end, error) {
	raw, err := lines.next()
	if err != nil {
		return end{}, err
	}
	first, err := parseLine(raw.text)
	if err != nil || !raw.ended || !first.isHeader() {
		return end{}, fmt.Errorf("%w: its first line is none of ours; move it away, or name another file", ErrNotAudit)
	}
	if first.Version != Version {
		return end{}, fmt.Errorf("%w: its format has version %d, want %d; move it away", ErrNotAudit, first.Version, Version)
	}
	e := end{header: *first.FileHeader, firstSeq: first.Seq, seq: first.Seq, mac: first.mac, configs: make(map[string]string)}
	if e.began, err = time.Parse(timeLayout, first.Time); err != nil {
		e.cause, e.line = CauseDamaged, 1
	}
	switch {
	case first.KeyID != key.ID():
		e.cause, e.line = CauseKey, 1
	case !sealer.sealed(first):
		e.cause, e.line = CauseDamaged, 1
	}
	return e, nil
}

// take considers one line. Where the chain is broken already, the highest
// sealed number wins: no number may be used twice. Where the seals cannot be
// checked, for want of the key, only the next number counts, so that a forged
// line cannot choose it.
func (e *end) take(raw rawLine, number int, sealer *sealer) {
	l, err := parseLine(raw.text)
	switch {
	case e.cause == CauseKey:
		if err == nil && l.Seq == e.seq+1 {
			e.seq, e.mac = l.Seq, l.mac
		}
	case err == nil && sealer.sealed(l):
		if e.cause == "" && (l.Seq != e.seq+1 || l.Prev != e.mac) {
			e.cause, e.line = CauseDamaged, number
		}
		if l.Seq > e.seq {
			e.seq, e.mac = l.Seq, l.mac
		}
		if l.Event == EventConfigChanged {
			e.configs[l.Site] = l.ConfigHash
		}
	case e.cause == "":
		e.cause, e.line = CauseDamaged, number
	}
}

// setAside moves the bytes behind the last whole line to a file of their own,
// and records that.
func (c *chain) setAside(f *os.File, torn int64) error {
	path := fmt.Sprintf("%s.torn-%016d-%s", c.cfg.Path, c.seq+1, c.cfg.Now().UTC().Format("20060102T150405.000Z"))
	sum, err := copyTail(path, f, c.size)
	if err != nil {
		return fmt.Errorf("setting the torn last line aside: %w", err)
	}
	c.cfg.Logger.Warn("audit file ended within a line, which was set aside",
		slog.String("path", c.cfg.Path), slog.String("torn", path), slog.Int64("bytes", torn))
	if err := c.repair(); err != nil {
		return err
	}
	return c.write([][]byte{mustEncode(ownLine{
		Record:   Record{Event: EventTorn, Outcome: Failure},
		Incident: &Incident{TornFile: filepath.Base(path), TornBytes: torn, TornSHA256: sum},
	})})
}

// copyTail copies what f holds from offset on to a new file at path, durably,
// and returns its SHA-256.
func copyTail(path string, f *os.File, offset int64) (sum string, err error) {
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return "", err
	}
	aside, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // beside the operator's file
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, aside.Close()) }()
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(aside, hash), f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), aside.Sync()
}
