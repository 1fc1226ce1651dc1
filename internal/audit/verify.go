package audit

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

// ErrNotIntact is returned by [VerifyFiles] where something is wrong.
var ErrNotIntact = errors.New("audit record is not intact")

// VerifyOptions say what to verify with. One key at least is required.
type VerifyOptions struct {
	// Keys are all keys that the files were written with, in any order.
	Keys []Key
	// Checkpoint, where it is not zero, must be a line of the files. Only with
	// one that was noted elsewhere can lines be missed that were cut off at the
	// end.
	Checkpoint Checkpoint
}

// Source is one file to verify. Name is only for the report.
type Source struct {
	Name   string
	Reader io.Reader
}

// Verify checks files of one or several chains, given in any order, in memory
// that grows by a bit a line. The error is one of reading; what is wrong with the
// content is in the Report.
//
// A chain whose first file is not among the sources is checked from the first
// that is, and noticed: older files may have been shipped elsewhere.
func Verify(options VerifyOptions, sources ...Source) (*Report, error) {
	if len(options.Keys) == 0 {
		return nil, errors.New("verifying needs the key that the files were written with")
	}
	v := &verifier{
		options: options, report: &Report{},
		sealers: map[string]*sealer{}, chains: map[string]*chainState{}, positions: map[string]int{},
	}
	for _, key := range options.Keys {
		v.sealers[key.ID()] = newSealer(key)
	}
	files, err := v.order(sources)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		v.positions[f.name] = i
		if err := v.file(f); err != nil {
			return nil, fmt.Errorf("reading %s: %w", f.name, err)
		}
	}
	v.finish()
	return v.report, nil
}

// VerifyFiles verifies the files at paths, in any order, and prints the result
// to w in words. It returns an error that wraps [ErrNotIntact] where something is
// wrong, and other errors where a file cannot be read.
func VerifyFiles(w io.Writer, options VerifyOptions, paths ...string) error {
	if len(paths) == 0 {
		return errors.New("verifying needs at least one file")
	}
	sources := make([]Source, len(paths))
	for i, path := range paths {
		f, err := os.Open(path) //nolint:gosec // the person at the keyboard named it
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		sources[i] = Source{Name: path, Reader: f}
	}
	report, err := Verify(options, sources...)
	if err != nil {
		return err
	}
	if err := report.Write(w); err != nil {
		return err
	}
	if !report.OK() {
		return fmt.Errorf("%w: %s", ErrNotIntact, count(len(report.Problems)+report.More, "problem"))
	}
	return nil
}

// verifier is the state of one Verify.
type verifier struct {
	options VerifyOptions
	sealers map[string]*sealer // by key ID
	chains  map[string]*chainState
	ids     []string // of chains, in the order of their first files
	report  *Report

	positions map[string]int // of files, by name
}

// sourceFile is a source whose first line was read, but not checked.
type sourceFile struct {
	name  string
	lines *lineReader
	first rawLine
	head  line
	valid bool // head is a header
}

// order reads the first lines and sorts by them. They are not checked yet, so a
// forged one can only bring its own file into the wrong place.
func (v *verifier) order(sources []Source) ([]*sourceFile, error) {
	files := make([]*sourceFile, 0, len(sources))
	for _, source := range sources {
		f := &sourceFile{name: source.Name, lines: newLineReader(source.Reader)}
		raw, err := f.lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading %s: %w", source.Name, err)
		}
		raw.text = slices.Clone(raw.text) // the reader goes on
		f.first = raw
		f.head, err = parseLine(raw.text)
		f.valid = err == nil && raw.ended && f.head.isHeader() && f.head.Version == Version
		files = append(files, f)
	}
	slices.SortStableFunc(files, func(a, b *sourceFile) int {
		return cmp.Or(cmp.Compare(a.chainStart(), b.chainStart()), cmp.Compare(a.chain(), b.chain()),
			cmp.Compare(a.head.Seq, b.head.Seq))
	})
	return files, nil
}

func (f *sourceFile) chain() string {
	if !f.valid {
		return ""
	}
	return f.head.Chain
}

func (f *sourceFile) chainStart() string {
	if !f.valid {
		return ""
	}
	return f.head.ChainStart
}

// file checks one file.
func (v *verifier) file(f *sourceFile) error {
	if !f.valid {
		v.report.problem(f.name, 1, NoHeader,
			"the first line is not that of an audit file of version %d; nothing in this file was checked", Version)
		return nil
	}
	sealer := v.sealers[f.head.KeyID]
	if sealer == nil {
		v.report.problem(f.name, 1, UnknownKey,
			"the file names the key %s, which was not given; nothing in it was checked", quote(f.head.KeyID))
		return nil
	}
	state := v.chains[f.head.Chain]
	if state == nil {
		state = newChainState(v.report, f.head, v.options.Checkpoint)
		v.chains[f.head.Chain] = state
		v.ids = append(v.ids, f.head.Chain)
	}
	state.chain.Files++
	if sealer.sealed(f.head) {
		state.begin(f)
	}
	raw := f.first
	for {
		v.line(state, sealer, f.name, raw, f.lines.number)
		var err error
		raw, err = f.lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// line checks one line.
func (v *verifier) line(state *chainState, sealer *sealer, name string, raw rawLine, number int) {
	switch {
	case !raw.ended:
		v.report.problem(name, number, Torn, "the file ends within a line, without its line feed")
		return
	case raw.long:
		state.bad(name, number, fmt.Sprintf("the line is longer than %d bytes", maxLine))
		return
	}
	l, err := parseLine(raw.text)
	switch {
	case err != nil:
		state.bad(name, number, "the line has not the form of one")
	case !sealer.sealed(l):
		state.bad(name, number, fmt.Sprintf("the line says it is number %d, but its mac is not that of its content", l.Seq))
	default:
		state.take(name, number, l)
	}
}

// finish reports what only shows at the end.
func (v *verifier) finish() {
	for _, id := range v.ids {
		v.chains[id].finish()
		if v.chains[id].chain.Lines > 0 {
			v.report.Chains = append(v.report.Chains, v.chains[id].chain)
		}
	}
	if want := v.options.Checkpoint; want != (Checkpoint{}) && v.chains[want.Chain] == nil {
		v.report.problem("checkpoint", 0, Truncated, "no file belongs to its chain %s", quote(want.Chain))
	}
	// In the order in which a person reads the files; what is about a whole chain
	// comes last.
	place := func(p Problem) int {
		if position, ok := v.positions[p.File]; ok {
			return position
		}
		return len(v.positions)
	}
	slices.SortStableFunc(v.report.Problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.Line, b.Line))
	})
}

// quote shows what nobody vouches for.
func quote(text string) string { return strconv.Quote(redact.Text(text, 80)) }
