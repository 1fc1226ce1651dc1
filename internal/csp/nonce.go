package csp

// trust is how our tag becomes trusted under strict script lists, where hosts
// and 'self' count for nothing.
type trust struct {
	nonce  string // one of the site's own, or empty
	digest bool   // at least one strict list lacks the nonce
}

// maxCandidates bounds the search for a nonce. A response has one, rarely two.
const maxCandidates = 16

// candidate is a nonce with the number of strict lists that have it.
type candidate struct {
	nonce                string
	enforced, reportOnly int
	last                 int // the list counted last, so that a repeated nonce counts once
}

// chooseTrust chooses the nonce that most of the strict script lists share, enforced
// ones first; the earliest of equals. No nonce is ever made here: a cache would
// freeze it.
func chooseTrust(enforced, reportOnly []string) trust {
	var candidates []candidate
	lists := 0
	count := func(lines []string, enforced bool) {
		for l := range strictLists(lines) {
			lists++
			candidates = l.count(candidates, lists, enforced)
		}
	}
	count(enforced, true)
	count(reportOnly, false)
	if lists == 0 {
		return trust{}
	}
	best := candidate{}
	for _, c := range candidates {
		if c.enforced > best.enforced || c.enforced == best.enforced && c.reportOnly > best.reportOnly {
			best = c
		}
	}
	return trust{nonce: best.nonce, digest: best.enforced+best.reportOnly < lists}
}

// count adds the nonces of one list.
func (l list) count(candidates []candidate, number int, enforced bool) []candidate {
	for token, rest := l.next(); token != ""; token, rest = rest.next() {
		nonce := nonceOf(token)
		if nonce == "" {
			continue
		}
		i := 0
		for i < len(candidates) && candidates[i].nonce != nonce {
			i++
		}
		if i == maxCandidates {
			continue
		}
		if i == len(candidates) {
			candidates = append(candidates, candidate{nonce: nonce})
		}
		if c := &candidates[i]; c.last != number {
			c.last = number
			if enforced {
				c.enforced++
			} else {
				c.reportOnly++
			}
		}
	}
	return candidates
}

// strictLists yields the strict lists that govern script elements.
func strictLists(lines []string) func(yield func(list) bool) {
	return func(yield func(list) bool) {
		for _, line := range lines {
			for start, end := range policies(line) {
				var p policy
				p.parse(line[start:end])
				if g, ok := p.governing(scriptSrcElem); ok && p.list(g).strict() && !yield(p.list(g)) {
					return
				}
			}
		}
	}
}
