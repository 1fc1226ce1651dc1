package splice

// Edit starts the second pass, which puts something in at that place of the
// text; what, Insert says later. Text must reach there. Called again it goes on
// with what has been fed since, and the place does not matter any more. It
// returns More, Settled or Corrupt.
func (s *Splicer) Edit(at int) State {
	if !s.editing {
		s.begin(at)
	}
	return s.rewrite()
}

// begin goes back to the beginning of the block that has the place, if that is
// still being read, or else of its member. All before it is to be copied. Of
// two blocks or members that meet at the place it takes the first, since the
// second need not have come yet.
func (s *Splicer) begin(at int) {
	s.editing = true
	s.at = at
	m := s.members[len(s.members)-1]
	if s.stage == stageCodes && s.begun < at {
		s.base, s.pos = m.text, s.begun
		s.verbatimTo(s.start)
		s.bit = s.end
		s.beginCodes()
		return
	}
	for i := len(s.members) - 1; i > 0 && m.text >= at; i-- {
		m = s.members[i-1]
	}
	s.base, s.pos = m.text, m.text
	s.bit = 8 * m.in
	s.stage, s.final = stageBoundary, false
}

// rewrite is the second pass, over all input that there is. It makes the output
// at most some 100 KB longer, and in pages a few hundred bytes: 32 KiB of text can
// become literals of 15 bits, and a header that is repeated is shorter than what
// it saves.
func (s *Splicer) rewrite() State {
	for {
		state := Enough
		switch s.stage {
		case stageBoundary:
			state = s.boundary()
		case stageStored:
			state = s.rewriteStored()
		case stageCodes:
			state = s.rewriteCodes()
		case stageTrailer:
			state = s.rewriteTrailer()
		case stageCopy:
			return Settled
		}
		if state != Enough {
			s.verbatimTo(s.bit)
			return state
		}
	}
}

// verbatimTo copies the input up to that bit, from where it was last left off.
func (s *Splicer) verbatimTo(bit int) {
	s.copyBits(s.in, s.run, bit)
	s.run = bit
}

// boundary is between two blocks, and before the first and after the last.
func (s *Splicer) boundary() State {
	s.verbatimTo(s.bit)
	if s.pos == s.at && !s.opened {
		s.open()
	}
	if s.final {
		s.put(1|fixed<<1, 10) // an empty block instead, since the last one had its mark removed
		s.fill()
		s.align()
		s.run = s.bit
		s.stage = stageTrailer
		return Enough
	}
	if s.past(s.pos) {
		s.pad(s.bit)
		s.startCopy()
		return Enough
	}
	if state := s.readBlock(&s.bitReader); state != Enough {
		return state
	}
	s.enterBlock()
	if s.kind == stored {
		s.run = s.bit
		s.openStored()
		return Enough
	}
	s.beginCodes()
	return Enough
}

// beginCodes writes the header of a block that is not stored, and keeps it.
func (s *Splicer) beginCodes() {
	w := bitWriter{out: s.header[:0]}
	w.copyBits(s.in, s.start, s.end)
	w.put(0, (8-w.n)&7)
	s.headBits = s.end - s.start
	s.repeatHeader()
	s.run = s.end
	s.lanes.after = s.pos + laneAfter
}

// past says that from pos on no match reaches back before the place.
func (s *Splicer) past(pos int) bool { return s.opened && pos >= s.at+window }

// repeatHeader writes the current block's header, as that of a block which is
// not the last.
func (s *Splicer) repeatHeader() {
	s.put(0, 1)
	s.copyBits(s.header[:], 1, s.headBits)
	s.writing = s.tables
}

// openStored writes the header of a stored block, or of the part of it before
// the place. Since stored blocks begin at a byte on both sides, copying can
// start right behind the header, if only what follows the block is past.
func (s *Splicer) openStored() {
	n := s.length
	if !s.opened {
		n = min(n, s.at-s.pos)
	}
	last := uint64(0)
	if s.final && s.past(s.pos+n) {
		last = 1
	}
	s.put(last, 3)
	s.fill()
	s.put(uint64(n)|uint64(^uint16(n))<<16, 32)
	if s.past(s.pos + n) {
		s.startCopy()
	}
}

func (s *Splicer) rewriteStored() State {
	i := s.bit / 8
	n := min(s.length, len(s.in)-i)
	if !s.opened {
		n = min(n, s.at-s.pos)
	}
	payload := s.in[i : i+n]
	s.remember(payload)
	s.pos += n
	s.bit += 8 * n
	s.length -= n
	s.verbatimTo(s.bit)
	switch {
	case s.length == 0:
		s.stage = stageBoundary
	case !s.opened && s.pos == s.at:
		s.open()
		s.openStored()
	default:
		return More
	}
	return Enough
}

// remember keeps text for fix-ups, as far as they can need it: matches that
// begin before the place end at most so far behind it.
func (s *Splicer) remember(next []byte) {
	end := min(s.pos+len(next), s.at+maxMatch)
	if end > len(s.text) {
		s.text = append(s.text, next[len(s.text)-s.pos:end-s.pos]...)
	}
}

// rewriteTrailer takes the trailer of the member, if it ends within the part
// that is decoded. What follows is none of our business: browsers do not agree
// on whether they look at it.
func (s *Splicer) rewriteTrailer() State {
	if s.left() < 8*trailerSize {
		return More
	}
	i := s.bit / 8
	s.trailer = len(s.out)
	s.out = append(s.out, s.in[i:i+trailerSize]...)
	if s.dst != nil {
		s.patch(s.out[s.trailer:], uint32(s.pos-s.at))
		s.trailer = -1
	}
	s.bit += 8 * trailerSize
	s.run = s.bit
	s.verbatim = true
	s.startCopy()
	return Enough
}
