package audit

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Kind says what is wrong with a line.
type Kind string

// Kinds of a [Problem].
const (
	// Edited: the line's bytes are not those that were sealed.
	Edited Kind = "edited"
	// Inserted: a line without a seal stands where none is missing.
	Inserted Kind = "inserted"
	// Dropped: lines are missing, within a file or between two.
	Dropped Kind = "dropped"
	// Reordered: the line stands behind one that was written later.
	Reordered Kind = "reordered"
	// Duplicated: the line's number was there before.
	Duplicated Kind = "duplicated"
	// Unlinked: the line is sealed, but does not follow from the one before.
	// Two histories with the same key were mixed, such as after a restored backup.
	Unlinked Kind = "unlinked"
	// Truncated: the chain ends before the checkpoint.
	Truncated Kind = "truncated"
	// Torn: the last line has no line feed. A crash leaves that, and the next
	// start sets it aside; a writer at work may do so for a moment.
	Torn Kind = "torn"
	// NoHeader: the file does not begin as an audit file.
	NoHeader Kind = "no header"
	// UnknownKey: the file's key is not among those given, so that nothing in it
	// could be checked.
	UnknownKey Kind = "unknown key"
)

// Problem is one thing that is wrong.
type Problem struct {
	// File is the name of the source, Line its line number from 1, or 0 where it
	// is about the whole chain.
	File string
	Line int
	Kind Kind
	// Text explains it to a person.
	Text string
}

// String returns "file:line: kind: text".
func (p Problem) String() string {
	place := p.File
	if p.Line > 0 {
		place += ":" + strconv.Itoa(p.Line)
	}
	return place + ": " + string(p.Kind) + ": " + p.Text
}

// Chain sums up one chain.
type Chain struct {
	// ID is the chain's identifier, Start when it was begun.
	ID, Start string
	// First and Last are the numbers of the first and last line that hold, and
	// From and To their times. MAC is the last one's mac.
	First, Last uint64
	From, To    string
	MAC         string
	// Files counts the files, Lines the lines that hold.
	Files int
	Lines uint64
}

// Checkpoint names the chain's last line.
func (c Chain) Checkpoint() Checkpoint { return Checkpoint{Chain: c.ID, Seq: c.Last, MAC: c.MAC} }

// maxProblems bounds what a Report remembers.
const maxProblems = 1000

// Report is what [Verify] has found.
type Report struct {
	// Problems are in the order of files and lines; at most 1,000 are kept, and
	// More counts the others.
	Problems []Problem
	More     int
	// Notices are worth knowing, and nothing wrong: torn lines that were set
	// aside, faults, files that were begun out of turn, older files that were not
	// given. Bounded like Problems.
	Notices []string
	// Chains are in the order of their first files.
	Chains []Chain
}

// OK reports whether nothing is wrong.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

func (r *Report) problem(file string, number int, kind Kind, format string, args ...any) {
	if len(r.Problems) >= maxProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, Problem{File: file, Line: number, Kind: kind, Text: fmt.Sprintf(format, args...)})
}

func (r *Report) notice(format string, args ...any) {
	if len(r.Notices) < maxProblems {
		r.Notices = append(r.Notices, fmt.Sprintf(format, args...))
	}
}

// Write prints the report for a person: one line a problem, in the form that
// editors and terminals make a link of.
func (r *Report) Write(w io.Writer) error {
	var text strings.Builder
	for _, problem := range r.Problems {
		fmt.Fprintln(&text, problem)
	}
	if r.More > 0 {
		fmt.Fprintf(&text, "and %d more\n", r.More)
	}
	for _, notice := range r.Notices {
		fmt.Fprintln(&text, "note:", notice)
	}
	for _, chain := range r.Chains {
		fmt.Fprintf(&text, "chain %s: lines %d to %d, %s to %s, in %s\n",
			chain.ID, chain.First, chain.Last, chain.From, chain.To, count(chain.Files, "file"))
		fmt.Fprintf(&text, "checkpoint: %s\n", chain.Checkpoint())
	}
	if r.OK() {
		fmt.Fprintln(&text, "OK: nothing was edited, dropped, reordered or inserted")
	} else {
		fmt.Fprintf(&text, "NOT OK: %s\n", count(len(r.Problems)+r.More, "problem"))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// count returns "1 file" or "2 files".
func count[N int | uint64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
