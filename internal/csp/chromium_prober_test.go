package csp_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
)

//go:embed testdata/probes.js
var probesScript string

// prober asks one tab of the browser.
type prober struct {
	server *probeServer
	tab    *browsertest.Tab
}

// state is what became of a probe.
type state string

const (
	allowed state = "allowed"
	blocked state = "blocked"
	// A request that neither arrived nor was reported, or both.
	lost state = "neither sent nor reported"
	both state = "both sent and reported"
)

// seen is what became of a page's probes.
type seen struct {
	states              map[string]state // by ID
	loader, widget, sdk bool             // which of our scripts ran
	ours                []violation      // on what we need, report-only ones too
}

// violation is a securitypolicyviolation event.
type violation struct{ Disposition, Directive, Blocked string }

// look opens a page and asks it for everything.
func (p *prober) look(t *testing.T, pg *probePage) seen {
	t.Helper()
	p.tab.Open(fmt.Sprintf("%s/?page=%d", site, pg.number))
	var list []probe
	for _, probe := range pg.probes {
		if !probe.parser {
			list = append(list, probe)
		}
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	result := browsertest.Eval[struct {
		Outcomes            map[string]string
		Loader, Widget, SDK bool
	}](p.tab, "cspProbe("+string(data)+")")
	p.askForManifest(t)
	s := seen{states: map[string]state{}, loader: result.Loader, widget: result.Widget, sdk: result.SDK}
	violations := p.settle(t, pg)
	for _, probe := range pg.probes {
		switch {
		case probe.isRequest():
			s.states[probe.ID] = p.stateOf(probe, violations)
		case probe.URL != "":
			s.states[probe.ID] = stateOfLocal(probe, violations)
		case result.Outcomes[probe.ID] == "ok":
			s.states[probe.ID] = allowed
		default:
			s.states[probe.ID] = blocked
		}
	}
	s.ours = reportsOnUs(pg, violations)
	return s
}

// askForManifest makes the browser fetch the page's manifest, which it does on
// demand only.
func (p *prober) askForManifest(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(p.tab.Context(), time.Minute)
	defer cancel()
	_, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (page.GetAppManifestResult, error) {
		return cdp.Call(ctx, target, page.GetAppManifest, page.GetAppManifestParams{})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// settle waits until every request has either arrived or been reported as a
// violation, and returns the violations. What does neither, however long one
// waits, is told by its state.
func (p *prober) settle(t *testing.T, pg *probePage) []violation {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		violations := browsertest.Eval[[]violation](p.tab, "cspViolations()")
		waiting := slices.ContainsFunc(pg.probes, func(probe probe) bool {
			return probe.isRequest() && p.stateOf(probe, violations) == lost
		})
		if !waiting || time.Now().After(deadline) {
			return violations
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// stateOf judges a request to a server.
func (p *prober) stateOf(pr probe, violations []violation) state {
	reported := slices.ContainsFunc(violations, func(v violation) bool { return v.enforced() && v.isAbout(pr) })
	switch arrived := p.server.hasArrived(pr.query()); {
	case arrived && reported:
		return both
	case arrived:
		return allowed
	case reported:
		return blocked
	default:
		return lost
	}
}

// stateOfLocal judges a data: or blob: URL, of which a page has one for a kind.
func stateOfLocal(pr probe, violations []violation) state {
	if slices.ContainsFunc(violations, func(v violation) bool {
		local := v.Blocked+":" == pr.URL || pr.Kind == "frame" && pr.URL == "data:" && v.Blocked == ""
		return v.enforced() && local && v.isOf(pr.Kind)
	}) {
		return blocked
	}
	return allowed
}

func (v violation) enforced() bool { return v.Disposition == "enforce" }

// isOf says whether the violated directive is that of a kind.
func (v violation) isOf(kind string) bool { return strings.HasPrefix(v.Directive, kind+"-src") }

// isAbout says whether a violation is a request's. Of frames and objects in
// other origins the browser tells the origin only.
func (v violation) isAbout(pr probe) bool {
	if strings.HasSuffix(v.Blocked, "?p="+pr.query()) {
		return true
	}
	return (pr.Kind == "frame" || pr.Kind == "object") && v.isOf(pr.Kind) && strings.HasPrefix(pr.URL, v.Blocked+"/")
}

// reportsOnUs are the violations, report-only ones included, by the tag of an
// edited page, by what it inserted, and by the other needs.
func reportsOnUs(pg *probePage, violations []violation) []violation {
	if pg.tag == "" {
		return nil
	}
	ours := []probe{
		{URL: fmt.Sprintf("?p=%d", pg.number)}, {URL: fmt.Sprintf("?p=%d.widget", pg.number)}, {URL: fmt.Sprintf("?p=%d.sdk", pg.number)},
	}
	for _, probe := range pg.probes {
		if probe.need {
			ours = append(ours, probe)
		}
	}
	return slices.DeleteFunc(slices.Clone(violations), func(v violation) bool {
		return !slices.ContainsFunc(ours, func(pr probe) bool { return v.isAbout(pr) })
	})
}
