package csp

import (
	"slices"
	"strings"
)

// editing is the state of one Plan: what to write, decided before the first
// line is edited.
type editing struct {
	origin  origin
	needs   []need
	scripts []source // what a list that trusts hosts must have
	nonce   string   // on our tag: a strict list with it needs nothing
	digest  []source // for a strict list without it; empty in metas
	// degraded collects switches without effect, where watch is set.
	degraded []Switch
	watch    bool
}

// change adds sources to one directive of one policy.
type change struct {
	target kind      // the directive to extend or to make
	from   kind      // whose list a new directive copies; target itself: extend
	add    []*source // in order, without duplicates
}

// lines edits all lines of one sort. The result is the given slice where
// nothing changed, else a copy.
func (ed *editing) lines(in []string) (out []string, changed bool) {
	out = in
	for i, line := range in {
		edited := ed.line(line)
		if edited == line {
			continue
		}
		if !changed {
			out, changed = slices.Clone(in), true
		}
		out[i] = edited
	}
	return out, changed
}

// line edits each policy of a line, and returns the line itself where none
// lacks anything.
func (ed *editing) line(line string) string {
	var b []byte
	copied := 0
	for start, end := range policies(line) {
		var p policy
		p.parse(line[start:end])
		changes := ed.changes(&p)
		if len(changes) == 0 {
			continue
		}
		if b == nil {
			b = make([]byte, 0, 2*len(line)+512)
		}
		b = append(b, line[copied:start]...)
		b = ed.write(b, &p, changes)
		copied = end
	}
	if b == nil {
		return line
	}
	return string(append(b, line[copied:]...))
}

// changes are what a policy lacks. All decisions look at the original policy.
func (ed *editing) changes(p *policy) []change {
	all := ed.scriptChanges(p)
	for i := range ed.needs {
		n := &ed.needs[i]
		g, ok := p.governing(n.kind)
		if ok && ed.useful(n, p.list(g)) {
			all = ed.require(all, p, targetOf(n.kind, g), g, n.sources)
		}
	}
	return all
}

// scriptChanges are what a policy lacks for our scripts and the SDK. A nonce or
// a hash goes to strict lists only: elsewhere it would void 'unsafe-inline'.
func (ed *editing) scriptChanges(p *policy) []change {
	g, ok := p.governing(scriptSrcElem)
	if !ok {
		return nil
	}
	l := p.list(g)
	switch {
	case !l.strict():
		return ed.require(nil, p, targetOf(scriptSrcElem, g), g, ed.scripts)
	case l.hasNonce(ed.nonce):
		return nil
	case g == defaultSrc:
		// By the specification 'strict-dynamic' lets all workers in where
		// script-src governs them, but not where default-src does. So no
		// script-src here; browsers that don't know script-src-elem would not
		// take a hash for an external script either.
		return ed.require(nil, p, scriptSrcElem, g, ed.digest)
	default:
		return ed.require(nil, p, g, g, ed.digest)
	}
}

// useful says whether a switch's source may have an effect in a list. Workers
// under a strict list are allowed anyway (measured in Chromium), and a scheme
// there would be ignored.
func (ed *editing) useful(n *need, l list) bool {
	switch {
	case n.kind == workerSrc:
		return !l.strict()
	case n.sources[0].text == unsafeInline && l.voidsInline():
		if ed.watch && !slices.Contains(ed.degraded, UnsafeInlineStyle) {
			ed.degraded = append(ed.degraded, UnsafeInlineStyle)
		}
		return false
	default:
		return true
	}
}

// require notes, for a target, those sources that the governing directive g
// does not cover.
func (ed *editing) require(all []change, p *policy, target, g kind, sources []source) []change {
	l := p.list(g)
	for i := range sources {
		s := &sources[i]
		covered := func(token string) bool { return s.coveredBy(token, &ed.origin) }
		if !l.any(covered) {
			all = ed.note(all, target, g, s)
		}
	}
	return all
}

// targetOf says which directive gets the sources that kind k lacks under g: g
// where it serves this one purpose, else a new one that g is a fallback of.
func targetOf(k, g kind) kind {
	switch {
	case g == k:
		return k
	case k == scriptSrcElem || k == scriptSrc:
		return scriptSrc
	case k == styleSrcElem || k == styleSrcAttr:
		return styleSrc
	default:
		return k
	}
}

// note adds a source to the change of its target.
func (ed *editing) note(all []change, target, from kind, s *source) []change {
	for i := range all {
		c := &all[i]
		if c.target != target {
			continue
		}
		if !slices.ContainsFunc(c.add, func(t *source) bool { return s.same(t, &ed.origin) }) {
			c.add = append(c.add, s)
		}
		return all
	}
	if all == nil {
		all = make([]change, 0, len(ed.needs)+1)
	}
	return append(all, change{target: target, from: from, add: []*source{s}})
}

// write writes the policy with its changes: first the extended directives, in
// their order, then what remains, and before the white space at the policy's
// end the new directives.
func (ed *editing) write(b []byte, p *policy, changes []change) []byte {
	slices.SortStableFunc(changes, func(x, y change) int { return position(p, x) - position(p, y) })
	copied := 0
	end := len(trimSpaceRight(p.text))
	for _, c := range changes {
		if c.from != c.target {
			b = append(b, p.text[copied:end]...)
			copied = end
			b = ed.create(b, p, c)
			continue
		}
		d, l := p.first[c.target], p.list(c.target)
		if l.none() {
			quote := d.value + strings.IndexByte(string(l), '\'')
			b = append(b, p.text[copied:quote]...)
			b = ed.list(b, c.add)
		} else {
			b = append(append(b, p.text[copied:d.end]...), ' ')
			b = ed.list(b, c.add)
		}
		copied = d.end
	}
	return append(b, p.text[copied:]...)
}

// position is where a change is written: new directives at the end.
func position(p *policy, c change) int {
	if c.from != c.target {
		return len(p.text) + 1
	}
	return p.first[c.target].end
}

// create writes a new directive with what its fallback granted.
func (ed *editing) create(b []byte, p *policy, c change) []byte {
	if b[len(b)-1] != ';' {
		b = append(b, ';')
	}
	b = append(append(b, ' '), kindNames[c.target]...)
	l := p.list(c.from)
	if l.none() {
		l = ""
	}
	all := c.target == scriptSrc || c.target == scriptSrcElem || c.target == styleSrc
	for token, rest := l.next(); token != ""; token, rest = rest.next() {
		// Keywords, nonces and hashes mean something to scripts and styles only.
		if all || token[0] != '\'' || strings.EqualFold(token, "'self'") {
			b = append(append(b, ' '), token...)
		}
	}
	return ed.list(append(b, ' '), c.add)
}

// list writes sources, one space between them.
func (ed *editing) list(b []byte, sources []*source) []byte {
	for i, s := range sources {
		if i > 0 {
			b = append(b, ' ')
		}
		b = s.append(b, &ed.origin)
	}
	return b
}

func trimSpaceRight(s string) string {
	n := len(s)
	for n > 0 && isSpace(s[n-1]) {
		n--
	}
	return s[:n]
}
