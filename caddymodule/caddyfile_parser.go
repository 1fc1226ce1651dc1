package caddymodule

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/dustin/go-humanize"
)

// parser reads the tokens of one directive into a handler. Its methods name the
// word that is wrong and show how it is written; the dispenser in it adds file
// and line.
type parser struct {
	*caddyfile.Dispenser
	handler *Handler
	// matcherToken reads a matcher token such as @name. Nil outside of a site
	// block, where no named matchers are known.
	matcherToken func(*caddyfile.Dispenser) (caddy.ModuleMap, bool, error)
	// path holds the current word and the blocks around it, such as "inject",
	// "percent", and usage how it is written.
	path  []string
	usage string
	// count is how many words blocks had so far.
	count int
}

// word is one entry of a block.
type word struct {
	// usage shows how the word is written, for errors.
	usage string
	// repeat allows the word more than once in its block.
	repeat bool
	// parse reads what follows the word, to the end of its line or block.
	parse func(*parser) error
}

// block reads a block, if there is one, that consists of the given words.
func (p *parser) block(name string, words map[string]word) error {
	seen := make(map[string]bool, len(words))
	previous := name
	for nesting := p.Nesting(); p.NextBlock(nesting); {
		text := p.Val()
		entry, known := words[text]
		switch {
		case text == "{":
			return p.Errf("%s: '%s' takes no block: write %s", name, previous, words[previous].usage)
		case !known:
			return p.Errf("%s: unknown word '%s'; known are %s", name, text, list(words))
		case seen[text] && !entry.repeat:
			return p.Errf("%s: '%s' stands here twice: keep one", name, text)
		}
		seen[text], previous = true, text
		p.count++
		if err := p.word(text, entry); err != nil {
			return err
		}
	}
	return nil
}

// word reads one word and what belongs to it.
func (p *parser) word(text string, entry word) error {
	outer := p.usage
	p.path, p.usage = append(p.path, text), entry.usage
	err := entry.parse(p)
	if err == nil && p.NextArg() {
		err = p.misused()
	}
	p.path, p.usage = p.path[:len(p.path)-1], outer
	return err
}

// blockOnly is block for a word that has nothing on its line but its block, in
// which there must be something.
func (p *parser) blockOnly(words map[string]word) error {
	if p.NextArg() {
		return p.misused()
	}
	before := p.count
	if err := p.block(p.name(), words); err != nil {
		return err
	}
	if p.count == before {
		return p.Errf("'%s' needs a block with at least one of %s", p.name(), list(words))
	}
	return nil
}

// name is the current word with the blocks around it.
func (p *parser) name() string { return strings.Join(p.path, " ") }

// misused shows how the current word is written.
func (p *parser) misused() error {
	return p.Errf("wrong use of '%s': write %s", p.name(), p.usage)
}

// missing is misused for a wrong number of values, with the most frequent causes.
func (p *parser) missing() error {
	return p.Errf("wrong number of values for '%s': write %s (a value with spaces or a # at its beginning needs quotes, and a {$NAME} that is not set leaves none)", p.name(), p.usage)
}

// one reads exactly one argument, which isn't empty.
func (p *parser) one(field *string) error {
	if !p.AllArgs(field) || *field == "" {
		return p.missing()
	}
	return nil
}

// many appends one or more arguments, none of which is empty.
func (p *parser) many(field *[]string) error {
	args := p.RemainingArgs()
	if len(args) == 0 || slices.Contains(args, "") {
		return p.missing()
	}
	*field = append(*field, args...)
	return nil
}

// positive reads one number above zero.
func (p *parser) positive(field *int) error {
	var text string
	if err := p.one(&text); err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return p.Errf("%s '%s' is no number above 0", p.name(), text)
	}
	*field = n
	return nil
}

// rate reads a number and a period.
func (p *parser) rate(field *Rate) error {
	if !p.NextArg() {
		return p.misused()
	}
	n, err := strconv.ParseInt(p.Val(), 10, 32)
	if err != nil || n < 1 {
		return p.Errf("%s '%s' is no number above 0", p.name(), p.Val())
	}
	field.Max = n
	if p.CountRemainingArgs() == 2 && p.NextArg() && p.Val() != "per" {
		return p.misused()
	}
	return p.duration(&field.Per)
}

// size reads a number of bytes, such as 64MiB.
func (p *parser) size(field *int64) error {
	var text string
	if err := p.one(&text); err != nil {
		return err
	}
	n, err := humanize.ParseBytes(text)
	if err != nil || n < 1 || n > 1<<50 {
		return p.Errf("%s '%s' is no size: write one such as 64MiB", p.name(), text)
	}
	*field = int64(n)
	return nil
}

// choice reads one of the given words.
func (p *parser) choice(field *string, known ...string) error {
	if err := p.one(field); err != nil {
		return err
	}
	if !slices.Contains(known, *field) {
		return p.Errf("'%s %s' is unknown; known: %s", p.name(), *field, strings.Join(known, ", "))
	}
	return nil
}

// toggle reads on or off.
func (p *parser) toggle(field **bool) error {
	var text string
	if err := p.choice(&text, "on", "off"); err != nil {
		return err
	}
	on := text == "on"
	*field = &on
	return nil
}

// flag reads a word that stands alone.
func (p *parser) flag(field *bool) error {
	*field = true
	return nil
}

// duration reads a duration above zero, such as 30m or 2d.
func (p *parser) duration(field *caddy.Duration) error {
	var text string
	if err := p.one(&text); err != nil {
		return err
	}
	d, err := caddy.ParseDuration(text)
	if err != nil || d <= 0 {
		return p.Errf("%s: '%s' is no duration above zero: write it like 30m, 2h or 90s", p.name(), text)
	}
	*field = caddy.Duration(d)
	return nil
}

// matchers reads a matcher set: a matcher token, one matcher with its arguments,
// or a block of matchers.
func (p *parser) matchers() (caddy.ModuleMap, error) {
	segment := p.NextSegment()
	if p.matcherToken != nil {
		if set, is, err := p.namedMatchers(segment); is || err != nil {
			return set, err
		}
	}
	d := caddyfile.NewDispenser(segment)
	d.Next() // only or except
	set, err := caddyhttp.ParseCaddyfileNestedMatcherSet(d)
	if err != nil {
		return nil, p.WrapErr(err)
	}
	if len(set) == 0 {
		return nil, p.Errf("'%s' matches nothing in particular: give it at least one request matcher, such as path /shop/*", p.name())
	}
	return set, nil
}

// namedMatchers reads the matcher token of a segment. It reports whether there
// was one.
func (p *parser) namedMatchers(segment caddyfile.Segment) (caddy.ModuleMap, bool, error) {
	d := caddyfile.NewDispenser(segment)
	d.Next()
	set, is, err := p.matcherToken(d)
	switch {
	case err != nil:
		return nil, false, p.WrapErr(err)
	case !is:
		return nil, false, nil
	case len(segment) > 2:
		return nil, true, p.Errf("'%s' takes one matcher token, or matchers: unexpected '%s'", p.name(), segment[2].Text)
	case len(set) == 0:
		return nil, true, p.Errf("'%s *' would match every page: remove it, or take the whole cobrowse directive out", p.name())
	}
	return set, true, nil
}

// list names the words of a block for an error.
func list(words map[string]word) string {
	return strings.Join(slices.Sorted(maps.Keys(words)), ", ")
}
