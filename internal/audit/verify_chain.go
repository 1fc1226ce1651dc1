package audit

import "fmt"

// chainState follows one chain through its files.
//
// Sealed lines are put in order by their numbers; what is missing is decided at
// the end, since a line that is missed in one place may turn up in another.
// Lines without a valid seal are kept in mind until the next sealed one shows
// whether they stand in the place of others (edited) or between them (inserted).
type chainState struct {
	report     *Report
	chain      Chain
	checkpoint Checkpoint
	met        bool // a line with the checkpoint's number was there

	last     place // the sealed line with the highest number
	seen     numbers
	gaps     []gap
	pending  []badLine
	unsealed uint64 // lines without a valid seal since the last sealed one
}

// place is where the chain has got to.
type place struct {
	seq uint64
	mac string
}

// badLine is a line without a valid seal.
type badLine struct {
	file   string
	number int
	text   string
}

// gap says that numbers were missing before a line.
type gap struct {
	file     string
	number   int
	from, to uint64
	unsealed uint64 // lines that stand in their place
}

func newChainState(report *Report, head line, checkpoint Checkpoint) *chainState {
	s := &chainState{
		report: report, seen: numbers{}, chain: Chain{ID: head.Chain, Start: head.ChainStart},
		last: place{seq: head.Seq - 1, mac: head.Prev}, // as if the line before had been checked
	}
	if checkpoint.Chain == head.Chain {
		s.checkpoint = checkpoint
	}
	return s
}

// begin is called before the lines of a file whose header is sealed.
func (s *chainState) begin(f *sourceFile) {
	if s.chain.Lines == 0 && f.head.Prev != zeroMAC {
		s.report.notice("%s: the chain begins at number %d here; the file before, %s, was not given",
			f.name, f.head.Seq, quote(f.head.PreviousFile))
	}
	switch f.head.Reason {
	case CauseDamaged, CauseMoved, CauseChanged:
		s.report.notice("%s: begun at %s because the file before was %s", f.name, f.head.Time, f.head.Reason)
	}
}

// bad notes a line without a valid seal.
func (s *chainState) bad(file string, number int, text string) {
	s.unsealed++
	if len(s.pending) < maxProblems {
		s.pending = append(s.pending, badLine{file, number, text})
	}
}

// take puts a sealed line in order.
func (s *chainState) take(file string, number int, l line) {
	if s.chain.Lines == 0 {
		s.chain.First, s.chain.From = l.Seq, l.Time
	}
	s.chain.Lines++
	var missing uint64
	switch {
	case s.seen.has(l.Seq):
		s.report.problem(file, number, Duplicated, "number %d was there before", l.Seq)
	case l.Seq <= s.last.seq:
		s.report.problem(file, number, Reordered, "number %d stands behind number %d", l.Seq, s.last.seq)
	case l.Seq == s.last.seq+1:
		if l.Prev != s.last.mac {
			s.report.problem(file, number, Unlinked,
				"number %d does not follow from the number %d that stands before it", l.Seq, s.last.seq)
		}
	default:
		missing = l.Seq - s.last.seq - 1
		if len(s.gaps) < maxProblems {
			s.gaps = append(s.gaps, gap{file, number, s.last.seq + 1, l.Seq - 1, s.unsealed})
		}
	}
	s.flush(missing)
	s.seen.add(l.Seq)
	if l.Seq > s.last.seq {
		s.last = place{l.Seq, l.mac}
		s.chain.Last, s.chain.To, s.chain.MAC = l.Seq, l.Time, l.mac
	}
	s.remark(file, number, l)
}

// remark notes what a sealed line has to say about the record itself.
func (s *chainState) remark(file string, number int, l line) {
	if s.checkpoint.Seq == l.Seq && s.checkpoint.Seq > 0 {
		s.met = true
		if l.mac != s.checkpoint.MAC {
			s.report.problem(file, number, Unlinked, "number %d is not the line that the checkpoint names", l.Seq)
		}
	}
	if l.isHeader() && number > 1 {
		s.report.problem(file, number, Inserted, "the first line of a file stands within another")
	}
	switch {
	case l.Incident == nil:
	case l.Event == EventTorn:
		s.report.notice("%s:%d: at %s a torn line of %d bytes was set aside in %s; nobody had been told that it was written",
			file, number, l.Time, l.TornBytes, quote(l.TornFile))
	case l.Event == EventFault:
		s.report.notice("%s:%d: until %s %s could not be written and were refused: %s",
			file, number, l.Time, count(l.Lost, "record"), quote(l.Reason))
	}
}

// flush reports the lines without a valid seal before a sealed one, before which
// so many numbers are missing.
func (s *chainState) flush(missing uint64) {
	for i, b := range s.pending {
		if uint64(i) < missing {
			s.report.problem(b.file, b.number, Edited, "%s", b.text)
		} else {
			s.report.problem(b.file, b.number, Inserted, "%s, and no number is missing here", b.text)
		}
	}
	s.report.More += int(s.unsealed) - len(s.pending) //nolint:gosec // a count of lines
	s.pending, s.unsealed = s.pending[:0], 0
}

// finish reports what only shows at the end.
func (s *chainState) finish() {
	// Nothing follows that would tell edited lines from inserted ones.
	s.flush(s.unsealed)
	for _, g := range s.gaps {
		missing := g.to - g.from + 1 - s.seen.count(g.from, g.to)
		if missing <= g.unsealed {
			continue // reported as edited
		}
		text := fmt.Sprintf("number %d is missing before this line", g.from)
		if g.to > g.from {
			text = fmt.Sprintf("%d of the numbers %d to %d are missing before this line", missing, g.from, g.to)
		}
		if g.unsealed > 0 {
			text += fmt.Sprintf("; %s without a valid seal may have been among them", count(g.unsealed, "line"))
		}
		s.report.problem(g.file, g.number, Dropped, "%s", text)
	}
	switch {
	case s.checkpoint.Seq == 0 || s.met:
	case s.checkpoint.Seq > s.last.seq:
		s.report.problem("chain "+s.chain.ID, 0, Truncated,
			"it ends with number %d, but the checkpoint knows number %d: %s cut off", s.last.seq, s.checkpoint.Seq,
			count(s.checkpoint.Seq-s.last.seq, "line"))
	default:
		s.report.problem("chain "+s.chain.ID, 0, Dropped,
			"number %d, which the checkpoint names, is in none of the files", s.checkpoint.Seq)
	}
}
